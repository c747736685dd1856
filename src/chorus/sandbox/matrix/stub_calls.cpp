#include "chorus/sandbox/matrix/call.hpp"

/// What clients ask for and the sandbox does not have: encryption, devices of others, presence.
/// Source: reference matrix.md, tier C.
namespace chorus::sandbox::matrix {

Reply keys_upload(Call&) {
  // As many as a client wants to have there, so that it does not upload again.
  return Reply::ok(R"({"one_time_key_counts":{"signed_curve25519":50}})");
}

Reply keys_query(Call&) {
  return Reply::ok(R"({"device_keys":{},"failures":{},"master_keys":{},"self_signing_keys":{},)"
                   R"("user_signing_keys":{}})");
}

Reply keys_claim(Call&) {
  return Reply::ok(R"({"one_time_keys":{},"failures":{}})");
}

Reply keys_changes(Call&) {
  return Reply::ok(R"({"changed":[],"left":[]})");
}

Reply empty_object(Call&) {
  return {};
}

Reply no_such_thing(Call&) {
  return Reply::not_found();
}

Reply get_presence(Call& call) {
  if (call.hub.find_user(call.parts[0]) == nullptr) return Reply::not_found("No such user");
  return Reply::ok(R"({"presence":"offline"})");
}

Reply not_simulated(Call& call) {
  ++call.world().counters().not_simulated;
  return Reply::error(501, "M_UNRECOGNIZED", "not simulated");
}

}  // namespace chorus::sandbox::matrix
