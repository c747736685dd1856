#pragma once

#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/facts/api_shape.hpp"

#include <string_view>

/// Calls checked and answered by the table of facts.
namespace chorus::sandbox::telegram {

/// Every parameter of the call by its type, and that the required ones are there. The errors are
/// the server's where they are known; what is not known is worded the same way. `except` is left
/// to the caller.
Step<void> check_parameters(Call& call, std::string_view except = {});

/// Makes objects for the call: `own` members win over the call's parameters of the same name. The
/// call and `own` must outlive it.
ApiShape shape_for(Call& call, const Room* room, const json::object* own = nullptr);

/// The members of `object` for the call, as `shape_for` makes them.
std::string shaped_members(Call& call, const Room* room, std::string_view object,
                           std::span<const std::string_view> skip = {});

/// A method whose effect the sandbox does not model: checks the call as far as facts go (types,
/// chat, member, message), and answers a value of the documented type. Counted as
/// `validated_only`.
Answer answer_validated(Call& call);

/// sendX for what is neither text nor file: X of the message is made from the parameters. With
/// effect: everybody in the chat gets the message.
Answer send_content(Call& call);

/// `sendVideoNote` -> `video_note`.
std::string content_name(std::string_view method);

}  // namespace chorus::sandbox::telegram
