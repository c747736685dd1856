#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/time.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace chorus::lab::detail {

/// One list of members for both ways: `archive("sent", sent)` puts the value into an object, or
/// takes it out again, so that what is written and what is read cannot drift apart. Values are
/// numbers, texts, times, containers of them, and types with a member `archive(Archive&)` or a free
/// one beside them. Made for the checkpoint of a run. Reading never throws: what is missing or of
/// another type is named by `state()` and leaves the value as it was.
class Archive {
 public:
  explicit Archive(json::object& out) : out_(&out) {}
  explicit Archive(const json::object& in) : in_(&in) {}

  [[nodiscard]] bool reading() const { return in_ != nullptr; }

  template <class T>
  void operator()(std::string_view key, T& value) {
    if (!reading()) {
      (*out_)[key] = written(value);
      return;
    }
    const auto* found = in_->if_contains(key);
    if (found == nullptr || !taken(*found, value)) refuse(key);
  }

  /// A value that is no member: only written.
  void note(std::string_view key, std::string_view text) {
    if (!reading()) (*out_)[key] = text;
  }
  /// Says that what was read makes no sense.
  void refuse(std::string_view key) {
    if (bad_.empty()) bad_ = key.empty() ? "(no name)" : key;
  }
  /// Errors: ParseError naming the first member that was missing or of another type.
  [[nodiscard]] Result<void> state() const {
    if (bad_.empty()) return {};
    return fail(ErrorCode::ParseError, "'" + bad_ + "' is missing or of another type");
  }

 private:
  template <class T>
  static json::value written(T& value) {
    using U = std::remove_const_t<T>;
    if constexpr (std::same_as<U, bool> || std::same_as<U, std::string>) {
      return json::value(value);
    } else if constexpr (std::is_enum_v<U>) {
      return json::value(static_cast<std::int64_t>(value));
    } else if constexpr (std::integral<U>) {
      if constexpr (std::is_signed_v<U>) return json::value(static_cast<std::int64_t>(value));
      return json::value(static_cast<std::uint64_t>(value));
    } else if constexpr (std::floating_point<U>) {
      // As text: Boost 1.81 reads numbers to one unit in the last place only, and has no infinity.
      std::array<char, 40> buffer{};
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
      return json::value(std::string_view(buffer.data(), end));
    } else if constexpr (std::same_as<U, Duration>) {
      return json::value(static_cast<std::int64_t>(value.count()));
    } else {
      return written_whole(value);
    }
  }

  template <class T>
  static json::value written_whole(T& object) {
    if constexpr (
        requires { object.archive(std::declval<Archive&>()); } ||
        requires { archive(std::declval<Archive&>(), object); }) {
      json::object out;
      Archive inner(out);
      visit(inner, object);
      return out;
    } else {
      return written_container(object);
    }
  }
  template <class T>
  static json::value written_container(std::optional<T>& value) {
    return value ? written(*value) : json::value(nullptr);
  }
  template <class A, class B>
  static json::value written_container(std::pair<A, B>& value) {
    return json::array{written(value.first), written(value.second)};
  }
  /// Bins and counts are most of a checkpoint: one text instead of a tree of small arrays.
  template <std::integral A, std::integral B>
  static json::value written_container(std::vector<std::pair<A, B>>& all) {
    std::string out;
    for (const auto& [a, b] : all) out += std::to_string(a) + ' ' + std::to_string(b) + ' ';
    return json::value(out);
  }
  template <class T>
    requires requires(T& all) { all.begin(); }
  static json::value written_container(T& all) {
    json::array out;
    out.reserve(all.size());
    for (auto& entry : all) out.push_back(written(entry));
    return out;
  }

  template <class T>
  bool taken(const json::value& from, T& value) {
    if constexpr (std::same_as<T, bool>) {
      if (!from.is_bool()) return false;
      value = from.get_bool();
      return true;
    } else if constexpr (std::same_as<T, std::string>) {
      if (!from.is_string()) return false;
      value = std::string(from.get_string());
      return true;
    } else if constexpr (std::same_as<T, Duration>) {
      std::int64_t count = 0;
      if (!taken(from, count)) return false;
      value = Duration(count);
      return true;
    } else if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      if (!taken(from, number)) return false;
      value = static_cast<T>(number);
      return true;
    } else if constexpr (std::integral<T>) {
      return taken_integer(from, value);
    } else if constexpr (std::floating_point<T>) {
      if (!from.is_string()) return false;
      const std::string_view text = from.get_string();
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc{} && end == text.data() + text.size();
    } else if constexpr (
        requires { value.archive(std::declval<Archive&>()); } ||
        requires { archive(std::declval<Archive&>(), value); }) {
      if (!from.is_object()) return false;
      Archive inner(from.get_object());
      visit(inner, value);
      if (!inner.bad_.empty()) refuse(inner.bad_);
      return true;
    } else {
      return taken_container(from, value);
    }
  }

  template <std::integral T>
  static bool taken_integer(const json::value& from, T& value) {
    const auto fits = [&](auto number) {
      if (!std::in_range<T>(number)) return false;
      value = static_cast<T>(number);
      return true;
    };
    if (from.is_int64()) return fits(from.get_int64());
    return from.is_uint64() && fits(from.get_uint64());
  }
  template <class T>
  bool taken_container(const json::value& from, std::optional<T>& value) {
    value.reset();
    return from.is_null() || taken(from, value.emplace());
  }
  template <class A, class B>
  bool taken_container(const json::value& from, std::pair<A, B>& value) {
    if (!from.is_array() || from.get_array().size() != 2) return false;
    return taken(from.get_array()[0], value.first) && taken(from.get_array()[1], value.second);
  }
  template <class T, std::size_t N>
  bool taken_container(const json::value& from, std::array<T, N>& value) {
    if (!from.is_array() || from.get_array().size() != N) return false;
    for (std::size_t i = 0; i < N; ++i) {
      if (!taken(from.get_array()[i], value[i])) return false;
    }
    return true;
  }
  template <std::integral A, std::integral B>
  bool taken_container(const json::value& from, std::vector<std::pair<A, B>>& value) {
    if (!from.is_string()) return false;
    const std::string_view text = from.get_string();
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto number = [&](auto& out) {
      const auto [next, error] = std::from_chars(at, end, out);
      if (error != std::errc{} || next == end || *next != ' ') return false;
      at = next + 1;
      return true;
    };
    value.clear();
    while (at != end) {
      auto& pair = value.emplace_back();
      if (!number(pair.first) || !number(pair.second)) return false;
    }
    return true;
  }
  template <class T>
  bool taken_container(const json::value& from, std::vector<T>& value) {
    if (!from.is_array()) return false;
    value.clear();
    value.reserve(from.get_array().size());
    for (const auto& entry : from.get_array()) {
      if (!taken(entry, value.emplace_back())) return false;
    }
    return true;
  }
  template <class K, class V>
  bool taken_container(const json::value& from, std::map<K, V>& value) {
    if (!from.is_array()) return false;
    value.clear();
    for (const auto& entry : from.get_array()) {
      std::pair<K, V> pair;
      if (!taken(entry, pair)) return false;
      value.insert(std::move(pair));
    }
    return true;
  }

  template <class T>
  static void visit(Archive& inner, T& object) {
    if constexpr (requires { object.archive(inner); }) {
      object.archive(inner);
    } else {
      archive(inner, object);
    }
  }

  json::object* out_ = nullptr;
  const json::object* in_ = nullptr;
  std::string bad_;
};

}  // namespace chorus::lab::detail
