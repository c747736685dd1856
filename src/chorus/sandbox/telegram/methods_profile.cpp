#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/call.hpp"

#include <fmt/format.h>

/// What a bot says of itself: name, description, short description, each per language. The lengths
/// are those of core.telegram.org/bots/api; how the platform words a text that is too long is not
/// documented, so the refusal here names the parameter and the limit.
namespace chorus::sandbox::telegram {
namespace {

struct ProfileField {
  std::string_view parameter;
  std::size_t longest;  ///< in characters
};
constexpr ProfileField kName = {"name", 64};
constexpr ProfileField kDescription = {"description", 512};
constexpr ProfileField kShortDescription = {"short_description", 120};

std::string key_of(const ProfileField& field, std::string_view language) {
  return fmt::format("telegram.{}/{}", field.parameter, language);
}

Answer set_field(Call& call, const ProfileField& field) {
  const auto text = call.params.get(field.parameter);
  if (code_point_count(text) > field.longest) {
    return Answer::bad(
        fmt::format("{} is longer than {} characters", field.parameter, field.longest));
  }
  // An empty text removes what stands for that language.
  call.world.set_extra(*call.bot, key_of(field, call.params.get("language_code")),
                       std::string(text));
  return Answer::yes();
}

Answer get_field(Call& call, const ProfileField& field, std::string_view otherwise) {
  const auto& extras = call.bot->extras;
  auto it = extras.find(key_of(field, call.params.get("language_code")));
  if (it == extras.end()) it = extras.find(key_of(field, {}));
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .field(field.parameter, it == extras.end() ? otherwise : std::string_view(it->second))
      .end_object();
  return Answer::ok(out);
}

}  // namespace

Answer set_my_name(Call& call) {
  return set_field(call, kName);
}
Answer get_my_name(Call& call) {
  return get_field(call, kName, call.bot->first_name);
}
Answer set_my_description(Call& call) {
  return set_field(call, kDescription);
}
Answer get_my_description(Call& call) {
  return get_field(call, kDescription, {});
}
Answer set_my_short_description(Call& call) {
  return set_field(call, kShortDescription);
}
Answer get_my_short_description(Call& call) {
  return get_field(call, kShortDescription, {});
}

}  // namespace chorus::sandbox::telegram
