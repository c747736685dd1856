// Query strings and bodies of API calls. First byte: content type; first line: query; rest: body.
#include "chorus/base/check.hpp"
#include "chorus/proto/telegram/params.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace telegram = chorus::proto::telegram;
  if (size == 0) return 0;
  constexpr std::string_view kTypes[] = {"application/json", "application/x-www-form-urlencoded",
                                         "multipart/form-data; boundary=b", "text/plain"};
  const auto type = kTypes[data[0] % 4];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto query = text.substr(0, text.find('\n'));
  const auto body = text.substr(query.size() < text.size() ? query.size() + 1 : text.size());
  if (const auto params = telegram::decode_params(query, type, body)) {
    for (const auto& [name, value] : params->all()) {
      CH_CHECK(params->find(name) == value);
      (void)params->find_int(name);  // only a crash would be wrong
    }
    CH_CHECK(params->files().size() <= telegram::kMaxFiles);
  }
  return 0;
}
