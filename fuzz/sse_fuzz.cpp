// Any cut of a stream gives the same events, and what the encoder writes reads back.
#include "chorus/base/check.hpp"
#include "chorus/net/sse.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace chorus::net;

constexpr std::size_t kMaxRecord = 4096;

std::vector<SseEvent> parse(std::string_view bytes, std::size_t step, bool& failed) {
  SseParser parser(kMaxRecord);
  std::vector<SseEvent> events;
  while (!bytes.empty()) {
    parser.feed(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (true) {
      auto event = parser.next();
      if (!event) {
        failed = true;
        return events;
      }
      if (!*event) break;
      events.push_back(**event);
    }
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool cut_failed = false;
  bool whole_failed = false;
  const auto cut = parse(bytes, 1 + data[0], cut_failed);
  const auto whole = parse(bytes, bytes.size(), whole_failed);
  if (!cut_failed && !whole_failed) {
    CH_CHECK(cut.size() == whole.size());
    for (std::size_t i = 0; i < cut.size(); ++i) {
      CH_CHECK(cut[i].data == whole[i].data);
      CH_CHECK(cut[i].event == whole[i].event);
      CH_CHECK(cut[i].id == whole[i].id);
    }
  }
  for (const SseEvent& event : whole) {
    bool failed = false;
    const auto again = parse(encode_sse(event), bytes.size(), failed);
    CH_CHECK(!failed && again.size() == 1);
    CH_CHECK(again[0].data == event.data);
    CH_CHECK(again[0].event == event.event);
    CH_CHECK(again[0].id == event.id);
  }
  return 0;
}
