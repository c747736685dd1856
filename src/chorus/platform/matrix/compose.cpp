#include "chorus/platform/matrix/compose.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/markup.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::string_view kBlank = " \t\n\r";

/// Where the best cut within `text` is: behind the last of `between`; 0: there is none in the
/// second half.
std::size_t cut_behind(std::string_view text, std::string_view between) {
  const auto at = text.rfind(between);
  if (at == std::string_view::npos || at + between.size() < text.size() / 2) return 0;
  return at + between.size();
}

std::size_t cut_of(std::string_view text, std::size_t most) {
  const auto window = text.substr(0, most);
  for (const std::string_view between : {"\n\n", "\n", ". ", "! ", "? ", " "}) {
    if (const auto cut = cut_behind(window, between); cut > 0) return cut;
  }
  std::size_t end = window.size();
  while (end > 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

void append_html(std::string& out, std::string_view text) {
  out += replace_all(xml_text(text), "\n", "<br>");
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '=' || c == '+' || c == '/';
}

/// Text, HTML and mentions of one part.
matrix::MessageBody body_of(std::string_view text, const MemberByLocalpart& members) {
  matrix::MessageBody body;
  body.msgtype = "m.notice";
  body.body = text;
  body.mentions.emplace();
  std::string html;
  std::size_t done = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    if (at > 0 && is_name_byte(text[at - 1])) continue;  // an address, no mention
    std::size_t end = at + 1;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    while (end > at + 1 && text[end - 1] == '.') --end;  // the end of a sentence
    const auto member = members(ascii_lower(text.substr(at + 1, end - at - 1)));
    if (!member) continue;
    append_html(html, text.substr(done, at - done));
    html += fmt::format("<a href=\"https://matrix.to/#/{}\">", percent_encode(member->user_id));
    append_html(html, member->name.empty() ? text.substr(at, end - at) : member->name);
    html += "</a>";
    done = end;
    auto& named = body.mentions->user_ids;
    if (std::ranges::find(named, member->user_id) == named.end()) named.push_back(member->user_id);
  }
  if (done > 0) {
    append_html(html, text.substr(done));
    body.formatted_body = std::move(html);
  }
  return body;
}

matrix::Relation relation_of(const MatrixText& message, bool first) {
  matrix::Relation relation;
  if (first) relation.in_reply_to = message.reply_to;
  if (message.thread.empty()) return relation;
  relation.rel_type = matrix::kThread;
  relation.event_id = message.thread;
  if (relation.in_reply_to.empty()) {
    relation.in_reply_to = message.thread;
    relation.is_falling_back = true;
  }
  return relation;
}

std::string json_of(const matrix::MessageContent& content) {
  std::string out;
  JsonWriter w(out);
  matrix::write_message(w, content);
  return out;
}

}  // namespace

std::vector<std::string> split_text(std::string_view text, std::size_t most) {
  CH_CHECK(most >= 4);  // the longest code point
  std::vector<std::string> parts;
  while (text.size() > most) {
    const auto cut = cut_of(text, most);
    const auto part = text.substr(0, cut);
    const auto last = part.find_last_not_of(kBlank);
    if (last != std::string_view::npos) parts.emplace_back(part.substr(0, last + 1));
    text.remove_prefix(cut);
    const auto next = text.find_first_not_of(kBlank);
    text.remove_prefix(next == std::string_view::npos ? text.size() : next);
  }
  if (!text.empty() || parts.empty()) parts.emplace_back(text);
  return parts;
}

std::vector<std::string> message_contents(const MatrixText& message,
                                          const MemberByLocalpart& members) {
  std::vector<std::string> out;
  for (const auto& part : split_text(message.text, kLongestPart)) {
    matrix::MessageContent content;
    static_cast<matrix::MessageBody&>(content) = body_of(part, members);
    content.relation = relation_of(message, out.empty());
    auto& named = content.mentions->user_ids;
    if (out.empty() && !message.reply_to_sender.empty() &&
        std::ranges::find(named, message.reply_to_sender) == named.end()) {
      named.push_back(message.reply_to_sender);
    }
    out.push_back(json_of(content));
  }
  return out;
}

std::string edit_content(std::string_view event_id, std::string_view text,
                         const MemberByLocalpart& members) {
  return json_of(
      matrix::edit_of(event_id, body_of(split_text(text, kLongestPart / 2).front(), members)));
}

std::string reaction_content(std::string_view event_id, std::string_view emoji) {
  std::string out;
  JsonWriter w(out);
  matrix::write_reaction(w, event_id, emoji);
  return out;
}

}  // namespace chorus::platform
