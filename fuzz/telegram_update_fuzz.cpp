// Updates and envelopes from foreign bytes: no crash, what was decoded reads back the same, and
// what was read before changes nothing.
#include "chorus/base/check.hpp"
#include "chorus/platform/telegram/mapping.hpp"
#include "chorus/platform/telegram/update_reader.hpp"
#include "chorus/proto/telegram/decode.hpp"
#include "chorus/proto/telegram/encode.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace telegram = chorus::proto::telegram;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto update = telegram::decode_update(text);
  chorus::platform::UpdateReader reader;
  for (int copy = 0; copy < 2; ++copy) {
    const auto read = reader.read(text);
    CH_CHECK(read.has_value() == update.has_value());
    if (!read) continue;
    const auto mapped = chorus::platform::map_update(*update);
    CH_CHECK(read->update_id == mapped.update_id && read->kind == mapped.kind);
    CH_CHECK(read->message.has_value() == mapped.message.has_value());
    CH_CHECK(!read->message || read->message->text == mapped.message->text);
  }
  if (update) {
    std::string wire;
    telegram::append_update(wire, *update);
    const auto again = telegram::decode_update(wire);
    CH_CHECK(again.has_value());
    CH_CHECK(*again == *update);
  }
  if (const auto envelope = telegram::decode_envelope(text)) {
    (void)telegram::decode_updates(envelope->result);  // any answer is fine, a crash is not
  }
  return 0;
}
