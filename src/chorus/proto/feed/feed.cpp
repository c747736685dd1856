#include "chorus/proto/feed/feed.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <expat.h>
#include <memory>
#include <utility>

namespace chorus::proto::feed {
namespace {

constexpr int kDeepest = 32;
constexpr std::size_t kLongestText = 4096;  ///< bytes of one field, before it is cleaned
constexpr std::size_t kLongestTitle = 300;
constexpr std::size_t kLongestLink = 2048;

struct ParserDeleter {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserPtr = std::unique_ptr<XML_ParserStruct, ParserDeleter>;

struct Reader {
  XML_Parser parser = nullptr;
  std::vector<Item> items;
  int depth = 0;
  bool is_feed = false;
  bool refused = false;
  int item_depth = 0;  ///< of the item that is open; 0: none
  Item item;
  std::string date;
  std::string text;              ///< of the field that is open
  std::string* field = nullptr;  ///< where it goes; into `item` or `date`
  int field_depth = 0;

  void refuse() {
    refused = true;
    XML_StopParser(parser, XML_FALSE);
  }
};

std::string_view attribute(const XML_Char** attributes, std::string_view name) {
  for (; attributes != nullptr && *attributes != nullptr; attributes += 2) {
    if (name == attributes[0]) return attributes[1];
  }
  return {};
}

bool is_link(std::string_view text) {
  return text.size() <= kLongestLink &&
         (text.starts_with("https://") || text.starts_with("http://")) &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == '<' || c == '>' || c == '"';
         });
}

void begin_field(Reader& r, std::string& field) {
  r.field = &field;
  r.field_depth = r.depth;
  r.text.clear();
}

void begin_in_item(Reader& r, std::string_view name, const XML_Char** attributes) {
  if (name == "title" && r.item.title.empty()) return begin_field(r, r.item.title);
  if ((name == "guid" || name == "id") && r.item.id.empty()) return begin_field(r, r.item.id);
  const bool is_date =
      name == "pubDate" || name == "published" || name == "updated" || name == "dc:date";
  if (is_date && (r.date.empty() || name == "published")) return begin_field(r, r.date);
  if (name != "link") return;
  const std::string_view href = attribute(attributes, "href");
  const std::string_view rel = attribute(attributes, "rel");
  if (href.empty()) {
    if (r.item.link.empty()) begin_field(r, r.item.link);
  } else if ((rel.empty() || rel == "alternate") && is_link(href)) {
    r.item.link = href;
  }
}

void on_start(void* data, const XML_Char* raw, const XML_Char** attributes) {
  Reader& r = *static_cast<Reader*>(data);
  if (++r.depth > kDeepest) return r.refuse();
  const std::string_view name = raw;
  if (r.depth == 1) {
    r.is_feed = name == "rss" || name == "feed" || name == "rdf:RDF";
    if (!r.is_feed) r.refuse();
    return;
  }
  if (r.item_depth == 0) {
    if (name != "item" && name != "entry") return;
    r.item_depth = r.depth;
    r.item = Item{};
    r.date.clear();
    return;
  }
  if (r.depth == r.item_depth + 1) begin_in_item(r, name, attributes);
}

/// Markup inside of titles is escaped twice or stands in CDATA: tags go, the common names stay.
std::string without_markup(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""}, {"&apos;", "'"},
      {"&#39;", "'"}, {"&nbsp;", " "}, {"&#8217;", "’"}, {"&amp;", "&"}};
  std::string plain;
  bool in_tag = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens = c == '<' && i + 1 < text.size() &&
                       (text[i + 1] == '/' || (text[i + 1] >= 'a' && text[i + 1] <= 'z') ||
                        (text[i + 1] >= 'A' && text[i + 1] <= 'Z'));
    if (opens) in_tag = true;
    if (!in_tag) plain += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    if (c == '>') in_tag = false;
  }
  for (const auto& [name, sign] : kNames) plain = replace_all(std::move(plain), name, sign);
  return plain;
}

