#include "chorus/proto/telegram/params.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <cstring>

namespace chorus::proto::telegram {

namespace {

constexpr std::size_t kMaxBoundary = 70;
constexpr std::size_t kMaxPartHeader = 16 * 1024;
constexpr std::size_t kMaxNesting = 100;

bool contains_ci(std::string_view text, std::string_view lower_word) {
  const auto* const found =
      std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(),
                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  return found != text.end();
}

bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A walk over JSON text that hands out members of the top-level object without building anything.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  /// A string with its quotes; `escaped` tells whether it has to be decoded. False: malformed.
  bool string(std::string_view& raw, bool& escaped) {
    if (!take('"')) return false;
    const std::size_t start = at_;
    escaped = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        raw = text_.substr(start, at_ - start);
        ++at_;
        return true;
      }
      if (c == '\\') {
        escaped = true;
        ++at_;
      }
      ++at_;
    }
    return false;
  }

  /// Any value but a string, as text. Nested values are only matched for brackets and strings: what
  /// is inside is judged by whoever reads that parameter.
  bool value(std::string_view& raw) {
    skip_space();
    const std::size_t start = at_;
    std::size_t depth = 0;
    std::string_view ignored;
    bool escaped = false;
    do {
      skip_space();
      const char c = peek();
      if (c == '"') {
        if (!string(ignored, escaped)) return false;
      } else if (c == '{' || c == '[') {
        if (++depth > kMaxNesting) return false;
        ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth;
        ++at_;
      } else if (depth > 0 && (c == ',' || c == ':')) {
        ++at_;
      } else if (!scalar()) {
        return false;
      }
    } while (depth > 0);
    raw = text_.substr(start, at_ - start);
    return true;
  }

 private:
  bool scalar() {
    const std::size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool part = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
      if (!part) break;
      ++at_;
    }
    const auto word = text_.substr(start, at_ - start);
    if (word.empty()) return false;
    const char first = word[0];
    return first == '-' || (first >= '0' && first <= '9') || word == "true" || word == "false" ||
           word == "null";
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned code = 0;
  for (const char c : text.substr(0, 4)) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    code = code * 16 + digit;
  }
  return code;
}

/// nullopt when an escape is malformed. A lone surrogate becomes U+FFFD.
std::optional<std::string> unescape_json(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    if (++i >= raw.size()) return std::nullopt;
    switch (raw[i]) {
      case '"':
      case '\\':
      case '/':
        out += raw[i];
        break;
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        const auto high = hex4(raw.substr(i + 1));
        if (!high) return std::nullopt;
        i += 4;
        char32_t code = *high;
        if (code >= 0xD800 && code <= 0xDBFF && raw.substr(i + 1).starts_with("\\u")) {
          const auto low = hex4(raw.substr(i + 3));
          if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (*low - 0xDC00);
            i += 6;
          }
        }
        append_utf8(out, code >= 0xD800 && code <= 0xDFFF ? U'\uFFFD' : code);
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return out;
}

/// `name="value"` or `name=value` of a header's parameters, without case of the name.
std::optional<std::string_view> header_parameter(std::string_view header, std::string_view name) {
  std::size_t at = 0;
  while ((at = header.find(';', at)) != std::string_view::npos) {
    ++at;
    while (at < header.size() && (header[at] == ' ' || header[at] == '\t')) ++at;
    const auto equals = header.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const auto key = trim(header.substr(at, equals - at));
    auto rest = header.substr(equals + 1);
    std::string_view value;
    if (rest.starts_with('"')) {
      std::size_t end = 1;  // the closing quote that no backslash escapes
      while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
      if (end >= rest.size()) return std::nullopt;
      value = rest.substr(1, end - 1);
      at = equals + 1 + end + 1;
    } else {
      value = trim(rest.substr(0, rest.find(';')));
      at = equals + 1;
    }
    if (iequals_ascii(key, name)) return value;
  }
  return std::nullopt;
}

std::unexpected<Error> bad_multipart(const char* why) {
  return fail(ErrorCode::ParseError, why);
}

}  // namespace

