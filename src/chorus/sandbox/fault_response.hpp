#pragma once

#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"
#include "chorus/sandbox/faults.hpp"

namespace chorus::sandbox {

/// What a fault does to an answer that was made: the body comes slowly, pauses or stops in its
/// middle, or the connection ends without it. Streams are slowed record by record and pause after
/// their first words; `loop` must outlive the answer.
void spoil(net::Response& response, const FaultAction& fault, rt::Loop& loop);

/// An answer that never comes: the caller is kept for kLossHold, then the connection ends. Also
/// ends when the call is cancelled, because the caller gave up or the server stops.
rt::Task<net::Response> never_answer(rt::Loop* loop);

}  // namespace chorus::sandbox
