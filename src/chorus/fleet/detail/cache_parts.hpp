#pragma once

#include "chorus/base/time.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/policy/l1_cache.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The parts of a cache that do not depend on the type of its values.
namespace chorus::fleet::detail {

/// How long a second level that failed is left out.
inline constexpr Duration kL2Pause = std::chrono::seconds(5);

/// The counters of one namespace, as Prometheus sees them.
struct CacheMetrics {
  CacheMetrics(metrics::Registry& registry, const std::string& name);
  /// Brings the registry up to what the first level counted.
  void update(const policy::CacheCounters& now, std::size_t entries_now);

  metrics::Counter& hits;
  metrics::Counter& negative_hits;
  metrics::Counter& misses;
  metrics::Counter& evictions;
  metrics::Counter& invalidations;
  metrics::Counter& loads;
  metrics::Counter& load_errors;
  metrics::Counter& shared;
  metrics::Counter& l2_hits;
  metrics::Counter& l2_errors;
  metrics::Gauge& entries;

 private:
  policy::CacheCounters seen_;
};

/// What stands in the second level around a value.
struct Envelope {
  std::uint8_t schema = 1;
  std::uint64_t version = 0;
  bool negative = false;  ///< "does not exist"; there is no value then
  std::string value;
};
std::string seal_envelope(const Envelope& envelope);
/// nullopt for bytes of another form or schema.
std::optional<Envelope> open_envelope(std::string_view bytes, std::uint8_t schema);

}  // namespace chorus::fleet::detail
