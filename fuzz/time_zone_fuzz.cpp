// A compiled time zone from anywhere: it is refused, or every time has an offset of at most 26 h.
#include "chorus/base/check.hpp"
#include "chorus/fleet/persona/zone.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus;
  const auto zone = fleet::TimeZone::parse({reinterpret_cast<const char*>(data), size});
  if (!zone) return 0;
  for (const std::int64_t year : {-100, 0, 20, 46, 90, 400}) {
    const WallTime t = from_micros(year * 365 * 86'400'000'000LL);
    CH_CHECK(std::abs(zone->offset_at(t).count()) <= 26 * 3600);
  }
  return 0;
}
