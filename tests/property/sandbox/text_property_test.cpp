#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/telegram/dialect.hpp"
#include "chorus/sandbox/world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus::sandbox {
namespace {

/// Texts with what makes offsets hard: surrogate pairs, combining marks, mentions, commands.
rc::Gen<std::string> texts() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                          "a", " ", "é", "🦄", "👨‍💻", "@someone", "/start@echo_bot", "#tag",
                          "я", "\n", "https://example.org/x", "e\u0301")),
                      [](const std::vector<std::string>& parts) {
                        std::string text = "x";  // never empty after trimming
                        for (const auto& part : parts) text += part;
                        return text;
                      });
}

/// What a bot is sent about a person's text is valid JSON, holds the trimmed text, and each entity
/// lies inside of it on code point borders, counted in UTF-16.
RC_GTEST_PROP(SandboxText, EntitiesLieOnTheirText, ()) {
  const auto text = *texts();
  ManualClock clock;
  World::Options options;
  options.seed = 1;
  World world(clock, Rng(1), options);
  telegram::TelegramDialect dialect(world);
  world.set_dialect(Platform::Telegram, dialect);
  BotSpec spec;
  spec.username = "echo_bot";
  auto* bot = world.add_bot(spec, Platform::Telegram).value();
  auto* person = world.add_person({}, Platform::Telegram).value();
  PersonMessage message;
  message.from = person->id;
  message.bot = bot->id;
  message.text = text;
  const auto posted = world.person_says(message);
  RC_PRE(posted.has_value());
  const auto* queued = bot->queue->from(0, 1).at(0);
  const auto update = json::parse("{" + queued->event->body);
  const auto& shown = update.at("message");
  const std::string body(shown.at("text").as_string());
  RC_ASSERT(body == (*posted)->text);
  RC_ASSERT(text.find(body) != std::string::npos);
  const auto* entities = shown.as_object().if_contains("entities");
  if (entities == nullptr) return;
  std::int64_t end = 0;
  for (const auto& entity : entities->as_array()) {
    const auto offset = entity.at("offset").as_int64();
    const auto length = entity.at("length").as_int64();
    RC_ASSERT(length > 0);
    RC_ASSERT(offset >= end);
    end = offset + length;
    const auto from = utf16_to_byte_offset(body, static_cast<std::size_t>(offset));
    const auto to = utf16_to_byte_offset(body, static_cast<std::size_t>(end));
    RC_ASSERT(from.has_value() && to.has_value());
    const auto marked = body.substr(*from, *to - *from);
    const auto type = entity.at("type").as_string();
    if (type == "mention") RC_ASSERT(marked.front() == '@');
    if (type == "bot_command") RC_ASSERT(marked.front() == '/');
    if (type == "hashtag") RC_ASSERT(marked.front() == '#');
  }
}

}  // namespace
}  // namespace chorus::sandbox
