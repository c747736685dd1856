#include "chorus/base/text.hpp"
#include "chorus/platform/matrix/compose.hpp"
#include "chorus/platform/matrix/mapping.hpp"
#include "chorus/proto/matrix/appservice.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// A transaction of a homeserver as the fleet takes it: whatever stands in it, texts are valid, ids
// are there, and what was said can be said back.
namespace {

void check(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto transaction = proto::matrix::decode_transaction(text);
  if (!transaction) return 0;
  const std::vector<std::string> ours{"@nova:sandbox", "@rex:sandbox"};
  for (const auto& event : transaction->events) {
    const auto update = platform::read_matrix_event(event, ours.front(), ours);
    if (!update) continue;
    check(!update->event_id.empty() && !update->message.empty());
    check(is_valid_utf8(update->text));
    check(!update->command || !update->command->empty());
    platform::NameBook names;
    platform::ask_names(*update, names);
    names.number_for_test();
    const auto incoming = platform::to_incoming(*update, {}, names);
    check(incoming.update_id != 0 && incoming.kind == update->kind);
    const auto parts = platform::split_text(update->text, 64);
    for (const auto& part : parts) check(part.size() <= 64 && is_valid_utf8(part));
    const auto nobody = [](std::string_view) { return std::nullopt; };
    check(!platform::message_contents({.text = update->text}, nobody).empty());
  }
  return 0;
}
