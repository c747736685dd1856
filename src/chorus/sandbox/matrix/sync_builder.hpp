#pragma once

#include "chorus/proto/matrix/filter.hpp"
#include "chorus/sandbox/matrix/hub.hpp"
#include "chorus/sandbox/matrix/taken.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

struct SyncRequest {
  std::optional<std::int64_t> since;  ///< nullopt: an initial sync
  bool full_state = false;
  proto::matrix::SyncFilter filter;
};

struct SyncAnswer {
  std::string body;
  bool empty = true;     ///< nothing new: a long poll goes on
  MessageKeys messages;  ///< the world's messages in it
};

/// The answer of one sync, as of now. Events are encoded already; they are spliced. Source:
/// reference matrix.md 1.1. Cost: the user's rooms, and what changed in them.
SyncAnswer build_sync(Hub& hub, User& user, std::string_view device, const SyncRequest& request);

}  // namespace chorus::sandbox::matrix
