#include "chorus/lab/detail/step_outcome.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chorus::lab {

namespace {
/// What a conversation remembers of one answer.
constexpr std::size_t kMaxCaptured = 4096;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
}  // namespace

std::string fill_variables(std::string_view text, const Variables& variables) {
  std::string out;
  for (std::size_t from = 0;;) {
    const auto open = text.find("{{", from);
    const auto end = open == std::string_view::npos ? open : text.find("}}", open);
    if (end == std::string_view::npos) {
      out += text.substr(from);
      return out;
    }
    out += text.substr(from, open - from);
    const auto found = variables.find(trim(text.substr(open + 2, end - open - 2)));
    out += found == variables.end() ? text.substr(open, end + 2 - open)
                                    : std::string_view(found->second);
    from = end + 2;
  }
}

std::optional<double> number_in(std::string_view text) {
  auto at = std::ranges::find_if(text, is_digit) - text.begin();
  if (at == static_cast<std::ptrdiff_t>(text.size())) return std::nullopt;
  std::string digits;
  if (at > 0 && text[static_cast<std::size_t>(at - 1)] == '-') digits += '-';
  for (auto i = static_cast<std::size_t>(at); i < text.size(); ++i) {
    const bool more = i + 1 < text.size() && is_digit(text[i + 1]);
    if (is_digit(text[i]) || (text[i] == '.' && more)) {
      digits += text[i];
    } else if (text[i] != ',' || !more) {
      break;
    }
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool holds(const TextRule& rule, std::string_view text, const Variables& variables) {
  if (!rule.contains.empty()) {
    const auto wanted = ascii_lower(fill_variables(rule.contains, variables));
    if (ascii_lower(text).find(wanted) == std::string::npos) return false;
  }
  if (!rule.equals.empty() && trim(text) != trim(fill_variables(rule.equals, variables))) {
    return false;
  }
  return !rule.match || rule.match->found_in(text);
}

StepOutcome judge(const Step& step, std::span<const Answer> answers, Variables& variables) {
  StepOutcome out;
  if (!answers.empty()) out.first = answers.front().at;
  if (step.none) {
    out.right = answers.empty();
    return out;
  }
  if (answers.size() < step.count_low) return out;
  if (step.count_high > 0 && answers.size() > step.count_high) return out;
  if (step.linked && !std::ranges::all_of(answers, &Answer::linked)) return out;
  std::string text;
  for (const auto& answer : answers) {
    if (!text.empty()) text += '\n';
    text += answer.text;
  }
  if (!holds(step.rule, text, variables)) return out;
  Variables captured;
  for (const auto& capture : step.captures) {
    auto value = capture.pattern ? capture.pattern->first_of(text) : std::optional(text);
    if (!value) return out;
    captured[capture.variable] = std::move(*value);
  }
  if (step.rule.match) {
    for (auto& [name, value] : step.rule.match->groups_of(text)) captured[name] = std::move(value);
  }
  for (auto& [name, value] : captured) {
    if (value.size() > kMaxCaptured) value.resize(kMaxCaptured);
    variables[name] = std::move(value);
  }
  out.right = true;
  return out;
}

}  // namespace chorus::lab