std::string one_line(std::string_view text, std::size_t longest) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  const std::string valid = to_valid_utf8(out);  // a field may have been cut inside a character
  return std::string(trim(truncate_code_points(valid, longest)));
}

void finish_item(Reader& r) {
  Item item = std::move(r.item);
  item.title = one_line(without_markup(item.title), kLongestTitle);
  item.link = std::string(trim(item.link));
  item.id = one_line(item.id, kLongestTitle);
  if (!is_link(item.link)) item.link = is_link(item.id) ? item.id : std::string();
  if (item.title.empty()) return;
  if (item.id.empty()) item.id = !item.link.empty() ? item.link : item.title;
  item.published = parse_date(trim(r.date));
  r.items.push_back(std::move(item));
  if (r.items.size() == kMostItems) XML_StopParser(r.parser, XML_FALSE);
}

void on_end(void* data, const XML_Char*) {
  Reader& r = *static_cast<Reader*>(data);
  if (r.field != nullptr && r.depth == r.field_depth) *std::exchange(r.field, nullptr) = r.text;
  if (r.item_depth != 0 && r.depth == r.item_depth) {
    r.item_depth = 0;
    finish_item(r);
  }
  --r.depth;
}

void on_text(void* data, const XML_Char* text, int size) {
  Reader& r = *static_cast<Reader*>(data);
  if (r.field == nullptr || r.text.size() >= kLongestText) return;
  r.text.append(text, std::min(static_cast<std::size_t>(size), kLongestText - r.text.size()));
}

void on_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
  static_cast<Reader*>(data)->refuse();
}

/// What expat does not know by itself, and feeds in Turkish and of old servers use.
int on_encoding(void*, const XML_Char* raw, XML_Encoding* info) {
  static constexpr std::array<std::uint16_t, 32> kWindows = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  const std::string name = ascii_lower(raw);
  const bool turkish = name == "iso-8859-9" || name == "windows-1254" || name == "latin5";
  const bool windows = name == "windows-1252" || name == "windows-1254";
  if (!turkish && !windows) return XML_STATUS_ERROR;
  for (int i = 0; i < 256; ++i) info->map[i] = i;
  for (std::size_t i = 0; windows && i < kWindows.size(); ++i) info->map[0x80 + i] = kWindows[i];
  if (turkish) {
    info->map[0xD0] = 0x11E;
    info->map[0xDD] = 0x130;
    info->map[0xDE] = 0x15E;
    info->map[0xF0] = 0x11F;
    info->map[0xFD] = 0x131;
    info->map[0xFE] = 0x15F;
  }
  info->data = nullptr;
  info->convert = nullptr;
  info->release = nullptr;
  return XML_STATUS_OK;
}

}  // namespace

Result<std::vector<Item>> parse(std::string_view bytes) {
  if (bytes.size() > kMostBytes) {
    return fail(ErrorCode::PayloadTooLarge, "a feed has at most 1 MiB");
  }
  const ParserPtr parser(XML_ParserCreate(nullptr));
  if (parser == nullptr) return fail(ErrorCode::ParseError, "no memory for a feed");
  Reader reader;
  reader.parser = parser.get();
  XML_SetUserData(parser.get(), &reader);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), on_doctype);
  XML_SetUnknownEncodingHandler(parser.get(), on_encoding, nullptr);
  const auto status =
      XML_Parse(parser.get(), bytes.data(), static_cast<int>(bytes.size()), XML_TRUE);
  if (reader.refused) {
    return fail(ErrorCode::ParseError,
                "not a feed (RSS or Atom), nested too deeply, or with a document type");
  }
  if (status != XML_STATUS_OK && reader.items.size() < kMostItems) {
    return fail(ErrorCode::ParseError, "the feed is not well-formed XML");
  }
  return std::move(reader.items);
}

}  // namespace chorus::proto::feed
