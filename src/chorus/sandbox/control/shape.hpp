#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/net/http.hpp"
#include "chorus/sandbox/model.hpp"

#include <cstdint>

namespace chorus::sandbox::control {

enum class Takes : std::uint8_t { Bot, Person, Room, Message, Action, Nothing };

/// Whether a body holds only members that its route knows, each of the right kind (null counts as
/// absent): a misspelt one would be ignored, and its sender would search for long. Errors:
/// InvalidArgument naming the member, and the nearest known one.
Result<void> check_shape(Takes takes, const json::object& body);

/// The platform that a checked body names; Telegram when it names none.
Platform platform_of(const json::object& body);

/// The object that a request carries. Errors: InvalidArgument (not sent as JSON, not an object).
Result<json::object> body_of(const net::Request& request);
/// The same, with its shape checked.
Result<json::object> body_of(const net::Request& request, Takes takes);

}  // namespace chorus::sandbox::control
