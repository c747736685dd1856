// A connection's way from bytes to requests, without the socket. The first byte chooses how the
// rest is cut into reads, because state between reads is where parsers go wrong; the same bytes in
// one read must give the same requests.
#include "chorus/base/check.hpp"
#include "chorus/net/detail/request_parser.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using chorus::net::Request;
using chorus::net::detail::RequestParser;

constexpr RequestParser::Limits kLimits{4096, 8192};

struct Outcome {
  std::vector<Request> requests;
  int refused = 0;
};

Outcome parse(std::string_view bytes, std::size_t step) {
  RequestParser parser(kLimits);
  Outcome outcome;
  std::string buffer;
  while (true) {
    buffer.erase(0, parser.put(buffer));
    if (parser.state() == RequestParser::State::Done) {
      outcome.requests.push_back(parser.take());
      continue;
    }
    if (parser.state() == RequestParser::State::Bad) {
      outcome.refused = parser.error_status();
      CH_CHECK(outcome.refused >= 400 && outcome.refused < 600);
      return outcome;
    }
    CH_CHECK(buffer.size() <= kLimits.max_header);
    (void)parser.expects_continue();
    if (bytes.empty()) return outcome;
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome cut = parse(bytes, 1 + data[0]);
  for (const Request& request : cut.requests) {
    CH_CHECK(request.body.size() <= kLimits.max_body);
    (void)request.path();
    (void)request.query_param("chat_id");
  }
  const Outcome whole = parse(bytes, bytes.size());
  // Where a limit is met may depend on the cut; what is understood may not.
  if (cut.refused == 0 && whole.refused == 0) {
    CH_CHECK(cut.requests.size() == whole.requests.size());
    for (std::size_t i = 0; i < cut.requests.size(); ++i) {
      CH_CHECK(cut.requests[i].target == whole.requests[i].target);
      CH_CHECK(cut.requests[i].body == whole.requests[i].body);
      CH_CHECK(cut.requests[i].headers.all() == whole.requests[i].headers.all());
    }
  }
  return 0;
}
