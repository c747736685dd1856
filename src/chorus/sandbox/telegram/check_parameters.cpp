#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/facts/api_check.hpp"
#include "chorus/sandbox/telegram/uploads.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

/// Parameters against the table of facts. Source of the words: reference telegram.md 6.
namespace chorus::sandbox::telegram {

namespace {

using Kind = ApiType::Kind;

bool has_kind(const ApiType& type, Kind kind) {
  if (type.kind == kind) return true;
  return type.kind == Kind::Union &&
         std::ranges::any_of(type.parts, [&](const ApiType& part) { return part.kind == kind; });
}

bool is_json(const ApiType& type) {
  return has_kind(type, Kind::Named) || has_kind(type, Kind::List);
}

Answer missing(std::string_view name, const ApiType& type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOwnWords = {{
      {"user_id", "invalid user_id specified"},
      {"receiver_user_id", "invalid user_id specified"},
      {"message_id", "message identifier is not specified"},
      {"message_ids", "message identifiers are not specified"},
      {"file_id", "file_id not specified"},
      {"text", "message text is empty"},
  }};
  for (const auto& [known, words] : kOwnWords) {
    if (known == name) return Answer::bad(words);
  }
  if (name.ends_with("chat_id")) return Answer::bad(fmt::format("{} is empty", name));
  if (has_kind(type, Kind::File)) {
    return Answer::bad(fmt::format("there is no {} in the request", name));
  }
  return Answer::bad(fmt::format("parameter \"{}\" is required", name));
}

bool is_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_one_of(const ApiType& type, std::string_view text) {
  if (type.kind != Kind::Union) return iequals_ascii(type.name, text);
  return std::ranges::any_of(type.parts,
                             [&](const ApiType& part) { return iequals_ascii(part.name, text); });
}

/// What people call the parameter in an error: `reply markup`.
std::string spoken(std::string_view name) {
  return replace_all(std::string(name), "_", " ");
}

Step<void> check_json(const ApiFacts& facts, const ApiField& field, std::string_view text) {
  const auto parsed = parse_json(text);
  // A type that may be plain text as well (`number|string`, a rich text) is never malformed.
  const bool plain = has_kind(field.type, Kind::Text);
  if (!parsed) {
    if (plain) return {};
    return std::unexpected(
        Answer::bad(fmt::format("can't parse {} JSON object", spoken(field.name))));
  }
  if (field.type.kind == Kind::Named && !parsed->is_object() && !plain) {
    return std::unexpected(Answer::bad(fmt::format("object expected as {}", spoken(field.name))));
  }
  if (auto problem = mismatch(facts, field.type, *parsed, field.name)) {
    return std::unexpected(Answer::bad(*problem));
  }
  return {};
}

Step<void> check_field(const Call& call, const ApiFacts& facts, const ApiField& field) {
  const auto text = call.params.get(field.name);
  const auto& type = field.type;
  if (text.empty()) {
    const bool given = has_kind(type, Kind::File) && uploaded(call, field.name) != nullptr;
    // What is not there is false to the server.
    if (given || !field.required || type.kind == Kind::Flag) return {};
    return std::unexpected(missing(field.name, type));
  }
  // Chats and members have words of their own, which come when they are looked up.
  if (field.name.ends_with("chat_id") || has_kind(type, Kind::File)) return {};
  if (is_json(type)) return check_json(facts, field, text);
  const bool wrong =
      (type.kind == Kind::Number && !is_number(text)) ||
      ((has_kind(type, Kind::Word) || has_kind(type, Kind::Constant)) && !is_one_of(type, text));
  if (!wrong) return {};
  if (field.name.ends_with("user_id")) {
    return std::unexpected(Answer::bad("invalid user_id specified"));
  }
  if (field.name == "parse_mode") return std::unexpected(Answer::bad("unsupported parse_mode"));
  return std::unexpected(Answer::bad(fmt::format("wrong parameter {} in request", field.name)));
}

}  // namespace

Step<void> check_parameters(Call& call, std::string_view except) {
  const auto& facts = call.dialect.facts();
  const auto* method = facts.method(call.method);
  if (method == nullptr) return {};
  for (const auto& field : method->parameters) {
    if (field.name == except) continue;
    if (auto checked = check_field(call, facts, field); !checked) return checked;
  }
  return {};
}

}  // namespace chorus::sandbox::telegram
