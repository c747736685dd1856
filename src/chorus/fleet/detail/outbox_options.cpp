#include "chorus/fleet/detail/outbox_options.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"

namespace chorus::fleet::detail {

std::string write_options(const OutboxOptions& options) {
  std::string out;
  JsonWriter w(out);
  w.begin_object();
  if (options.target) w.field("message_id", options.target.value);
  if (!options.callback_id.empty()) w.field("callback_id", options.callback_id);
  if (options.thread) w.field("thread", options.thread->value);
  w.end_object();
  return out;
}

OutboxOptions read_options(std::string_view json_text) {
  OutboxOptions options;
  const auto document = parse_json(json_text, {}, 4);
  if (!document || !document->is_object()) return options;
  options.target = PlatformMessageId(find_int(document->get_object(), "message_id").value_or(0));
  if (const auto id = find_string(document->get_object(), "callback_id")) {
    options.callback_id = *id;
  }
  if (const auto thread = find_int(document->get_object(), "thread")) {
    options.thread.emplace(*thread);
  }
  return options;
}

}  // namespace chorus::fleet::detail
