#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/matrix/event.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a homeserver pushes to an application service. Source: specification, application service
/// API ("Pushing events").
namespace chorus::proto::matrix {

inline constexpr std::size_t kMaxTransactionEvents = 100;

/// The body of `PUT /_matrix/app/v1/transactions/{txnId}`. The same transaction may come again with
/// the same content; an event may come again in another one: look at its id, too.
struct Transaction {
  std::vector<Event> events;  ///< with `room_id`, in the order of the server
  std::size_t malformed = 0;
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// Errors: ParseError (no JSON object, `events` is no list).
Result<Transaction> decode_transaction(std::string_view text);
/// From events that are JSON text already, each with its `room_id`.
void append_transaction(std::string& out, std::span<const std::string> events,
                        std::span<const std::string> ephemeral);

/// Name and namespace of an application service, as its registration file gives them.
struct Registration {
  std::string id;
  std::string url;  ///< empty: it is never called
  std::string as_token;
  std::string hs_token;
  std::string sender_localpart;
  bool rate_limited = true;
  bool receive_ephemeral = false;
  struct Namespace {
    std::string regex;
    bool exclusive = true;
    friend bool operator==(const Namespace&, const Namespace&) = default;
  };
  std::vector<Namespace> users;
  friend bool operator==(const Registration&, const Registration&) = default;
};
/// From the registration as a JSON object (`namespaces: {users: [{regex, exclusive}]}`). Errors:
/// ParseError naming the member; `id`, `as_token`, `hs_token` and `sender_localpart` are required.
Result<Registration> decode_registration(const json::object& object);
std::string encode_registration(const Registration& registration);

}  // namespace chorus::proto::matrix
