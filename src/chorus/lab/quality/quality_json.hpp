#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/quality/quality.hpp"

namespace chorus::lab {

/// The part `quality` of result.json: each value with its title, unit, n, grade and green bound.
json::object quality_json(const QualityReport& report);
/// The same back; metrics that this program does not know are left out.
QualityReport read_quality(const json::object& quality);

}  // namespace chorus::lab
