#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/decode.hpp"
#include "chorus/proto/telegram/encode.hpp"
#include "chorus/proto/telegram/entities.hpp"
#include "chorus/proto/telegram/params.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus::proto::telegram {
namespace {

/// Text with marks, brackets, links, emoji and controls: what the parsers trip over.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>(
      "a", "B", "_", "*", "`", "```", "[", "]", "(", ")", "~", "||", "|", ">", "\n", "\r", " ",
      "\\", "!", ".", "<b>", "</b>", "<i", ">", "&lt;", "&#x41;", "<a href=\"", "\"",
      "http://e.org", "tg://user?id=5", "@some_bot", "/cmd", "#tag", "$USD", "a@b.org",
      "+12125550123", "😀", "é", "ж", "中", "\xE2\x80\x8D", "python");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const auto& part : pieces) text += part;
                        return text;
                      });
}
rc::Gen<std::string> any_name() {
  return rc::gen::map(rc::gen::nonEmpty(any_text()), [](std::string text) { return text; });
}

User any_user() {
  User user;
  user.id = *rc::gen::inRange<std::int64_t>(1, std::int64_t(1) << 52);
  user.is_bot = *rc::gen::arbitrary<bool>();
  user.first_name = *any_name();
  user.username = *any_text();
  if (*rc::gen::arbitrary<bool>()) user.can_join_groups = *rc::gen::arbitrary<bool>();
  return user;
}
Chat any_chat() {
  Chat chat;
  chat.id = *rc::gen::inRange<std::int64_t>(-(std::int64_t(1) << 52), std::int64_t(1) << 52);
  chat.type = *rc::gen::element(ChatType::Private, ChatType::Group, ChatType::Supergroup);
  chat.title = *any_text();
  return chat;
}
Message any_message(bool with_reply) {
  Message message;
  message.message_id = *rc::gen::inRange<std::int64_t>(1, INT32_MAX);
  if (*rc::gen::arbitrary<bool>()) message.from = any_user();
  message.chat = any_chat();
  message.date = *rc::gen::inRange<std::int64_t>(0, INT32_MAX);
  if (*rc::gen::arbitrary<bool>()) message.edit_date = message.date + 1;
  if (with_reply && *rc::gen::arbitrary<bool>()) {
    message.reply_to_message = Box<Message>(any_message(false));
  }
  const auto formatted = format_plain(*any_text());
  message.text = formatted.text;
  message.entities = formatted.entities;
  if (*rc::gen::arbitrary<bool>()) message.new_chat_members.push_back(any_user());
  if (*rc::gen::arbitrary<bool>()) message.migrate_to_chat_id = -1001;
  if (*rc::gen::arbitrary<bool>()) {
    Media media;
    media.kind = *rc::gen::element(MediaKind::Photo, MediaKind::Document, MediaKind::Animation);
    File file;
    file.file_id = "f" + *any_text();
    file.file_unique_id = *any_text();
    file.file_size = 5;
    media.files.push_back(file);
    message.media = media;
  }
  return message;
}
Update any_update() {
  Update update;
  update.update_id = *rc::gen::inRange<std::int64_t>(0, INT32_MAX);
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      update.kind = *rc::gen::element(UpdateKind::Message, UpdateKind::EditedMessage,
                                      UpdateKind::ChannelPost, UpdateKind::EditedChannelPost);
      update.payload = any_message(true);
      break;
    case 1: {
      update.kind = UpdateKind::CallbackQuery;
      CallbackQuery query;
      query.id = "q" + *any_text();
      query.from = any_user();
      if (*rc::gen::arbitrary<bool>()) query.message = any_message(true);
      query.data = *any_text();
      update.payload = query;
      break;
    }
    case 2: {
      update.kind = *rc::gen::element(UpdateKind::MyChatMember, UpdateKind::ChatMember);
      ChatMemberUpdated member;
      member.chat = any_chat();
      member.from = any_user();
      member.old_chat_member = {any_user(), "left", {}};
      member.new_chat_member = {any_user(), "member", {}};
      update.payload = member;
      break;
    }
    default: {
      update.kind = UpdateKind::MessageReaction;
      MessageReactionUpdated reaction;
      reaction.chat = any_chat();
      reaction.message_id = 9;
      reaction.user = any_user();
      reaction.new_reaction.push_back({ReactionType::Kind::Emoji, "👍"});
      reaction.new_reaction.push_back({ReactionType::Kind::CustomEmoji, "5"});
      update.payload = reaction;
    }
  }
  return update;
}

