#pragma once

#include "chorus/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::proto::telegram {

inline constexpr std::size_t kMaxParameterBytes = 1024 * 1024;
inline constexpr std::size_t kMaxFiles = 50;
/// Names beyond this many are left out: no method has more, and look-ups are linear.
inline constexpr std::size_t kMaxParameters = 256;

/// An uploaded file: a multipart part that has a filename.
struct FilePart {
  std::string_view name;  ///< of the field; `attach://NAME` refers to it
  std::string_view filename;
  std::string_view content_type;
  std::string_view content;
};

/// Parameters of one API call, merged from the query string and the body: the first occurrence
/// wins, query string first. Every value is text: JSON numbers and booleans as written, nested
/// values as their JSON text. Views point into the request or into this object, so both must
/// outlive them. Not copyable; moving keeps the views valid. Look-up is linear: calls have few
/// parameters.
class Params {
 public:
  Params() = default;
  Params(Params&&) noexcept = default;
  Params& operator=(Params&&) noexcept = default;
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

  /// nullopt when absent.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// Empty when absent.
  [[nodiscard]] std::string_view get(std::string_view name) const {
    return find(name).value_or(std::string_view());
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// As the server reads numbers: leading spaces and a sign, then digits up to the first other
  /// character (`-1001_X` is -1001); nullopt when absent or without any digit.
  [[nodiscard]] std::optional<std::int64_t> find_int(std::string_view name) const;
  /// true, yes and 1 without case; everything else, absence included, is false.
  [[nodiscard]] bool get_bool(std::string_view name) const;
  [[nodiscard]] const FilePart* find_file(std::string_view name) const;
  [[nodiscard]] std::span<const std::pair<std::string_view, std::string_view>> all() const {
    return values_;
  }
  [[nodiscard]] std::span<const FilePart> files() const { return files_; }
  /// The body stopped being readable at some point; what stood before it is here.
  [[nodiscard]] bool body_was_malformed() const { return malformed_; }

 private:
  friend class ParamsDecoder;
  std::vector<std::pair<std::string_view, std::string_view>> values_;
  std::vector<FilePart> files_;
  std::deque<std::string> decoded_;  // owns what had to be unescaped; a deque keeps addresses
  bool malformed_ = false;
};

/// Decodes query string and body. `content_type` is matched by substring without case; with any
/// other type (or none) the body is ignored. A malformed form or JSON body is not an error:
/// parameters read before the fault stay. A JSON body `null` has none; a bare JSON string becomes
/// `content`. Errors: PayloadTooLarge (parameters above 1 MiB together, more than 50 files: answer
/// 413), ParseError (malformed multipart: answer a bare 400 and close). `query` and `body` must
/// outlive the result. Cost O(bytes); no allocation per plain value.
Result<Params> decode_params(std::string_view query, std::string_view content_type,
                             std::string_view body);

/// Builds the JSON body of a call, as our client sends it.
class CallBody {
 public:
  CallBody() : text_("{") {}
  CallBody& add(std::string_view name, std::string_view value);
  CallBody& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  CallBody& add(std::string_view name, std::int64_t value);
  CallBody& add(std::string_view name, bool value);
  /// `json_text` must be JSON.
  CallBody& add_json(std::string_view name, std::string_view json_text);
  /// The body; the builder is then empty.
  [[nodiscard]] std::string finish() &&;
  [[nodiscard]] std::string finish() & { return std::move(*this).finish(); }

 private:
  void key(std::string_view name);
  std::string text_;
};

}  // namespace chorus::proto::telegram
