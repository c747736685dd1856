#include "chorus/base/text.hpp"
#include "chorus/net/detail/host.hpp"
#include "chorus/net/http.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace chorus::net {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Splits `host`, `host:port`, `[v6]` and `[v6]:port`; nullopt when the shape or a character of the
/// host is wrong.
std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort result;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty()) {
      if (rest[0] != ':') return std::nullopt;
      result.port = rest.substr(1);
    }
    const bool v6 =
        result.host.find(':') != std::string_view::npos &&
        result.host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (!v6) return std::nullopt;
    return result;
  }
  const auto colon = text.find(':');
  result.host = text.substr(0, colon);
  if (colon != std::string_view::npos) result.port = text.substr(colon + 1);
  const bool name = !result.host.empty() && result.host.size() <= 253 &&
                    std::all_of(result.host.begin(), result.host.end(), [](char c) {
                      return is_alnum(c) || c == '-' || c == '.' || c == '_';
                    });
  if (!name) return std::nullopt;
  return result;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::unexpected<Error> bad_url(std::string_view why) {
  // The text itself is not repeated: webhook URLs carry secrets.
  return fail(ErrorCode::ParseError, std::string("not a usable URL: ") + std::string(why) +
                                         "; expected something like http://127.0.0.1:8081/path");
}

}  // namespace

namespace detail {

bool is_ipv4_literal(std::string_view host) {
  const auto parts = split(host, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           std::uint8_t value = 0;
           const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
           return !part.empty() && part.size() <= 3 && error == std::errc{} &&
                  end == part.data() + part.size();
         });
}

bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (iequals_ascii(host, "localhost") || host == "::1") return true;
  return host.starts_with("127.") && is_ipv4_literal(host);
}

std::string_view host_without_port(std::string_view value) {
  value = trim(value);
  if (value.starts_with('[')) return value.substr(0, value.find(']')).substr(1);
  return value.substr(0, value.find(':'));
}

}  // namespace detail

Result<Url> Url::parse(std::string_view text) {
  Url url;
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return bad_url("no http:// or https:// at its start");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (iequals_ascii(scheme, "https")) {
    url.tls = true;
    url.port = 443;
  } else if (!iequals_ascii(scheme, "http")) {
    return bad_url("its scheme is neither http nor https");
  }
  text.remove_prefix(scheme_end + 3);
  if (!is_graphic(text)) return bad_url("it holds a space or a control character");
  text = text.substr(0, text.find('#'));

  const auto path_at = text.find_first_of("/?");
  std::string_view authority = text.substr(0, path_at);
  std::string_view path =
      path_at == std::string_view::npos ? std::string_view{} : text.substr(path_at);

  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = percent_decode(authority.substr(0, at), false);
    authority.remove_prefix(at + 1);
  }
  const auto parts = split_host_port(authority);
  if (!parts) return bad_url("its host is empty or holds a character that no host name has");
  url.host = ascii_lower(parts->host);
  if (parts->port) {
    const auto port = parse_port(*parts->port);
    if (!port || *port == 0) return bad_url("its port is not a number from 1 to 65535");
    url.port = *port;
  }
  if (path.find('?') == std::string_view::npos) {
    while (path.ends_with('/')) path.remove_suffix(1);
    url.path = path;
  } else {
    url.path = path.starts_with('?') ? "/" + std::string(path) : std::string(path);
  }
  return url;
}

std::string Url::origin() const {
  return (tls ? "https://" : "http://") + bracketed(host) + ":" + std::to_string(port);
}

bool Url::is_loopback() const {
  return detail::is_loopback_host(host);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::ParseError, "'" + std::string(text.substr(0, 80)) +
                                           "' is not an address to listen on; expected PORT or "
                                           "HOST:PORT, for example 8081 or 127.0.0.1:8081");
  };
  Endpoint endpoint;
  const bool only_port =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
  std::string_view port_text = text;
  if (!only_port) {
    const auto parts = split_host_port(text);
    if (!parts || !parts->port) return bad();
    endpoint.host = ascii_lower(parts->host);
    port_text = *parts->port;
  }
  const auto port = parse_port(port_text);
  if (!port) return bad();
  endpoint.port = *port;
  return endpoint;
}

bool Endpoint::is_loopback() const {
  return detail::is_loopback_host(host);
}

std::string Endpoint::to_string() const {
  return bracketed(host) + ":" + std::to_string(port);
}

}  // namespace chorus::net