class ParamsDecoder {
 public:
  Result<Params> decode(std::string_view query, std::string_view content_type,
                        std::string_view body) {
    params_.values_.reserve(8);
    CH_TRY_VOID(form(query));
    if (!body.empty()) {
      if (contains_ci(content_type, "multipart/form-data")) {
        CH_TRY_VOID(multipart(content_type, body));
      } else if (contains_ci(content_type, "application/x-www-form-urlencoded")) {
        CH_TRY_VOID(form(body));
      } else if (contains_ci(content_type, "application/json")) {
        CH_TRY_VOID(json(body));
      }
    }
    return std::move(params_);
  }

 private:
  std::string_view keep(std::string text) {
    params_.decoded_.push_back(std::move(text));
    return params_.decoded_.back();
  }

  Result<void> add(std::string_view name, std::string_view value) {
    total_ += name.size() + value.size();
    if (total_ > kMaxParameterBytes) {
      return fail(ErrorCode::PayloadTooLarge, "the parameters are larger than 1 MiB");
    }
    if (params_.values_.size() < kMaxParameters && !params_.has(name)) {
      params_.values_.emplace_back(name, value);
    }
    return {};
  }

  std::string_view plain(std::string_view raw) {
    if (raw.find_first_of("%+") == std::string_view::npos) return raw;
    return keep(percent_decode(raw, true));
  }

  Result<void> form(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('&');
      const auto pair = text.substr(0, end);
      const auto equals = pair.find('=');
      if (!pair.empty()) {
        const auto value =
            equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
        CH_TRY_VOID(add(plain(pair.substr(0, equals)), plain(value)));
      }
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    return {};
  }

  /// False: malformed.
  bool json_string(JsonScanner& scanner, std::string_view& text) {
    std::string_view raw;
    bool escaped = false;
    if (!scanner.string(raw, escaped)) return false;
    if (!escaped) {
      text = raw;
      return true;
    }
    auto decoded = unescape_json(raw);
    if (!decoded) return false;
    text = keep(std::move(*decoded));
    return true;
  }

  Result<void> json(std::string_view body) {
    JsonScanner scanner(body);
    scanner.skip_space();
    const char first = scanner.peek();
    if (first == '"') {
      std::string_view text;
      if (!json_string(scanner, text)) {
        params_.malformed_ = true;
        return {};
      }
      return add("content", text);
    }
    if (first == 'n') {  // `null`: a call without parameters
      std::string_view word;
      params_.malformed_ = !scanner.value(word);
      return {};
    }
    CH_TRY(const bool complete, json_members(scanner));
    params_.malformed_ = !complete;
    return {};
  }

  Result<bool> json_members(JsonScanner& scanner) {
    if (!scanner.take('{')) return false;
    if (scanner.take('}')) return true;
    do {
      std::string_view name;
      std::string_view value;
      if (!json_string(scanner, name) || !scanner.take(':')) return false;
      scanner.skip_space();
      if (scanner.peek() == '"') {
        if (!json_string(scanner, value)) return false;
        CH_TRY_VOID(add(name, value));
      } else {
        if (!scanner.value(value)) return false;
        if (value != "null") {  // a null member is as good as absent
          CH_TRY_VOID(add(name, value));
        }
      }
    } while (scanner.take(','));
    return scanner.take('}');
  }

