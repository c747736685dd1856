#include "chorus/fleet/revalidate.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

/// A word of four letters or more begins alike in both.
bool share_a_word(const Words& a, const Words& b) {
  constexpr std::size_t kStem = 5;
  constexpr std::size_t kShortest = 4;
  return std::any_of(a.all().begin(), a.all().end(), [&](std::string_view word) {
    if (word.size() < kShortest) return false;
    const std::string_view stem = word.substr(0, kStem);
    return std::any_of(b.all().begin(), b.all().end(), [&](std::string_view other) {
      return other.size() >= kShortest && other.substr(0, kStem) == stem;
    });
  });
}

bool answers(const RoomLine& line, const RoomLine& question) {
  if (line.author == question.author || !line.reply_to) return false;
  if (line.owner == question.owner && *line.reply_to == question.message) return true;
  return std::any_of(question.also.begin(), question.also.end(), [&](const auto& other) {
    return other.first == line.owner && other.second == *line.reply_to;
  });
}

}  // namespace

Revalidation revalidate(const RoomLine* trigger, std::span<const RoomLine* const> later,
                        std::string_view draft) {
  std::size_t by_people = 0;
  const RoomLine* newest = nullptr;
  for (const RoomLine* line : later) {
    if (trigger != nullptr && answers(*line, *trigger)) return Revalidation::AnsweredMeanwhile;
    if (line->from_bot) continue;
    ++by_people;
    newest = line;
  }
  if (newest == nullptr) return Revalidation::Send;
  if (trigger == nullptr) return Revalidation::TopicMoved;
  const Words now(newest->text), before(trigger->text), said(draft);
  if (by_people >= 2 && !share_a_word(now, before) && !share_a_word(now, said)) {
    return Revalidation::TopicMoved;
  }
  return newest->author == trigger->author ? Revalidation::Revise : Revalidation::Send;
}

}  // namespace chorus::fleet
