#include "chorus/base/json.hpp"
#include "chorus/fleet/detail/fleet_impl.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"

// What an operator says about tools.
namespace chorus::fleet {

rt::Task<Result<void>> Fleet::set_room_tools(RoomId id,
                                             std::optional<std::vector<std::string>> tools) {
  detail::Core& core = impl_->core;
  detail::Room* room = core.directory.room(id);
  if (room == nullptr) co_return fail(ErrorCode::NotFound, "no such room");
  if (tools) {
    std::string names;
    for (const std::string& name : *tools) names += name + ",";
    CH_CO_TRY(*tools, parse_tool_names(names));
  }
  for (std::size_t i = 0; i < room->faces.size(); ++i) {
    store::RoomRow row = room->faces[i];
    auto extra = parse_json(row.extra.empty() ? "{}" : row.extra, {}, 8);
    json::object object = extra && extra->is_object() ? extra->get_object() : json::object();
    object.erase("tools");
    if (tools) object["tools"] = json::value_from(*tools);
    row.extra = json::serialize(object);
    CH_CO_TRY_VOID(co_await core.store.put_room(row));
    room->faces[i].extra = std::move(row.extra);
  }
  co_return Result<void>{};
}

Result<std::vector<std::string>> Fleet::tools_of(RoomId id) const {
  const detail::Core& core = impl_->core;
  const detail::Room* room = core.directory.room(id);
  if (room == nullptr) return fail(ErrorCode::NotFound, "no such room");
  const auto own = room_tools(room->first().extra);
  std::vector<std::string> names;
  for (const ToolSpec* tool :
       permitted_tools(own ? *own : core.settings.tools, core.settings.memory)) {
    names.emplace_back(tool->name);
  }
  return names;
}

}  // namespace chorus::fleet
