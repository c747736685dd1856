#include "chorus/sandbox/control/page.hpp"

#include "chorus/sandbox/control/embedded_chat.hpp"

#include <string>

namespace chorus::sandbox::control {

namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

}  // namespace

Result<net::Response> page_file(std::string_view name) {
  for (const auto& file : embedded_chat::files()) {
    if (file.name != name) continue;
    net::Response response;
    response.body = std::string(file.bytes);
    response.headers.add("Content-Type", std::string(content_type(name)));
    response.headers.add("Cache-Control", "no-cache");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("Content-Security-Policy",
                         "default-src 'self'; style-src 'self'; frame-ancestors 'none'");
    return response;
  }
  return fail(ErrorCode::NotFound, "there is no such file");
}

}  // namespace chorus::sandbox::control
