#pragma once

#include "chorus/store/rows.hpp"

#include <string>

namespace chorus::fleet {

/// Who was told when that they write with a machine, as CSV (RFC 4180, UTF-8, CRLF): the columns
/// `bot_id,bot,username,platform,chat_id,person_id,kind,version,at`, ordered as the store gives
/// them. `kind` is `disclosure` or `stop` (version 0: taken back); `person_id` 0 is the room as a
/// whole. No names of people and no message text: it is proof for somebody from outside.
std::string disclosure_csv(const store::Snapshot& snapshot);

}  // namespace chorus::fleet
