#pragma once

#include "chorus/sandbox/matrix/call.hpp"

#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

/// `public`, `invite`, `knock` ...; `invite` when the room does not say.
std::string join_rule(const RoomLog& log);
/// Invites without asking whether the caller may.
void invite(Call& call, RoomLog& log, Account& whom, std::string_view reason, bool direct);
[[nodiscard]] Standing standing_of(const RoomLog& log, const Account& account);

}  // namespace chorus::sandbox::matrix
