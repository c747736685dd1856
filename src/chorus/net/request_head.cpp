#include "chorus/net/detail/request_head.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/detail/response_head.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace chorus::net::detail {

namespace {

std::string base64(std::string_view text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(n));
  return out;
}

bool is_request_target(std::string_view target) {
  return target.starts_with('/') &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

}  // namespace

bool wants_chunked(const Request& request) {
  return request.headers.has_token("Transfer-Encoding", "chunked");
}

Result<void> append_request_head(std::string& out, const Url& base, const Request& request,
                                 bool accept_gzip) {
  if (request.method == Method::Other) {
    return fail(ErrorCode::InvalidArgument, "a request needs a known method");
  }
  if (!is_request_target(request.target)) {
    return fail(ErrorCode::InvalidArgument,
                "the target of a request must start with '/' and hold no space or control "
                "character; percent-encode it");
  }
  out.append(to_string(request.method)).append(" ").append(request.target);
  out.append(" HTTP/1.1\r\n");
  bool host = false;
  bool authorization = false;
  bool accept_encoding = false;
  for (const auto& [name, value] : request.headers.all()) {
    if (iequals_ascii(name, "Content-Length") || iequals_ascii(name, "Connection") ||
        iequals_ascii(name, "Transfer-Encoding")) {
      continue;
    }
    host = host || iequals_ascii(name, "Host");
    authorization = authorization || iequals_ascii(name, "Authorization");
    accept_encoding = accept_encoding || iequals_ascii(name, "Accept-Encoding");
    append_field(out, name, value);
  }
  if (!host) {
    // `http://name:port` without the scheme, and without a port that the scheme implies.
    std::string origin = base.origin();
    origin.erase(0, origin.find("://") + 3);
    if (base.port == (base.tls ? 443 : 80)) origin.erase(origin.rfind(':'));
    append_field(out, "Host", origin);
  }
  if (!authorization && !base.userinfo.empty()) {
    append_field(out, "Authorization", "Basic " + base64(base.userinfo));
  }
  if (accept_gzip && !accept_encoding) append_field(out, "Accept-Encoding", "gzip");
  const bool may_have_body = request.method == Method::Post || request.method == Method::Put ||
                             request.method == Method::Patch;
  if (wants_chunked(request)) {
    append_field(out, "Transfer-Encoding", "chunked");
  } else if (may_have_body || !request.body.empty()) {
    append_field(out, "Content-Length", std::to_string(request.body.size()));
  }
  out.append("\r\n");
  return {};
}

}  // namespace chorus::net::detail
