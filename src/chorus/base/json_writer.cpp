#include "chorus/base/json_writer.hpp"

#include <array>
#include <cmath>
#include <cstring>

#include "chorus/base/text.hpp"

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

/// How many bytes at the start may stand as they are; eight at a time, because most texts are plain.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const std::uint64_t control = word - 0x20 * kOnes;
    const std::uint64_t quote = (word ^ ('"' * kOnes)) - kOnes;
    const std::uint64_t slash = (word ^ ('\\' * kOnes)) - kOnes;
    // A borrow from a lower byte can only report too much; the table below decides then.
    if (((control | quote | slash | word) & kHigh) != 0) break;
  }
  while (i < text.size() && kPlain[static_cast<unsigned char>(text[i])]) ++i;
  return i;
}

void append_escape(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  std::size_t i = plain_prefix(text);
  if (i == text.size()) {
    const std::size_t at = out.size();
    out.resize_and_overwrite(at + i + 2, [&](char* data, std::size_t) {
      data[at] = '"';
      std::memcpy(data + at + 1, text.data(), i);
      data[at + i + 1] = '"';
      return at + i + 2;
    });
    return;
  }
  out += '"';
  out.append(text.substr(0, i));
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
