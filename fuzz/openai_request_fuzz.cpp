// Bodies that the LLM server reads, and what our client reads back: requests, completions, errors.
#include "chorus/base/check.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace openai = chorus::proto::openai;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  if (const auto request = openai::decode_request(body)) {
    const auto again = openai::decode_request(openai::encode_request(*request));
    CH_CHECK(again.has_value());
    CH_CHECK(again->messages.size() == request->messages.size());
    for (std::size_t i = 0; i < request->messages.size(); ++i) {
      CH_CHECK(again->messages[i].tool_calls.size() == request->messages[i].tool_calls.size());
    }
    CH_CHECK(again->tools.size() == request->tools.size());
    CH_CHECK(again->tool_choice == request->tool_choice);
    CH_CHECK(again->max_tokens == request->max_tokens && again->n == request->n);
  }
  if (const auto completion = openai::decode_completion(body)) {
    const auto again = openai::decode_completion(openai::encode_completion(*completion));
    CH_CHECK(again.has_value());
    CH_CHECK(again->usage == completion->usage);
    CH_CHECK(again->contents.size() == completion->contents.size());
    CH_CHECK(again->tool_calls.size() == completion->tool_calls.size());
  }
  const auto error = openai::decode_error(body);
  CH_CHECK(openai::decode_error(openai::encode_error(error)).code.empty() == error.code.empty());
  if (const auto wait = openai::parse_go_duration(body))
    CH_CHECK(*wait >= chorus::Duration::zero());
  CH_CHECK(openai::estimate_tokens(body) <= static_cast<std::int64_t>(size));
  return 0;
}
