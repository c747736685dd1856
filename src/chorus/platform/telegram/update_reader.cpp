#include "chorus/platform/telegram/update_reader.hpp"

#include "chorus/platform/telegram/mapping.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace chorus::platform {

namespace {

constexpr std::size_t kLongestKnown = 4096;

struct Parts {
  std::int64_t id;
  std::string_view rest;
};

/// `{"update_id":N` and what follows its comma; nullopt: written in another way, as it may be.
std::optional<Parts> parts_of(std::string_view body) {
  constexpr std::string_view kHead = "{\"update_id\":";
  if (!body.starts_with(kHead)) return std::nullopt;
  body.remove_prefix(kHead.size());
  Parts parts{};
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), parts.id);
  if (error != std::errc{} || parts.id <= 0 || body.front() == '0') return std::nullopt;
  parts.rest = body.substr(static_cast<std::size_t>(end - body.data()));
  if (!parts.rest.starts_with(',')) return std::nullopt;
  return parts;
}

bool is_for_everybody(const fleet::IncomingUpdate& update) {
  return update.kind == store::InboxKind::Message || update.kind == store::InboxKind::EditedMessage;
}

}  // namespace

std::expected<fleet::IncomingUpdate, proto::telegram::UpdateFault> UpdateReader::read(
    std::string_view body) {
  const auto parts = parts_of(body);
  if (parts) {
    const auto known = std::ranges::find(known_, parts->rest, &Known::rest);
    if (known != known_.end()) {
      fleet::IncomingUpdate copy = known->update;
      copy.update_id = parts->id;
      return copy;
    }
  }
  const auto decoded = proto::telegram::decode_update(body);
  if (!decoded) return std::unexpected(decoded.error());
  fleet::IncomingUpdate update = map_update(*decoded);
  // Another id than the one in front: the rest names one, too, and would do so for each copy.
  if (parts && parts->rest.size() <= kLongestKnown && update.update_id == parts->id &&
      is_for_everybody(update)) {
    Known& place = known_[oldest_];
    oldest_ = (oldest_ + 1) % known_.size();
    place.rest = parts->rest;
    place.update = update;
  }
  return update;
}

}  // namespace chorus::platform
