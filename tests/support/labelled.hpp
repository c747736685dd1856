#pragma once

#include "chorus/base/text.hpp"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

/// The labelled texts under tests/data, read as their README says.
namespace chorus::test {

/// Records of one file: fields of each line that is no comment. Empty when the file is missing,
/// which every caller asserts.
inline std::vector<std::vector<std::string>> labelled_records(std::string_view path) {
  std::vector<std::vector<std::string>> records;
  std::ifstream in(std::string(CHORUS_SOURCE_DIR) + "/tests/data/" + std::string(path));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> fields;
    std::size_t begin = 0;
    for (std::size_t tab = line.find('\t'); tab != std::string::npos;
         tab = line.find('\t', begin)) {
      fields.push_back(line.substr(begin, tab - begin));
      begin = tab + 1;
    }
    fields.push_back(line.substr(begin));
    records.push_back(std::move(fields));
  }
  return records;
}

/// `\uXXXX`, `\UXXXXXXXX`, `\n` and `\r` of injection/strings.tsv as the characters they stand for.
inline std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char kind = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits != 0 && i + 1 + digits < text.size()) {
      append_utf8(out, static_cast<char32_t>(
                           std::stoul(std::string(text.substr(i + 2, digits)), nullptr, 16)));
      i += 1 + digits;
    } else if (kind == 'n' || kind == 'r') {
      out += kind == 'n' ? '\n' : '\r';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace chorus::test