  Result<void> multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = header_parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary) {
      return bad_multipart("the multipart boundary is missing or longer than 70 bytes");
    }
    const std::string delimiter = "\r\n--" + std::string(*boundary);
    // The first delimiter may stand at the very start.
    auto at = body.starts_with(std::string_view(delimiter).substr(2)) ? delimiter.size() - 2
                                                                      : body.find(delimiter);
    if (at == std::string_view::npos) return bad_multipart("the multipart body has no boundary");
    if (!body.starts_with(std::string_view(delimiter).substr(2))) at += delimiter.size();
    while (true) {
      auto rest = body.substr(at);
      if (rest.starts_with("--")) return {};
      const auto line_end = rest.find("\r\n");
      if (line_end == std::string_view::npos || !trim(rest.substr(0, line_end)).empty()) {
        return bad_multipart("a multipart boundary is followed by something else");
      }
      rest.remove_prefix(line_end);
      const auto content_end = rest.find(delimiter, 2);
      if (content_end == std::string_view::npos) {
        return bad_multipart("the multipart body ends inside a part");
      }
      CH_TRY_VOID(part(rest.substr(2, content_end - 2)));
      at = static_cast<std::size_t>(rest.data() - body.data()) + content_end + delimiter.size();
    }
  }

  Result<void> part(std::string_view text) {
    std::string_view name;
    std::string_view type;
    std::optional<std::string_view> filename;
    bool named = false;
    std::size_t header_bytes = 0;
    while (!text.starts_with("\r\n")) {
      const auto end = text.find("\r\n");
      header_bytes += end;
      if (end == std::string_view::npos || header_bytes > kMaxPartHeader) {
        return bad_multipart("the headers of a multipart part do not end");
      }
      const auto line = text.substr(0, end);
      text.remove_prefix(end + 2);
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) return bad_multipart("a multipart header has no colon");
      const auto value = line.substr(colon + 1);
      if (iequals_ascii(trim(line.substr(0, colon)), "content-disposition")) {
        const auto found = header_parameter(value, "name");
        named = found.has_value();
        name = found.value_or(std::string_view());
        filename = header_parameter(value, "filename");
      } else if (iequals_ascii(trim(line.substr(0, colon)), "content-type")) {
        type = trim(value);
      }
    }
    text.remove_prefix(2);
    if (!named) return bad_multipart("a multipart part has no name");
    if (!filename) return add(name, text);
    if (params_.files_.size() == kMaxFiles) {
      return fail(ErrorCode::PayloadTooLarge, "more than 50 files");
    }
    params_.files_.push_back({name, *filename, type, text});
    return {};
  }

  Params params_;
  std::size_t total_ = 0;
};

std::optional<std::string_view> Params::find(std::string_view name) const {
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Params::find_int(std::string_view name) const {
  const auto text = find(name);
  if (!text) return std::nullopt;
  std::size_t i = 0;
  while (i < text->size() && is_json_space((*text)[i])) ++i;
  const bool negative = i < text->size() && (*text)[i] == '-';
  if (i < text->size() && ((*text)[i] == '-' || (*text)[i] == '+')) ++i;
  const std::size_t first = i;
  std::uint64_t number = 0;
  constexpr std::uint64_t kMax = INT64_MAX;
  for (; i < text->size() && (*text)[i] >= '0' && (*text)[i] <= '9'; ++i) {
    const auto digit = static_cast<std::uint64_t>((*text)[i] - '0');
    // Out of range: clamped, which no id equals.
    number = number > (kMax - digit) / 10 ? kMax : number * 10 + digit;
  }
  if (i == first) return std::nullopt;
  const auto value = static_cast<std::int64_t>(number);
  return negative ? -value : value;
}

bool Params::get_bool(std::string_view name) const {
  const auto text = trim(get(name));
  return iequals_ascii(text, "true") || iequals_ascii(text, "yes") || text == "1";
}

const FilePart* Params::find_file(std::string_view name) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const auto& file) { return file.name == name; });
  return found != files_.end() ? &*found : nullptr;
}

Result<Params> decode_params(std::string_view query, std::string_view content_type,
                             std::string_view body) {
  return ParamsDecoder().decode(query, content_type, body);
}

void CallBody::key(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_json_string(text_, name);
  text_ += ':';
}

CallBody& CallBody::add(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(text_, value);
  return *this;
}

CallBody& CallBody::add(std::string_view name, std::int64_t value) {
  key(name);
  text_ += std::to_string(value);
  return *this;
}

CallBody& CallBody::add(std::string_view name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
  return *this;
}

CallBody& CallBody::add_json(std::string_view name, std::string_view json_text) {
  key(name);
  text_ += json_text;
  return *this;
}

std::string CallBody::finish() && {
  text_ += '}';
  std::string out = std::move(text_);
  text_ = "{";
  return out;
}

}  // namespace chorus::proto::telegram
