#include "chorus/lab/detail/csv.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::lab::detail {

namespace {

class Reader {
 public:
  Reader(std::string_view content, std::size_t max_rows) : in_(content), max_rows_(max_rows) {
    if (in_.starts_with("\xEF\xBB\xBF")) in_.remove_prefix(3);
  }

  Result<std::vector<CsvRow>> read() {
    while (at_ < in_.size()) {
      CH_TRY_VOID(row());
      if (rows_.size() > max_rows_) {
        return fail(ErrorCode::ParseError,
                    fmt::format("line {}: more than {} rows", line_, max_rows_));
      }
    }
    return std::move(rows_);
  }

 private:
  Result<void> row() {
    CsvRow row;
    row.line = line_;
    bool quoted = false;
    for (;;) {
      std::string cell;
      if (at_ < in_.size() && in_[at_] == '"') {
        quoted = true;
        CH_TRY_VOID(quoted_cell(row.line, cell));
      }
      const auto inside = cell.size();
      while (at_ < in_.size() && in_[at_] != ',' && in_[at_] != '\n') cell += in_[at_++];
      const bool more = at_ < in_.size() && in_[at_] == ',';
      // The CR of a line end, and not one that was quoted.
      if (!more && cell.size() > inside && cell.ends_with('\r')) cell.pop_back();
      row.cells.push_back(std::move(cell));
      if (at_ < in_.size()) ++at_;
      if (more) continue;
      ++line_;
      break;
    }
    const bool empty = row.cells.size() == 1 && row.cells[0].empty() && !quoted;
    if (!empty) rows_.push_back(std::move(row));
    return {};
  }

  Result<void> quoted_cell(std::size_t line, std::string& cell) {
    for (++at_; at_ < in_.size(); ++at_) {
      if (in_[at_] == '\n') ++line_;
      if (in_[at_] != '"') {
        cell += in_[at_];
      } else if (at_ + 1 < in_.size() && in_[at_ + 1] == '"') {
        cell += in_[at_++];
      } else {
        ++at_;
        return {};
      }
    }
    return fail(ErrorCode::ParseError, fmt::format("line {}: a quoted cell has no end", line));
  }

  std::string_view in_;
  std::size_t max_rows_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<CsvRow> rows_;
};

}  // namespace

Result<std::vector<CsvRow>> parse_csv(std::string_view content, std::size_t max_rows) {
  return Reader(content, max_rows).read();
}

}  // namespace chorus::lab::detail
