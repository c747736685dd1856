// A provider's event stream, cut into pieces: first byte says how long the pieces are.
#include "chorus/base/check.hpp"
#include "chorus/net/sse.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace openai = chorus::proto::openai;
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  chorus::net::SseParser parser(64 * 1024);
  while (!rest.empty()) {
    parser.feed(rest.substr(0, piece));
    rest.remove_prefix(rest.size() < piece ? rest.size() : piece);
    while (true) {
      const auto event = parser.next();
      if (!event) return 0;
      if (!*event) break;
      const auto record = openai::decode_stream_record((*event)->data);
      if (!record) return 0;
      if (const auto* chunk = std::get_if<openai::Chunk>(&*record)) {
        const auto again = openai::decode_stream_record(openai::encode_chunk(*chunk, true));
        CH_CHECK(again.has_value());
        CH_CHECK(std::get<openai::Chunk>(*again).usage == chunk->usage);
        CH_CHECK(std::get<openai::Chunk>(*again).tool_calls.size() == chunk->tool_calls.size());
      }
    }
  }
  return 0;
}
