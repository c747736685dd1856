#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Content of messages and what it refers to. Source: specification, client-server API 11
/// (m.room.message, threads, replies, reactions, edits, mentions).
namespace chorus::proto::matrix {

inline constexpr std::string_view kMessage = "m.room.message";
inline constexpr std::string_view kEncrypted = "m.room.encrypted";
inline constexpr std::string_view kReaction = "m.reaction";
inline constexpr std::string_view kMember = "m.room.member";
inline constexpr std::string_view kRedaction = "m.room.redaction";

inline constexpr std::string_view kThread = "m.thread";
inline constexpr std::string_view kReplace = "m.replace";
inline constexpr std::string_view kAnnotation = "m.annotation";
inline constexpr std::string_view kReference = "m.reference";

/// `m.relates_to`. All members empty: none.
struct Relation {
  std::string rel_type;
  std::string event_id;     ///< what `rel_type` refers to; for threads always the root
  std::string key;          ///< reactions
  std::string in_reply_to;  ///< a reply, alone or inside a thread
  /// A message of a thread whose reply is only for clients that know no threads.
  bool is_falling_back = false;

  [[nodiscard]] bool empty() const { return rel_type.empty() && in_reply_to.empty(); }
  [[nodiscard]] bool is_thread() const { return rel_type == kThread; }
  [[nodiscard]] bool is_edit() const { return rel_type == kReplace; }
  /// The message that is truly answered; empty when there is none.
  [[nodiscard]] std::string_view reply_target() const {
    return is_falling_back ? std::string_view() : std::string_view(in_reply_to);
  }
  friend bool operator==(const Relation&, const Relation&) = default;
};

/// `m.mentions`. Present and empty means: nobody, whatever the body says.
struct Mentions {
  std::vector<std::string> user_ids;
  bool room = false;
  friend bool operator==(const Mentions&, const Mentions&) = default;
};

/// What a message shows. Edits carry one inside (`m.new_content`).
struct MessageBody {
  std::string msgtype = "m.text";
  std::string body;
  std::string formatted_body;  ///< HTML, empty for none
  std::string url;             ///< `mxc://` of files and pictures
  std::optional<Mentions> mentions;
  friend bool operator==(const MessageBody&, const MessageBody&) = default;
};

struct MessageContent : MessageBody {
  Relation relation;
  std::optional<MessageBody> new_content;
  friend bool operator==(const MessageContent&, const MessageContent&) = default;
};

/// Members of a wrong kind count as absent: a stranger's content is never a reason to stop. Text is
/// valid UTF-8.
Relation decode_relation(const json::object& content);
std::optional<Mentions> decode_mentions(const json::object& content);
/// Errors: ParseError when there is no `msgtype` or `body` (a redacted message has neither).
Result<MessageContent> decode_message(const json::object& content);

void write_relation(JsonWriter& out, const Relation& relation);
/// The whole content object.
void write_message(JsonWriter& out, const MessageContent& content);
/// Content of an edit: `m.new_content` and, for old clients, the same behind `* `.
MessageContent edit_of(std::string_view event_id, MessageBody new_content);
/// Content of `m.reaction`.
void write_reaction(JsonWriter& out, std::string_view event_id, std::string_view key);

/// The body without the quoted fallback that replies carried before version 1.13 of the
/// specification: leading lines that begin with `> `, and the empty one behind them.
std::string_view without_reply_fallback(std::string_view body);

/// Whether the message is meant for `user_id`: by `m.mentions` when there is one, else by its full
/// id or its localpart as a word of the body, or a matrix.to link in the formatted one.
bool mentions_user(const MessageBody& message, std::string_view user_id);

}  // namespace chorus::proto::matrix
