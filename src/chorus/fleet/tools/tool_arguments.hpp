#pragma once

#include "chorus/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// One argument of a tool.
struct ToolParam {
  enum class Type : std::uint8_t {
    Text,    ///< `least` to `most` code points
    Whole,   ///< `least` to `most`
    Choice,  ///< one of `choices`
    Texts,   ///< at most `most` texts of at most kLongestListed code points
  };
  std::string_view name;
  Type type = Type::Text;
  std::string_view description;  ///< for the model
  bool required = false;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::span<const std::string_view> choices{};
};

inline constexpr std::size_t kLongestArguments = 8192;  ///< bytes of one call's JSON
inline constexpr std::size_t kLongestListed = 60;

/// The parameters as the JSON schema of an object that has no others.
std::string schema_json(std::span<const ToolParam> params);

/// A call's arguments after all checks. Texts are clean: valid UTF-8 without hidden characters and
/// template tokens, trimmed.
class ToolArguments {
 public:
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

 private:
  friend Result<ToolArguments> decode_arguments(std::span<const ToolParam>, std::string_view);
  template <class T>
  using ByName = std::map<std::string, T, std::less<>>;
  ByName<std::string> texts_;
  ByName<std::int64_t> wholes_;
  ByName<std::vector<std::string>> lists_;
};

/// What a model wrote, held against the declaration: one JSON object, nothing undeclared, nothing
/// missing, everything in its bounds. Nothing at all counts as an object without members, and null
/// as absent: models write both. Errors: InvalidArgument, worded for the model that called; they
/// hold nothing of what it wrote.
Result<ToolArguments> decode_arguments(std::span<const ToolParam> params, std::string_view text);

}  // namespace chorus::fleet
