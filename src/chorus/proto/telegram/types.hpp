#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// The Telegram Bot API as bytes: the subset of objects that bots and the sandbox exchange, both
/// directions. Pure: no clock, no socket. Ids are 64-bit everywhere. Source:
/// core.telegram.org/bots/api.
namespace chorus::proto::telegram {

/// A value on the heap that copies and compares like the value itself: lets a message hold a
/// message.
template <class T>
class Box {
 public:
  Box() = default;
  explicit Box(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Box(const Box& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Box() = default;
  explicit operator bool() const { return value_ != nullptr; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  T* operator->() { return value_.get(); }
  friend bool operator==(const Box& a, const Box& b) {
    return a.value_ && b.value_ ? *a.value_ == *b.value_ : a.value_ == b.value_;
  }

 private:
  std::unique_ptr<T> value_;
};

struct User {
  std::int64_t id = 0;
  bool is_bot = false;
  std::string first_name;
  std::string last_name;  ///< empty: absent, as for all names and codes below
  std::string username;   ///< without '@'
  std::string language_code;
  /// Only in the answer of getMe.
  std::optional<bool> can_join_groups;
  std::optional<bool> can_read_all_group_messages;
  std::optional<bool> supports_inline_queries;

  friend bool operator==(const User&, const User&) = default;
};

enum class ChatType : std::uint8_t { Private, Group, Supergroup, Channel };
std::string_view to_string(ChatType type) noexcept;
std::optional<ChatType> chat_type_from(std::string_view name) noexcept;

struct Chat {
  std::int64_t id = 0;
  ChatType type = ChatType::Private;
  std::string title;  ///< groups and channels
  std::string username;
  std::string first_name;  ///< private chats
  std::string last_name;
  bool is_forum = false;  ///< supergroups: it has topics

  friend bool operator==(const Chat&, const Chat&) = default;
};

enum class EntityType : std::uint8_t {
  Mention,
  Hashtag,
  Cashtag,
  BotCommand,
  Url,
  Email,
  PhoneNumber,
  Bold,
  Italic,
  Underline,
  Strikethrough,
  Spoiler,
  Blockquote,
  ExpandableBlockquote,
  Code,
  Pre,
  TextLink,
  TextMention,
  CustomEmoji,
};
std::string_view to_string(EntityType type) noexcept;
std::optional<EntityType> entity_type_from(std::string_view name) noexcept;

/// A marked range of a text; offset and length count UTF-16 code units.
struct MessageEntity {
  EntityType type = EntityType::Mention;
  std::int32_t offset = 0;
  std::int32_t length = 0;
  std::string url;              ///< TextLink
  std::optional<User> user;     ///< TextMention
  std::string language;         ///< Pre
  std::string custom_emoji_id;  ///< CustomEmoji

  friend bool operator==(const MessageEntity&, const MessageEntity&) = default;
};

struct FormattedText {
  std::string text;  ///< valid UTF-8
  std::vector<MessageEntity> entities;

  friend bool operator==(const FormattedText&, const FormattedText&) = default;
};

struct ReactionType {
  enum class Kind : std::uint8_t { Emoji, CustomEmoji, Paid };
  Kind kind = Kind::Emoji;
  std::string value;  ///< the emoji, or the custom emoji id; empty for Paid

  friend bool operator==(const ReactionType&, const ReactionType&) = default;
};

enum class MediaKind : std::uint8_t {
  Photo,
  Document,
  Video,
  Audio,
  Voice,
  VideoNote,
  Animation,
  Sticker
};
std::string_view to_string(MediaKind kind) noexcept;  ///< the member's name: `photo`, `video_note`

struct File {
  std::string file_id;
  std::string file_unique_id;
  std::optional<std::int64_t> file_size;
  std::optional<std::int32_t> width;
  std::optional<std::int32_t> height;
  std::optional<std::int32_t> duration;  ///< seconds
  std::string file_name;
  std::string mime_type;

  friend bool operator==(const File&, const File&) = default;
};

struct Media {
  MediaKind kind = MediaKind::Document;
  std::vector<File> files;  ///< Photo: one per size, growing; the other kinds: exactly one

  friend bool operator==(const Media&, const Media&) = default;
};

struct Message {
  std::int64_t message_id = 0;
  std::optional<std::int64_t> message_thread_id;
  bool is_topic_message = false;  ///< message_thread_id names a forum topic
  std::optional<User> from;
  std::optional<Chat> sender_chat;
  Chat chat;
  std::int64_t date = 0;  ///< unix seconds
  std::optional<std::int64_t> edit_date;
  Box<Message> reply_to_message;  ///< one level: never holds one itself
  std::optional<User> via_bot;
  std::string media_group_id;
  std::string text;
  std::vector<MessageEntity> entities;
  std::optional<Media> media;
  std::string caption;
  std::vector<MessageEntity> caption_entities;
  std::vector<User> new_chat_members;
  std::optional<User> left_chat_member;
  std::string new_chat_title;
  bool group_chat_created = false;
  std::optional<std::int64_t> migrate_to_chat_id;
  std::optional<std::int64_t> migrate_from_chat_id;
  std::string reply_markup;  ///< inline keyboard as JSON text
  /// Members beyond this subset as JSON text without braces (`"dice":{"value":3}`). Encoder only:
  /// the decoder leaves it empty.
  std::string extra;

  friend bool operator==(const Message&, const Message&) = default;
};

struct CallbackQuery {
  std::string id;
  User from;
  std::optional<Message> message;
  std::string inline_message_id;
  std::string chat_instance;
  std::string data;

  friend bool operator==(const CallbackQuery&, const CallbackQuery&) = default;
};

struct ChatMember {
  User user;
  std::string status;  ///< creator, administrator, member, restricted, left, kicked
  std::string extra;   ///< rights as JSON members without braces; encoder only

  friend bool operator==(const ChatMember&, const ChatMember&) = default;
};

struct ChatMemberUpdated {
  Chat chat;
  User from;
  std::int64_t date = 0;
  ChatMember old_chat_member;
  ChatMember new_chat_member;

  friend bool operator==(const ChatMemberUpdated&, const ChatMemberUpdated&) = default;
};

struct MessageReactionUpdated {
  Chat chat;
  std::int64_t message_id = 0;
  std::optional<User> user;
  std::optional<Chat> actor_chat;
  std::int64_t date = 0;
  std::vector<ReactionType> old_reaction;
  std::vector<ReactionType> new_reaction;

  friend bool operator==(const MessageReactionUpdated&, const MessageReactionUpdated&) = default;
};

enum class UpdateKind : std::uint8_t {
  Message,
  EditedMessage,
  ChannelPost,
  EditedChannelPost,
  CallbackQuery,
  MyChatMember,
  ChatMember,
  MessageReaction,
  Other,  ///< a kind of update that is not decoded here
};
std::string_view to_string(UpdateKind kind) noexcept;

struct Update {
  std::int64_t update_id = 0;
  UpdateKind kind = UpdateKind::Other;
  /// By kind: Message for the first four, then as named; monostate for Other.
  std::variant<std::monostate, Message, CallbackQuery, ChatMemberUpdated, MessageReactionUpdated>
      payload;

  friend bool operator==(const Update&, const Update&) = default;
};

/// What goes with an error: `parameters` of the envelope.
struct ResponseParameters {
  std::optional<std::int64_t> retry_after;  ///< seconds
  std::optional<std::int64_t> migrate_to_chat_id;

  friend bool operator==(const ResponseParameters&, const ResponseParameters&) = default;
};

}  // namespace chorus::proto::telegram
