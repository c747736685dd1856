#pragma once

#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chorus::sandbox::telegram {

/// Makes values that have the shape which the table of facts says: every required member, and of
/// the optional ones those that the caller was given under the same name. `sendVenue`'s parameters
/// so become a Venue, an InputPollOption a PollOption. Deterministic. One thread; the parts must
/// outlive it.
class ApiShape {
 public:
  struct Parts {
    const ApiFacts& facts;
    /// The value that the caller gave under a name; nullopt for none.
    std::function<std::optional<json::value>(std::string_view)> given;
    std::string user;  ///< JSON of whom a User is, unless something else is known
    std::string chat;  ///< JSON of what a Chat is
    std::int64_t now = 0;
    std::uint64_t salt = 0;  ///< makes ids of one call differ from another's
  };
  explicit ApiShape(Parts parts) : parts_(std::move(parts)) {}

  /// JSON of a value of `type`; `name` is the member's, which says what is a date or an id.
  std::string make(const ApiType& type, std::string_view name);
  /// The members of an object without braces, except those in `skip`.
  std::string members(const ApiObject& object, std::span<const std::string_view> skip = {});

 private:
  std::optional<std::string> fit(const ApiType& type, const json::value& value,
                                 std::string_view name);
  std::optional<std::string> fit_object(const ApiObject& object, const json::object& value);
  std::optional<std::string> fit_union(const ApiType& type, const json::value& value,
                                       std::string_view name);
  std::string make_named(const std::string& name, std::string_view member);
  std::string make_text(std::string_view name);
  [[nodiscard]] std::int64_t make_number(std::string_view name) const;

  Parts parts_;
  int depth_ = 0;
};

}  // namespace chorus::sandbox::telegram
