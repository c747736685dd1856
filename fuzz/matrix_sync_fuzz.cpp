// Syncs, transactions and errors of Matrix from foreign bytes: no crash, and what was decoded reads
// back the same.
#include "chorus/base/check.hpp"
#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/errors.hpp"
#include "chorus/proto/matrix/filter.hpp"
#include "chorus/proto/matrix/sync.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace matrix = chorus::proto::matrix;

/// Content is compared as structure: a double may lose its last bit on the way.
void check_content(const matrix::Event& event) {
  const auto parsed = chorus::parse_json(event.content);
  if (!parsed) return;  // deeper than is read
  CH_CHECK(parsed->is_object());
  const auto& content = parsed->get_object();
  const auto message = matrix::decode_message(content);
  if (!message) return;
  (void)matrix::mentions_user(*message, "@a:b");  // no crash is what counts
  std::string wire;
  chorus::JsonWriter out(wire);
  matrix::write_message(out, *message);
  const auto read = chorus::parse_json(wire);
  CH_CHECK(read.has_value());
  const auto again = matrix::decode_message(read->get_object());
  CH_CHECK(again.has_value() && *again == *message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto sync = matrix::decode_sync(text)) {
    sync->malformed = 0;
    for (const auto& room : sync->joined) {
      for (const auto& event : room.timeline) check_content(event);
    }
    std::string wire;
    matrix::append_sync(wire, *sync);
    const auto again = matrix::decode_sync(wire);
    if (again) {  // nesting may be beyond what is read, one level deeper
      CH_CHECK(again->next_batch == sync->next_batch);
      CH_CHECK(again->joined.size() <= sync->joined.size());
    }
  }
  if (const auto transaction = matrix::decode_transaction(text)) {
    for (const auto& event : transaction->events) check_content(event);
  }
  const auto error = matrix::decode_error(429, text.substr(0, text.find('\n')), text);
  CH_CHECK(!error.errcode.empty());
  if (const auto parsed = chorus::parse_json(text); parsed && parsed->is_object()) {
    if (const auto filter = matrix::decode_sync_filter(parsed->get_object())) {
      const auto read = chorus::parse_json(matrix::encode_sync_filter(*filter));
      CH_CHECK(read.has_value());
      const auto again = matrix::decode_sync_filter(read->get_object());
      CH_CHECK(again.has_value() && *again == *filter);
    }
  }
  return 0;
}
