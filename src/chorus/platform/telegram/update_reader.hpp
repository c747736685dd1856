#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/proto/telegram/decode.hpp"

#include <array>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace chorus::platform {

/// Reads updates as the fleet takes them. Each bot of a room is sent its own copy of a message, the
/// same bytes behind another `update_id`, so the messages read last are remembered: a copy costs a
/// comparison instead of a parse (a fifth). Bound: 8 messages of at most 4 KiB. One thread.
class UpdateReader {
 public:
  /// What `decode_update` and `map_update` make of `body`, whatever was read before.
  std::expected<fleet::IncomingUpdate, proto::telegram::UpdateFault> read(std::string_view body);

 private:
  struct Known {
    std::string rest;  ///< of the body, behind its `update_id`
    fleet::IncomingUpdate update;
  };
  std::array<Known, 8> known_;
  std::size_t oldest_ = 0;
};

}  // namespace chorus::platform
