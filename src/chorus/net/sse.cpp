#include "chorus/net/sse.hpp"

#include <utility>

namespace chorus::net {

namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// Consumed bytes are cut off only when they are worth a move of the rest.
constexpr std::size_t kCompactAt = 16 * 1024;

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  out.append(value);
  out += '\n';
}

}  // namespace

void SseParser::feed(std::string_view bytes) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > kCompactAt) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<SseEvent>> SseParser::next() {
  const auto too_big = [&] {
    return fail(ErrorCode::ParseError,
                "an event of the stream is larger than " + std::to_string(max_record_) + " bytes");
  };
  if (!started_) {
    const std::string_view head = std::string_view(buffer_).substr(at_, kBom.size());
    if (head.size() < kBom.size() && kBom.starts_with(head)) return std::nullopt;
    if (head == kBom) at_ += kBom.size();
    started_ = true;
  }
  while (true) {
    // The LF of a CRLF may come with a later piece than its CR.
    if (skip_lf_ && at_ < buffer_.size()) {
      if (buffer_[at_] == '\n') ++at_;
      skip_lf_ = false;
    }
    const auto end = buffer_.find_first_of("\r\n", at_);
    if (end == std::string::npos) {
      if (buffer_.size() - at_ > max_record_) return too_big();
      return std::nullopt;
    }
    const std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
    skip_lf_ = buffer_[end] == '\r';
    at_ = end + 1;

    if (line.empty()) {
      if (!has_data_) {
        // Without data there is no event; the id stays, as the standard's last event id does.
        pending_.event.clear();
        continue;
      }
      SseEvent event = std::move(pending_);
      if (!event.data.empty()) event.data.pop_back();  // the newline after the last line
      pending_ = SseEvent{};
      pending_.id = event.id;
      has_data_ = false;
      return std::optional<SseEvent>(std::move(event));
    }
    if (line[0] == ':') continue;
    const auto colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "data") {
      if (pending_.data.size() + value.size() > max_record_) return too_big();
      pending_.data.append(value);
      pending_.data += '\n';
      has_data_ = true;
    } else if (field == "event") {
      if (value.size() > max_record_) return too_big();
      pending_.event = value;
    } else if (field == "id" && value.find('\0') == std::string_view::npos) {
      if (value.size() > max_record_) return too_big();
      pending_.id = value;
    }
  }
}

std::string encode_sse(const SseEvent& event) {
  std::string out;
  out.reserve(event.data.size() + event.event.size() + event.id.size() + 32);
  if (!event.event.empty()) append_field(out, "event", event.event);
  if (!event.id.empty()) append_field(out, "id", event.id);
  std::string_view rest = event.data;
  while (true) {
    const auto end = rest.find_first_of("\r\n");
    append_field(out, "data", rest.substr(0, end));
    if (end == std::string_view::npos) break;
    const bool crlf = rest.substr(end).starts_with("\r\n");
    rest.remove_prefix(end + (crlf ? 2 : 1));
  }
  out += '\n';
  return out;
}

}  // namespace chorus::net
