#include "chorus/lab/detail/slot_words.hpp"

#include "chorus/base/units.hpp"

#include <fmt/format.h>

namespace chorus::lab::detail {

namespace {

std::string count(std::uint64_t n) {
  return format_count(static_cast<std::int64_t>(n));
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& values) {
  std::uint64_t out = 0;
  for (const auto& [name, n] : values) out += n;
  return out;
}

std::string named(const std::map<std::string, std::uint64_t>& values) {
  std::string out;
  for (const auto& [name, n] : values) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count(n), name);
  }
  return out.empty() ? "none" : out;
}

}  // namespace

void slot_failures(const SlotAccount& slots, std::vector<std::string>& out) {
  for (const auto& difference : slots.differences) {
    out.push_back("the counters are not exact: " + difference);
  }
  if (slots.left > 0) {
    out.push_back(
        fmt::format("{} conversations are left although all work is done", count(slots.left)));
  }
}

void slot_gaps(std::vector<std::string>& out) {
  out.emplace_back(
      "anything but the slots of conversations: no platform, model, store or network took part");
  out.emplace_back(
      "time was virtual: durations are those of the scripted work, and only the speed "
      "was measured with a clock that runs");
}

std::string slot_sentence(const RunResult& r) {
  return fmt::format("{} conversations of {} people, at most {} at once, {} refused",
                     count(r.conversations.completed), count(r.people), count(r.slots->peak),
                     count(sum(r.slots->refused)));
}

std::string slot_lines(const RunResult& r) {
  const auto& s = *r.slots;
  std::string out = fmt::format(
      "  {} requests = {} at once + {} queued + {} refused; {} let in from the queue, {} waited in "
      "vain\n",
      count(s.requests), count(s.at_once), count(s.queued), count(sum(s.refused)),
      count(s.from_queue), count(s.gave_up));
  out += fmt::format("  refused: {}\n  ended:   {}\n", named(s.refused), named(s.ended));
  out += fmt::format("  at most {} at once, {} left; {}\n", count(s.peak), count(s.left),
                     s.differences.empty() ? "the slots' own counters say the same"
                                           : "the slots' own counters differ");
  if (const auto* speed = find_summary(r, "manager_rate")) {
    out += fmt::format("  {} conversations a second of real time ({:.3f} s in all)\n",
                       count(static_cast<std::uint64_t>(speed->value)), to_seconds(s.took));
  }
  if (const auto* rate = find_summary(r, "conversations_rate")) {
    out += fmt::format("  {:.1f} conversations a second of virtual time\n", rate->value);
  }
  return out;
}

}  // namespace chorus::lab::detail
