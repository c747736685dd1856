#pragma once

#include "chorus/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::sandbox::telegram {

/// A type of the Bot API, as its documentation writes it.
struct ApiType {
  enum class Kind : std::uint8_t {
    Number,
    Text,
    Flag,
    True,      ///< present and true, or absent
    File,      ///< an upload
    Word,      ///< exactly this text
    Constant,  ///< exactly this number
    Named,
    List,  ///< of `parts[0]`
    Union  ///< one of `parts`
  };
  Kind kind = Kind::Text;
  std::string name;  ///< of a Named; the text of a Word or Constant
  std::vector<ApiType> parts;
};

struct ApiField {
  std::string name;
  ApiType type;
  bool required = false;
};

struct ApiMethod {
  std::string name;  ///< as documented: `sendMessage`
  std::vector<ApiField> parameters;
  ApiType returns;

  [[nodiscard]] const ApiField* parameter(std::string_view name_of) const;
};

/// An object with fields, or an alias of a union (`ChatMember`).
struct ApiObject {
  std::string name;
  std::vector<ApiField> fields;
  bool is_alias = false;
  ApiType alias;

  [[nodiscard]] const ApiField* field(std::string_view name_of) const;
};

/// What the Bot API's documentation says of every method and type: names, parameters, which are
/// required, types. Nothing of behaviour. Immutable once made; look-ups are O(1).
/// Source: npm @gramio/types, read by tools/bot_api_facts.sh.
class ApiFacts {
 public:
  /// The table in the binary, read from 110 kB of JSON.
  static ApiFacts builtin();
  /// Errors: ParseError (not a table of this form).
  static Result<ApiFacts> parse(std::string_view json_text);

  /// Without case, and by the names that the server still takes for renamed methods.
  [[nodiscard]] const ApiMethod* method(std::string_view name) const;
  [[nodiscard]] const ApiObject* object(std::string_view name) const;
  /// In the order of the documentation.
  [[nodiscard]] const std::vector<ApiMethod>& methods() const { return methods_; }
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  std::string version_;
  std::vector<ApiMethod> methods_;
  std::vector<ApiObject> objects_;
  std::unordered_map<std::string, std::size_t> by_method_;  // lower case
  std::unordered_map<std::string, std::size_t> by_object_;
};

}  // namespace chorus::sandbox::telegram
