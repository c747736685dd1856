#pragma once

#include "chorus/base/json.hpp"
#include "chorus/fleet/cache.hpp"

#include <vector>

namespace chorus::app {

/// What `chorus status` shows of the caches.
json::array caches_json(const std::vector<fleet::CacheStatus>& caches);

}  // namespace chorus::app
