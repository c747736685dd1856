#include "chorus/fleet/addressing.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

void add_once(std::vector<BotId>& bots, BotId bot) {
  if (std::find(bots.begin(), bots.end(), bot) == bots.end()) bots.push_back(bot);
}

const Callable* by_username(std::span<const Callable> bots, std::string_view username) {
  const auto it = std::find_if(bots.begin(), bots.end(), [&](const Callable& c) {
    return !c.username.empty() && iequals_ascii(c.username, username);
  });
  return it == bots.end() ? nullptr : &*it;
}

const Callable* by_user_id(std::span<const Callable> bots, PlatformUserId id) {
  const auto it = std::find_if(bots.begin(), bots.end(),
                               [&](const Callable& c) { return c.user_id && c.user_id == id; });
  return it == bots.end() ? nullptr : &*it;
}

constexpr bool is_call_mark(char c) {
  return c == ',' || c == ':' || c == '!' || c == '?';
}

bool vocative_in(std::string_view folded, std::string_view name) {
  for (const std::string_view greeting :
       {"", "hey ", "hi ", "hello ", "selam ", "merhaba ", "ya ", "dear ", "sevgili "}) {
    if (!folded.starts_with(greeting)) continue;
    const std::string_view rest = folded.substr(greeting.size());
    if (!rest.starts_with(name)) continue;
    const std::string_view after = rest.substr(name.size());
    if (after.empty() || is_call_mark(after.front())) return true;
    if (!greeting.empty() && after.front() == ' ') return true;
  }
  std::string_view end = folded;
  while (!end.empty() && (is_call_mark(end.back()) || end.back() == '.' || end.back() == ' ')) {
    end.remove_suffix(1);
  }
  if (!end.ends_with(name)) return false;
  std::string_view before = end.substr(0, end.size() - name.size());
  if (!before.ends_with(' ')) return false;
  before = trim(before);
  return before.ends_with(',');
}

}  // namespace

std::string_view to_string(AddressedBy by) noexcept {
  switch (by) {
    case AddressedBy::Nothing:
      return "nothing";
    case AddressedBy::PrivateChat:
      return "private_chat";
    case AddressedBy::Command:
      return "command";
    case AddressedBy::Mention:
      return "mention";
    case AddressedBy::Reply:
      return "reply";
    case AddressedBy::Vocative:
      return "vocative";
    case AddressedBy::Conversation:
      return "conversation";
    case AddressedBy::OpenPair:
      return "open_pair";
    case AddressedBy::OpenQuestion:
      return "open_question";
  }
  return "nothing";
}

bool is_question_to_all(std::string_view text) {
  static constexpr std::string_view kWhoever[] = {
      "anybody", "anyone", "everybody", "everyone", "somebody",   "someone", "guys",
      "folks",   "kimse",  "kimsenin",  "kimseler", "herkes",     "biri",    "birisi",
      "bilen",   "oneren", "deneyen",   "gormus",   "arkadaslar", "millet"};
  if (text.find('?') == std::string_view::npos) return false;
  const Words words(text);
  return std::any_of(std::begin(kWhoever), std::end(kWhoever),
                     [&](std::string_view word) { return words.has(word); });
}

bool is_vocative(std::string_view text, std::string_view name) {
  const std::string folded_name = fold(name);
  if (folded_name.size() < 2) return false;
  const std::string folded = fold(trim(text));
  return vocative_in(folded, folded_name);
}

Addressed addressed_to(const AddressingInput& input, std::span<const Callable> bots) {
  Addressed out;
  if (input.private_bot) {
    out.by = AddressedBy::PrivateChat;
    out.bots.push_back(*input.private_bot);
    return out;
  }
  if (!input.command_target.empty()) {
    if (const Callable* bot = by_username(bots, input.command_target)) {
      out.by = AddressedBy::Command;
      out.bots.push_back(bot->bot);
    } else {
      out.to_others = true;
    }
    return out;
  }
  bool others = false;
  for (const std::string& mention : input.mentions) {
    if (const Callable* bot = by_username(bots, mention)) {
      add_once(out.bots, bot->bot);
    } else {
      others = true;
    }
  }
  for (const PlatformUserId user : input.mentioned_users) {
    if (const Callable* bot = by_user_id(bots, user)) {
      add_once(out.bots, bot->bot);
    } else {
      others = true;
    }
  }
  if (!out.bots.empty()) {
    out.by = AddressedBy::Mention;
    return out;
  }
  if (input.reply_to_bot) {
    out.by = AddressedBy::Reply;
    out.bots.push_back(*input.reply_to_bot);
    return out;
  }
  if (input.reply_to_user) {
    if (const Callable* bot = by_user_id(bots, *input.reply_to_user)) {
      out.by = AddressedBy::Reply;
      out.bots.push_back(bot->bot);
      return out;
    }
    others = true;
  }
  std::string folded;
  for (const Callable& bot : bots) {
    if (bot.folded_name.size() < 2 && bot.other_names.empty()) continue;
    if (folded.empty()) folded = fold(trim(input.text));
    const auto called = [&](std::string_view name) {
      return name.size() >= 2 && vocative_in(folded, name);
    };
    if (called(bot.folded_name) || std::ranges::any_of(bot.other_names, called)) {
      add_once(out.bots, bot.bot);
    }
  }
  constexpr std::size_t kMostNamesakes = 3;
  if (out.bots.size() > kMostNamesakes) out.bots.clear();
  if (!out.bots.empty()) {
    out.by = AddressedBy::Vocative;
    return out;
  }
  out.to_others = others;
  return out;
}

}  // namespace chorus::fleet
