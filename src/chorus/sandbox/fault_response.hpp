#pragma once

#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/sandbox/faults.hpp"

namespace chorus::sandbox {

/// What a fault does to an answer that was made: the body comes slowly, stops in its middle, or the
/// connection ends without it. Streams are slowed record by record; `loop` must outlive the answer.
void spoil(net::Response& response, const FaultAction& fault, rt::Loop& loop);

}  // namespace chorus::sandbox
