#include "chorus/app/cache_status.hpp"

namespace chorus::app {

json::array caches_json(const std::vector<fleet::CacheStatus>& caches) {
  json::array out;
  for (const auto& cache : caches) {
    out.push_back(json::object{{"name", cache.name},
                               {"policy", fleet::to_string(cache.policy)},
                               {"entries", cache.entries},
                               {"hits", cache.l1.hits},
                               {"negative_hits", cache.l1.negative_hits},
                               {"misses", cache.l1.misses},
                               {"evicted", cache.l1.evicted},
                               {"invalidated", cache.l1.invalidated},
                               {"loads", cache.loads},
                               {"load_errors", cache.load_errors},
                               {"shared", cache.shared},
                               {"l2_hits", cache.l2_hits},
                               {"l2_errors", cache.l2_errors}});
  }
  return out;
}

}  // namespace chorus::app
