#include "chorus/app/founding/import_tally.hpp"

#include "chorus/app/terminal.hpp"

#include <fmt/format.h>

namespace chorus::app {

void ImportTally::table(const std::string& name, std::uint64_t rows) {
  counts_[name].in_file += rows;
}

void ImportTally::add(const std::string& table, Fate fate, std::string name, std::string reason,
                      std::uint64_t rows) {
  constexpr std::size_t kNames = 5;
  auto& count = counts_[table];
  switch (fate) {
    case Fate::Taken:
      count.taken += rows;
      return;
    case Fate::Present:
      count.present += rows;
      return;
    case Fate::Left:
      count.left += rows;
      auto& why = left_[{table, std::move(reason)}];
      why.rows += rows;
      if (!name.empty() && why.names.size() < kNames) why.names.push_back(std::move(name));
  }
}

ImportTally::Count ImportTally::of(const std::string& table) const {
  const auto found = counts_.find(table);
  return found == counts_.end() ? Count{} : found->second;
}

std::string ImportTally::to_text() const {
  std::string out = fmt::format("{:<14}{:>10}{:>12}{:>15}{:>10}\n", "", "in file", "taken over",
                                "already there", "left out");
  for (const auto& [table, count] : counts_) {
    out += fmt::format("{:<14}{:>10}{:>12}{:>15}{:>10}\n", printable_line(table), count.in_file,
                       count.taken, count.present, count.left);
  }
  if (!left_.empty()) out += "\nleft out, and why\n";
  for (const auto& [key, why] : left_) {
    std::string names = fmt::format("{}", fmt::join(why.names, ", "));
    if (why.names.size() < why.rows && !names.empty()) names += ", ...";
    if (!names.empty()) names = " (" + names + ")";
    out += printable_line(fmt::format("  {}: {} {}: {}{}", key.first, why.rows,
                                      why.rows == 1 ? "row" : "rows", key.second, names)) +
           "\n";
  }
  if (!notes_.empty()) out += "\nto know\n";
  for (const auto& note : notes_) out += "  " + printable_line(note) + "\n";
  return out;
}

std::vector<std::string> unproven(const ImportTally& planned, const ImportTally& found) {
  std::vector<std::string> out;
  for (const auto& [table, count] : planned.counts()) {
    const auto wanted = count.taken + count.present;
    const auto there = found.of(table).present;
    if (wanted == there) continue;
    out.push_back(fmt::format("{}: {} of {} are in the store", table, there, wanted));
  }
  return out;
}

}  // namespace chorus::app
