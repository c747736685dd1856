#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/proto/openai/types.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chorus::proto::openai {

/// Unknown fields are ignored, as most servers do; `n` is brought into 1 to 16. At most 128 tools
/// and 64 calls per message. Errors: ParseError naming the field.
Result<ChatRequest> decode_request(std::string_view body);
std::string encode_request(const ChatRequest& request);

/// Token counts are brought into 0 to 2^40: they are foreign numbers that get summed.
Result<Completion> decode_completion(std::string_view body);
std::string encode_completion(const Completion& completion);

/// The data of one SSE record: a chunk, an error sent in mid-stream, or `[DONE]`.
struct Done {
  friend bool operator==(const Done&, const Done&) = default;
};
using StreamRecord = std::variant<Chunk, ApiError, Done>;
Result<StreamRecord> decode_stream_record(std::string_view data);
/// `usage_null`: the caller asked for usage, so records before the last carry `"usage":null`.
std::string encode_chunk(const Chunk& chunk, bool usage_null);

/// `{"error": {...}}`, or `{"error": "text"}` as local servers send it. An empty error when the
/// body is of neither form: the status alone then counts.
ApiError decode_error(std::string_view body);
std::string encode_error(const ApiError& error);
std::string encode_models(const std::vector<std::string>& models, std::int64_t created);

/// `1s`, `6m0s`, `7.66s`, `2m59.56s`, `120ms`: what x-ratelimit-reset-* carry.
std::string format_go_duration(Duration d);
Result<Duration> parse_go_duration(std::string_view text);

/// Rough count of tokens: 4 bytes of Latin text, 1 to 2 code points otherwise. For servers and
/// budgets that have no tokenizer; real usage comes from the provider.
std::int64_t estimate_tokens(std::string_view text);

}  // namespace chorus::proto::openai
