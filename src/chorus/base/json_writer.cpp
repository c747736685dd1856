#include "chorus/base/json_writer.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace chorus {

namespace {

// true for bytes that may stand in a JSON string as they are and are plain ASCII.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x7f; ++c) plain[std::size_t(c)] = c != '"' && c != '\\';
  plain[0x7f] = true;
  return plain;
}
constexpr auto kPlain = make_plain();

/// How many bytes at the start may stand as they are.
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
  return i;
}

/// False when one of the eight bytes needs a look: a control character, a quote, a backslash or a
/// byte of a longer UTF-8 sequence. A borrow from a lower byte can only report too much.
bool is_plain_word(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t control = word - 0x20 * kOnes;
  const std::uint64_t quote = (word ^ ('"' * kOnes)) - kOnes;
  const std::uint64_t slash = (word ^ ('\\' * kOnes)) - kOnes;
  return ((control | quote | slash | word) & (0x80 * kOnes)) == 0;
}

/// Nearly all keys and most texts are plain. Eight bytes are tested at a time; the last ones
/// overlap those before. May answer false for a plain text.
bool is_plain(std::string_view text) {
  const char* p = text.data();
  const std::size_t n = text.size();
  std::uint64_t word = 0;
  if (n >= 8) {
    for (std::size_t i = 0; i + 8 <= n; i += 8) {
      std::memcpy(&word, p + i, 8);
      if (!is_plain_word(word)) return false;
    }
    std::memcpy(&word, p + n - 8, 8);
    return is_plain_word(word);
  }
  if (n >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, p, 4);
    std::memcpy(&last, p + n - 4, 4);
    return is_plain_word(std::uint64_t{first} << 32U | last);
  }
  return plain_prefix(text) == n;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    const std::size_t at = out.size();
    out.resize_and_overwrite(at + text.size() + 2, [&](char* data, std::size_t) {
      data[at] = '"';
      std::copy_n(text.data(), text.size(), data + at + 1);  // an empty text may have no data
      data[at + text.size() + 1] = '"';
      return at + text.size() + 2;
    });
    return;
  }
  std::size_t i = 0;
  out += '"';
  while (i < text.size()) {
    const std::size_t start = i;
    i += plain_prefix(text.substr(i));
    out.append(text.substr(start, i - start));
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      append_escape(out, c);
      ++i;
    } else if (const std::size_t length = utf8_sequence_length(text.substr(i)); length > 0) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  out += '"';
}

void append_json_key(std::string& out, std::string_view name, bool comma) {
  if (!is_plain(name)) {
    if (comma) out += ',';
    append_json_string(out, name);
    out += ':';
    return;
  }
  const std::size_t at = out.size();
  out.resize_and_overwrite(at + name.size() + 4, [&](char* data, std::size_t) {
    char* p = data + at;
    if (comma) *p++ = ',';
    *p++ = '"';
    std::memcpy(p, name.data(), name.size());
    p += name.size();
    *p++ = '"';
    *p++ = ':';
    return static_cast<std::size_t>(p - data);
  });
}

void append_json_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char buffer[40];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  (void)error;  // 40 bytes hold every shortest double
  out.append(buffer, end);
}

}  // namespace chorus