RC_GTEST_PROP(TelegramCodec, DecodeUndoesEncode, ()) {
  const Update update = any_update();
  std::string wire;
  append_update(wire, update);
  const auto decoded = decode_update(wire);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == update);
}

RC_GTEST_PROP(TelegramCodec, ACutUpdateIsAFaultAndNeverACrash, ()) {
  std::string wire;
  append_update(wire, any_update());
  const auto length = *rc::gen::inRange<std::size_t>(0, wire.size());
  RC_ASSERT(!decode_update(std::string_view(wire).substr(0, length)).has_value());
}

/// Every entity lies on whole characters of the text, and any two are nested or apart.
void check_entities(const FormattedText& formatted) {
  RC_ASSERT(is_valid_utf8(formatted.text));
  const auto& entities = formatted.entities;
  for (const auto& entity : entities) RC_ASSERT(!entity_text(formatted.text, entity).empty());
  for (std::size_t i = 0; i < entities.size(); ++i) {
    for (std::size_t j = i + 1; j < entities.size(); ++j) {
      const auto& a = entities[i];
      const auto& b = entities[j];
      RC_ASSERT(a.offset <= b.offset);
      const bool apart = b.offset >= a.offset + a.length;
      const bool b_in_a = b.offset + b.length <= a.offset + a.length;
      const bool a_in_b = a.offset == b.offset && a.length <= b.length;
      RC_ASSERT(apart || b_in_a || a_in_b);
    }
  }
}

RC_GTEST_PROP(TelegramFormat, EntitiesLieInsideOfTheTextInEveryMode, ()) {
  const std::string text = *any_text();
  const auto mode = *rc::gen::element(ParseMode::None, ParseMode::Markdown, ParseMode::MarkdownV2,
                                      ParseMode::Html);
  if (const auto formatted = format_text(text, mode)) {
    check_entities(*formatted);
    RC_ASSERT(!formatted->text.empty());
  } else {
    RC_ASSERT(!formatted.error().message.empty());
  }
  check_entities(format_plain(text));
}

RC_GTEST_PROP(TelegramFormat, AnyExplicitEntitiesAreMadeFit, ()) {
  FormattedText formatted;
  formatted.text = *any_text();
  const auto count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i) {
    MessageEntity entity;
    entity.type = static_cast<EntityType>(*rc::gen::inRange(0, 19));
    entity.offset = *rc::gen::inRange(-3, 40);
    entity.length = *rc::gen::inRange(-3, 40);
    entity.url = "http://e.org/";
    entity.user.emplace().id = 1;
    entity.custom_emoji_id = "1";
    formatted.entities.push_back(entity);
  }
  normalise_entities(formatted.text, formatted.entities);
  check_entities(formatted);
}

RC_GTEST_PROP(TelegramParams, WhatACallSaysIsWhatTheServerReads, ()) {
  const std::string text = *any_text();
  const std::string name = "n" + *any_text();
  CallBody body;
  body.add(name, text).add("id", std::int64_t(-7));
  const std::string wire = body.finish();
  const auto params = decode_params("", "application/json", wire);
  RC_ASSERT(params.has_value());
  RC_ASSERT(!params->body_was_malformed());
  RC_ASSERT(params->get(name) == text);
  RC_ASSERT(params->find_int("id") == -7);
  const std::string form = percent_encode(name) + "=" + percent_encode(text);
  const auto encoded = decode_params(form, "", "");
  RC_ASSERT(encoded.has_value());
  RC_ASSERT(encoded->get(name) == text);
}

}  // namespace
}  // namespace chorus::proto::telegram
