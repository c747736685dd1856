// Updates and envelopes from foreign bytes: no crash, and what was decoded reads back the same.
#include "chorus/base/check.hpp"
#include "chorus/proto/telegram/decode.hpp"
#include "chorus/proto/telegram/encode.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace telegram = chorus::proto::telegram;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto update = telegram::decode_update(text)) {
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
