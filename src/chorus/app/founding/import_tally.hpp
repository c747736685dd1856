#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::app {

/// What becomes of one row of the founding database.
enum class Fate : std::uint8_t { Taken, Present, Left };

/// The account of an import: every row once, with its reason.
class ImportTally {
 public:
  struct Count {
    std::uint64_t in_file = 0, taken = 0, present = 0, left = 0;
    friend bool operator==(const Count&, const Count&) = default;
  };
  struct Reason {
    std::uint64_t rows = 0;
    std::vector<std::string> names;  ///< of the first few
  };

  /// Declares a table with the rows that the file has, so that it stands in the account.
  void table(const std::string& name, std::uint64_t rows);
  void add(const std::string& table, Fate fate, std::string name, std::string reason,
           std::uint64_t rows = 1);
  /// Something that people should know about a row that was taken.
  void note(std::string text) { notes_.push_back(std::move(text)); }

  [[nodiscard]] const std::map<std::string, Count>& counts() const { return counts_; }
  [[nodiscard]] Count of(const std::string& table) const;
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// Why rows were left out: (table, reason) -> which.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Reason>& left() const {
    return left_;
  }
  /// The account in lines for people. Nothing from the file reaches the terminal as control
  /// characters.
  [[nodiscard]] std::string to_text() const;

 private:
  std::map<std::string, Count> counts_;
  std::map<std::pair<std::string, std::string>, Reason> left_;
  std::vector<std::string> notes_;
};

/// After an import: what the file's rows should have become (`planned`) against what a second plan
/// finds in the store (`found`). One line per table that differs; empty: proven.
std::vector<std::string> unproven(const ImportTally& planned, const ImportTally& found);

}  // namespace chorus::app
