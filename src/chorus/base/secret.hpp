#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace chorus {

/// A value that must not reach a log, a URL, a metric or a report: it has no formatter and no stream
/// operator, and its memory is wiped when it goes. `reveal` marks the few places that need the text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  [[nodiscard]] std::string_view reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  /// `1234…` plus length for bot tokens and keys: enough to tell two apart, useless to an attacker.
  [[nodiscard]] std::string masked() const;

  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

}  // namespace chorus
