// URLs and listen addresses: what is accepted prints to something that is accepted as the same.
#include "chorus/base/check.hpp"
#include "chorus/net/http.hpp"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = Url::parse(text)) {
    CH_CHECK(!url->host.empty() && url->port != 0);
    const auto again = Url::parse(url->origin() + url->path);
    CH_CHECK(again);
    CH_CHECK(again->origin() == url->origin());
    CH_CHECK(again->path == url->path);
    CH_CHECK(again->is_loopback() == url->is_loopback());
  }
  if (const auto endpoint = Endpoint::parse(text)) {
    const auto again = Endpoint::parse(endpoint->to_string());
    CH_CHECK(again);
    CH_CHECK(again->host == endpoint->host && again->port == endpoint->port);
  }
  Request request;
  request.target = text;
  (void)request.path();
  (void)request.query_param("a");
  return 0;
}
