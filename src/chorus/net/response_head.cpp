#include "chorus/net/detail/response_head.hpp"

#include "chorus/base/text.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>

namespace chorus::net::detail {

namespace {

template <class Number>
void append_number(std::string& out, Number number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}

bool is_framing_field(std::string_view name) {
  switch (name.size()) {
    case 10:
      return iequals_ascii(name, "connection");
    case 14:
      return iequals_ascii(name, "content-length");
    case 17:
      return iequals_ascii(name, "transfer-encoding");
    default:
      return false;
  }
}

bool is_break(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}

void append_without_breaks(std::string& out, std::string_view text) {
  const std::size_t at = out.size();
  out.append(text);
  // Breaks are below the space; hardly any value holds one, so one comparison per byte is enough.
  if (std::none_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; })) return;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), &is_break, ' ');
}

}  // namespace

bool is_bodiless(int status) {
  return status / 100 == 1 || status == 204 || status == 304;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_without_breaks(out, name);
  out.append(": ");
  append_without_breaks(out, value);
  out.append("\r\n");
}

void append_chunk_head(std::string& out, std::size_t size) {
  append_number(out, size, 16);
  out.append("\r\n");
}

void append_response_head(std::string& out, const Response& response, const Framing& framing) {
  if (response.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(out, response.status);
    out += ' ';
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
    if (!reason.starts_with('<')) out.append(reason.data(), reason.size());
    out.append("\r\n");
  }
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_framing_field(name)) append_field(out, name, value);
  }
  if (framing.content_length) {
    out.append("Content-Length: ");
    append_number(out, *framing.content_length);
    out.append("\r\n");
  } else if (framing.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  if (!framing.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (framing.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace chorus::net::detail
