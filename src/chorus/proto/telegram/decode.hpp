#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/proto/telegram/types.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::proto::telegram {

/// Why one update could not be read. `why` names the member, never its content.
struct UpdateFault {
  std::optional<std::int64_t> update_id;  ///< when it could be read
  std::string why;

  friend bool operator==(const UpdateFault&, const UpdateFault&) = default;
};

/// One update from JSON text (a webhook's body). Unknown members are ignored, wrong types of
/// optional members count as absent; only a missing or mistyped required member is a fault. Text is
/// always valid UTF-8. Cost: one DOM on a monotonic resource.
std::expected<Update, UpdateFault> decode_update(std::string_view text);
std::expected<Update, UpdateFault> decode_update_value(const json::value& value);

struct UpdateBatch {
  std::vector<Update> updates;      ///< in the order given
  std::vector<UpdateFault> faults;  ///< malformed ones, skipped
  /// Greatest readable update id + 1 (faults included): the offset that confirms this batch.
  std::optional<std::int64_t> next_offset;
};

/// The result of getUpdates. A malformed element is a fault of the batch and never hides the rest.
/// Errors: ParseError when `value` is not an array.
Result<UpdateBatch> decode_updates(const json::value& value);

/// `"update_id": N` looked for in text that does not parse; nullopt unless there is exactly one.
std::optional<std::int64_t> scan_update_id(std::string_view text);

/// The answer of an API call. `result` keeps its storage alive.
struct Envelope {
  bool ok = false;
  json::value result;
  int error_code = 0;
  std::string description;
  ResponseParameters parameters;
};
/// Errors: ParseError when the text is no JSON object with a boolean `ok` (a proxy's HTML page).
Result<Envelope> decode_envelope(std::string_view text);

// Parts, for results of calls. Errors: ParseError naming the member (`message.chat.id`).
Result<User> decode_user(const json::value& value);
Result<Chat> decode_chat(const json::value& value);
Result<Message> decode_message(const json::value& value);
/// Entities that are malformed, unknown, empty or outside of `text` are left out.
std::vector<MessageEntity> decode_entities(const json::value& value, std::string_view text);

}  // namespace chorus::proto::telegram
