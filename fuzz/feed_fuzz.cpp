// A feed from anywhere: it is read or refused, and what was read keeps its bounds.
#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/feed/feed.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus;
  const auto items = proto::feed::parse({reinterpret_cast<const char*>(data), size});
  if (!items) return 0;
  CH_CHECK(items->size() <= proto::feed::kMostItems);
  for (const auto& item : *items) {
    CH_CHECK(!item.title.empty() && !item.id.empty());
    CH_CHECK(code_point_count(item.title) <= 300 && item.link.size() <= 2048);
    CH_CHECK(is_valid_utf8(item.title) && is_valid_utf8(item.id));
    CH_CHECK(item.title.find('\n') == std::string::npos);
  }
  return 0;
}
