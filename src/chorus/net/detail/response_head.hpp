#pragma once

#include "chorus/net/http.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::net::detail {

/// What the server decides about the frame of one response.
struct Framing {
  bool http10 = false;      ///< version of the request
  bool keep_alive = false;  ///< the connection stays open after it
  bool chunked = false;
  std::optional<std::size_t> content_length;
};

/// Appends status line and fields. Line breaks inside of a field become spaces, so that a value
/// taken from a client cannot add a field. Content-Length, Connection and Transfer-Encoding of the
/// response itself are left out.
void append_response_head(std::string& out, const Response& response, const Framing& framing);

/// Appends `name: value\r\n` with the same care.
void append_field(std::string& out, std::string_view name, std::string_view value);

/// True when responses of that status never have a body (1xx, 204, 304).
bool is_bodiless(int status);

/// Appends the size line of a chunk.
void append_chunk_head(std::string& out, std::size_t size);

}  // namespace chorus::net::detail
