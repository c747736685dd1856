#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/telegram/encode.hpp"
#include "chorus/proto/telegram/params.hpp"
#include "chorus/sandbox/limits.hpp"
#include "chorus/sandbox/telegram/dialect.hpp"
#include "chorus/sandbox/world.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace chorus::sandbox::telegram {

/// Answer of one API call: the envelope and what goes with it.
struct Answer {
  int status = 200;
  std::string body;
  std::int64_t retry_after = 0;  ///< seconds, shown as a header too
  bool counted = true;           ///< false: nobody asked for it any more, or the sandbox stops

  static Answer ok(std::string_view result_json, std::string_view description = {});
  static Answer yes() { return ok("true"); }
  /// `text` without the prefix of the code: `chat not found`.
  static Answer error(int code, std::string_view text,
                      const proto::telegram::ResponseParameters& parameters = {});
  static Answer bad(std::string_view text) { return error(400, text); }
  static Answer forbidden(std::string_view text) { return error(403, text); }
  static Answer flood(std::int64_t retry_after);
};

/// Result of a step that may already be the answer.
template <class T>
using Step = std::expected<T, Answer>;

/// One API call under way. Lives in the frame of the door's handler.
struct Call {
  World& world;
  TelegramDialect& dialect;
  SendLimits& limits;
  Account* bot;  ///< may go during a wait: look it up again by `bot_id`
  PlatformUserId bot_id;
  const proto::telegram::Params& params;
  std::string_view method;  ///< lower case
  PlatformChatId room;      ///< the chat that the call is about, once known
  bool duplicate = false;   ///< a fault: every update of the answer twice
  MonoTime begun{};

  [[nodiscard]] MonoTime now() const { return world.clock().now(); }
};

enum class Access : std::uint8_t { Read, Write };

/// The chat named by parameter `name`, when the bot may use it so. Sets `call.room`.
Step<Room*> resolve_chat(Call& call, Access access, std::string_view name = "chat_id");
/// Charges the send limits; the answer is 429.
Step<void> charge(Call& call, const Room& room, SendLimits::Kind kind);
/// The message that `reply_parameters` or `reply_to_message_id` names; nullptr when none.
Step<const Message*> resolve_reply(Call& call, Room& room);
/// `text` (or `caption`) with parse_mode and entities, checked; `prefix` is empty or `caption_`.
Step<proto::telegram::FormattedText> formatted_text(const proto::telegram::Params& params,
                                                    bool caption);
/// The same for a caption that stands somewhere else; `entities` is JSON text or empty.
Step<proto::telegram::FormattedText> formatted_caption(std::string_view caption,
                                                       std::string_view parse_mode,
                                                       std::string_view entities);
/// The message id parameter, as the room knows it. nullptr when there is none such.
Message* message_of(Call& call, Room& room, std::string_view name = "message_id");
/// `{"ok":true,"result":<message>}`.
Answer message_answer(Call& call, const Room& room, const Message& message);
/// Takes over reply_markup, protect_content, the topic and the reply into `draft`.
Step<void> common_options(Call& call, Room& room, Draft& draft);
/// True when the bot is an administrator of `room`.
bool is_admin_of(const Call& call, const Room& room);

using MethodFunction = Answer (*)(Call&);
/// nullptr for methods that need the door itself (getUpdates, webhooks) and unknown ones.
MethodFunction find_method(std::string_view lower_name) noexcept;
/// Methods answered with their effect: `find_method` knows them, or the door does. By their lower
/// case names; what the table of facts has beside these is answered by `answer_validated`.
bool has_effect(std::string_view lower_name) noexcept;

// The methods, by file.
Answer send_message(Call& call);
Answer send_message_draft(Call& call);
Answer edit_message_text(Call& call);
Answer edit_message_reply_markup(Call& call);
Answer delete_message(Call& call);
Answer forward_message(Call& call);
Answer copy_message(Call& call);
Answer send_photo(Call& call);
Answer send_document(Call& call);
Answer get_file(Call& call);
Answer get_me(Call& call);
Answer send_chat_action(Call& call);
Answer set_message_reaction(Call& call);
Answer answer_callback_query(Call& call);
Answer set_my_commands(Call& call);
Answer get_my_commands(Call& call);
Answer delete_my_commands(Call& call);
Answer set_my_name(Call& call);
Answer get_my_name(Call& call);
Answer set_my_description(Call& call);
Answer get_my_description(Call& call);
Answer set_my_short_description(Call& call);
Answer get_my_short_description(Call& call);
Answer get_chat(Call& call);
Answer get_chat_member(Call& call);
Answer get_chat_administrators(Call& call);
Answer get_chat_member_count(Call& call);
Answer create_forum_topic(Call& call);

}  // namespace chorus::sandbox::telegram
