#pragma once

#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/base/json.hpp"
#include "chorus/net/http.hpp"

#include <expected>
#include <string>

namespace chorus::app {

/// A call to the running `chorus serve` with the operator's key: the answer's JSON, or the exit
/// code after a complaint.
std::expected<json::value, int> call_serve(const ServeFlags& flags, net::Method method,
                                           const std::string& path, const std::string& body);

/// The same for an answer that is not JSON: its body.
std::expected<std::string, int> call_serve_raw(const ServeFlags& flags, net::Method method,
                                               const std::string& path, const std::string& body);

/// Id of the bot with that name or id; the exit code after a complaint when there is none.
std::expected<std::string, int> find_bot_id(const ServeFlags& flags, const std::string& wanted);

/// One line for each bot of `/api/v1/status`, for people; says so when there is none.
void print_bots(const json::array& bots);

}  // namespace chorus::app
