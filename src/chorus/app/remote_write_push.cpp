#include "chorus/app/remote_write_push.hpp"

#include "chorus/app/http_call.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/lab/remote_write.hpp"

#include <fmt/format.h>

namespace chorus::app {

Result<void> push_remote_write(const std::string& url, const lab::RunResult& result) {
  CH_TRY(const net::Url base, net::Url::parse(url));
  net::Request request;
  request.method = net::Method::Post;
  request.target = base.path.empty() ? "/" : base.path;
  request.headers.add("Content-Type", "application/x-protobuf");
  request.headers.add("Content-Encoding", "snappy");
  request.headers.add("X-Prometheus-Remote-Write-Version", "0.1.0");
  request.headers.add("User-Agent", "chorus/" CHORUS_VERSION);
  request.body = lab::remote_write_body(lab::remote_series(result));
  const auto answer = http_send(base, std::move(request));
  if (!answer) {
    return fail(ErrorCode::Unavailable, fmt::format("-o prometheus-rw: nothing answers at {}: {}",
                                                    base.origin(), answer.error().message));
  }
  if (answer->status / 100 == 2) return {};
  auto said = fit_to_width(printable_line(answer->body), 200);
  return fail(ErrorCode::Unavailable,
              fmt::format("-o prometheus-rw: {} answered {}{}{}", base.origin(), answer->status,
                          said.empty() ? "" : ": ", said));
}

}  // namespace chorus::app
