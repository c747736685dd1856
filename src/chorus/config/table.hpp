#pragma once

#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/config/setting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::config {

/// The settings of one struct: for each a description and the member that holds its value. A row is
/// one line; its default is what a fresh `Owner` holds, so it stands in one place only.
///
/// `access` is a member pointer, or a function from `Owner&` (and `const Owner&`) to the member.
template <class Owner>
class Table {
 public:
  struct Row {
    Setting setting;
    std::function<void(const std::string& checked, Owner&)> put;
    std::function<std::string(const Owner&)> get;
  };

  /// The rows that follow stand under this heading.
  Table& group(std::string heading) {
    group_ = std::move(heading);
    return *this;
  }

  template <class Access>
  Table& flag(std::string name, Access access, Takes takes, std::string what) {
    return add(
        {.name = std::move(name), .kind = Kind::Flag, .takes = takes, .what = std::move(what)},
        [access](const std::string& value, Owner& owner) {
          std::invoke(access, owner) = value == "true";
        },
        [access](const Owner& owner) -> std::string {
          return std::invoke(access, owner) ? "true" : "false";
        });
  }
  template <class Access>
  Table& whole(std::string name, Access access, Range range, Takes takes, std::string what) {
    return add(
        {.name = std::move(name),
         .kind = Kind::Whole,
         .range = std::move(range),
         .takes = takes,
         .what = std::move(what)},
        [access](const std::string& value, Owner& owner) {
          auto& member = std::invoke(access, owner);
          std::from_chars(value.data(), value.data() + value.size(), member);
        },
        [access](const Owner& owner) { return std::to_string(std::invoke(access, owner)); });
  }
  template <class Access>
  Table& number(std::string name, Access access, Range range, Takes takes, std::string what) {
    return add(
        {.name = std::move(name),
         .kind = Kind::Number,
         .range = std::move(range),
         .takes = takes,
         .what = std::move(what)},
        [access](const std::string& value, Owner& owner) {
          double& member = std::invoke(access, owner);
          std::from_chars(value.data(), value.data() + value.size(), member);
        },
        [access](const Owner& owner) { return fmt::format("{}", std::invoke(access, owner)); });
  }
  /// A probability or another part of one.
  template <class Access>
  Table& share(std::string name, Access access, Takes takes, std::string what) {
    return number(std::move(name), access, {0, 1, ""}, takes, std::move(what));
  }
  template <class Access>
  Table& duration(std::string name, Access access, Duration low, Duration high, Takes takes,
                  std::string what) {
    return add(
        {.name = std::move(name),
         .kind = Kind::Duration,
         .range = {to_seconds(low), to_seconds(high), ""},
         .takes = takes,
         .what = std::move(what)},
        [access](const std::string& value, Owner& owner) {
          std::invoke(access, owner) = parse_duration(value).value_or(Duration{});
        },
        [access](const Owner& owner) {
          return format_duration_compact(std::invoke(access, owner));
        });
  }
  template <class Access>
  Table& text(std::string name, Access access, Takes takes, std::string what) {
    return add(
        {.name = std::move(name), .takes = takes, .what = std::move(what)},
        [access](const std::string& value, Owner& owner) { std::invoke(access, owner) = value; },
        [access](const Owner& owner) { return std::invoke(access, owner); });
  }
  /// A secret's text is told to nobody: `get` says only whether there is one.
  template <class Access>
  Table& secret(std::string name, Access access, std::string what) {
    using Held = std::remove_cvref_t<std::invoke_result_t<Access, Owner&>>;
    return add(
        {.name = std::move(name),
         .kind = Kind::Secret,
         .takes = Takes::AtStart,
         .what = std::move(what)},
        [access](const std::string& value, Owner& owner) {
          std::invoke(access, owner) = Held(value);
        },
        [access](const Owner& owner) {
          return std::string(std::invoke(access, owner).empty() ? "" : "***");
        });
  }
  template <class Access, class E>
  Table& choice(std::string name, Access access, std::vector<std::pair<std::string, E>> options,
                Takes takes, std::string what) {
    Setting setting{
        .name = std::move(name), .kind = Kind::Choice, .takes = takes, .what = std::move(what)};
    for (const auto& [option, value] : options) setting.choices.push_back(option);
    const auto put = [access, options](const std::string& value, Owner& owner) {
      for (const auto& [option, held] : options) {
        if (option == value) std::invoke(access, owner) = held;
      }
    };
    return add(std::move(setting), put, [access, options](const Owner& owner) -> std::string {
      for (const auto& [option, held] : options) {
        if (held == std::invoke(access, owner)) return option;
      }
      return {};
    });
  }
  /// A value with a grammar of its own, kept as its text.
  Table& parsed(std::string name, std::function<Result<void>(const std::string&, Owner&)> take,
                std::function<std::string(const Owner&)> get, Takes takes, std::string what) {
    Setting setting{.name = std::move(name), .takes = takes, .what = std::move(what)};
    setting.rule = [take](const std::string& value) -> Result<void> {
      Owner scratch;
      return take(value, scratch);
    };
    return add(
        std::move(setting),
        [take](const std::string& value, Owner& owner) {
          (void)take(value, owner);  // its rule has seen it
        },
        std::move(get));
  }

  /// A rule for the row that was added last; its error says what is expected.
  Table& rule(std::function<Result<void>(const std::string&)> check) {
    CH_CHECK(!rows_.empty());
    rows_.back().setting.rule = std::move(check);
    return *this;
  }

  /// All rows of another struct's table, which stands inside this one.
  template <class Part, class Access>
  Table& include(const Table<Part>& other, Access access) {
    for (const auto& row : other.rows()) {
      Row& mine = rows_.emplace_back();
      mine.setting = row.setting;
      mine.put = [put = row.put, access](const std::string& value, Owner& owner) {
        put(value, std::invoke(access, owner));
      };
      mine.get = [get = row.get, access](const Owner& owner) {
        return get(std::invoke(access, owner));
      };
    }
    return *this;
  }

  /// In the order in which they were added.
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] const Row* find(std::string_view name) const {
    const auto row = std::ranges::find(rows_, name, [](const Row& r) { return r.setting.name; });
    return row == rows_.end() ? nullptr : &*row;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& row : rows_) out.push_back(row.setting.name);
    return out;
  }

  /// Checks and applies one value. Errors: Misconfigured naming the setting and what is allowed, or
  /// the nearest name.
  Result<void> apply(std::string_view name, std::string_view text, Owner& owner) const {
    const Row* row = find(name);
    if (row == nullptr) {
      return fail(ErrorCode::Misconfigured, "settings: " + unknown_setting(name, names()).message);
    }
    const auto value = check(row->setting, text);
    if (!value) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("settings.{}: {}", name, value.error().message));
    }
    row->put(*value, owner);
    return {};
  }
  /// All of them, up to the first that is refused.
  Result<void> apply(const std::map<std::string, std::string>& values, Owner& owner) const {
    for (const auto& [name, text] : values) CH_TRY_VOID(apply(name, text, owner));
    return {};
  }

 private:
  template <class Put, class Get>
  Table& add(Setting setting, Put put, Get get) {
    CH_CHECK(find(setting.name) == nullptr);
    setting.group = group_;
    setting.variable = default_variable(setting.name);
    setting.key = "settings." + setting.name;
    setting.fallback = get(Owner{});
    rows_.push_back({std::move(setting), std::move(put), std::move(get)});
    return *this;
  }

  std::string group_;
  std::vector<Row> rows_;
};

}  // namespace chorus::config
