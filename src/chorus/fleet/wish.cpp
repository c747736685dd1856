#include "chorus/fleet/wish.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

constexpr std::size_t kLongestThought = 200;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Prompt build_wish_prompt(const PromptInput& input, Rng& rng) {
  Prompt prompt = build_prompt(input, rng);
  prompt.lines.front().text +=
      "\nYou do not answer now. Think whether this character has anything to add at this moment. "
      "Write one line only: a number from 1 (nothing to add) to 5 (must say it), a colon, and the "
      "thought in at most fifteen words.";
  return prompt;
}

std::optional<Wish> read_wish(std::string_view text) {
  constexpr std::size_t kWhere = 24;  // `Motivation: 4/5`
  const std::string clean = sanitise_text(text, 4 * kLongestThought);
  const std::string_view line = trim(std::string_view(clean).substr(0, clean.find('\n')));
  const std::size_t at = line.find_first_of("0123456789");
  if (at == std::string_view::npos || at > kWhere) return std::nullopt;
  std::size_t end = at + 1;
  if (end < line.size() && (is_digit(line[end]) || line[end] == '.')) return std::nullopt;
  Wish wish;
  wish.motivation = line[at] - '0';
  if (wish.motivation < 1 || wish.motivation > 5) return std::nullopt;
  if (line.substr(end).starts_with("/5")) end += 2;
  std::string_view rest = line.substr(end);
  while (!rest.empty() && std::string_view(" :.-)|").find(rest.front()) != std::string_view::npos) {
    rest.remove_prefix(1);
  }
  wish.thought = std::string(truncate_code_points(trim(rest), kLongestThought));
  return wish;
}

void WishBudget::person_spoke() {
  calls_ = std::min(kMostSaved, calls_ + limits_.per_message);
}

bool WishBudget::take(std::size_t calls, MonoTime now) {
  const double wanted = static_cast<double>(calls);
  constexpr double kRounding = 1e-9;
  if (calls == 0 || calls_ + kRounding < wanted) return false;
  const double reserved = dearest_ * static_cast<double>(calls + under_way_);
  const auto fits = [&](double limit, Duration window) {
    const double spent = spent_within(window, now);
    return limit <= 0 || (spent < limit && spent + reserved <= limit);
  };
  if (!fits(limits_.per_hour, std::chrono::hours(1))) return false;
  if (!fits(limits_.per_day, std::chrono::hours(24))) return false;
  calls_ -= wanted;
  under_way_ += calls;
  return true;
}

void WishBudget::spent(double cost, MonoTime now) {
  if (under_way_ > 0) --under_way_;
  dearest_ = std::max(dearest_, cost);
  if (cost <= 0) return;
  while (!minutes_.empty() && now - minutes_.front().at > std::chrono::hours(24)) {
    minutes_.pop_front();
  }
  if (!minutes_.empty() && now - minutes_.back().at < std::chrono::minutes(1)) {
    minutes_.back().cost += cost;
  } else {
    minutes_.push_back({now, cost});
  }
}

double WishBudget::spent_within(Duration window, MonoTime now) const {
  double sum = 0;
  for (auto it = minutes_.rbegin(); it != minutes_.rend() && now - it->at <= window; ++it) {
    sum += it->cost;
  }
  return sum;
}

}  // namespace chorus::fleet
