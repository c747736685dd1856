#include "chorus/lab/detail/scenario_sections.hpp"
#include "chorus/lab/people.hpp"

#include <fmt/format.h>

#include <array>

namespace chorus::lab::detail {

namespace {

constexpr std::uint32_t kMaxPeople = 1'000'000;
constexpr std::uint32_t kMaxSteps = 1000;

template <class E>
using Choice = std::pair<std::string_view, E>;

constexpr std::array<Choice<ReplyRule>, 3> kReplyRules{{{"required", ReplyRule::Required},
                                                        {"optional", ReplyRule::Optional},
                                                        {"none", ReplyRule::None}}};
constexpr std::array<Choice<Action>, 3> kActions{
    {{"say", Action::Say}, {"mention", Action::Mention}, {"reply", Action::Reply}}};

void read_texts(YamlReader& reader, const YAML::Node& v, std::string_view what,
                std::vector<std::string>& out) {
  reader.texts(v, what, out);
  for (const auto& text : out) {
    if (const auto checked = check_template(text); !checked) {
      reader.problem(v, fmt::format("{}: {}", what, checked.error().message));
    }
  }
}

void read_reply_rule(YamlReader& reader, const YAML::Node& node, const std::string& what,
                     Expectation& out) {
  reader.map(node, what, keys_of("people.*.expect.reply"),
             [&](const std::string& key, const YAML::Node& v) {
               const auto name = what + "." + key;
               if (key == "within") {
                 reader.duration(v, name, out.within);
               } else if (key == "linked") {
                 reader.boolean(v, name, out.linked);
               } else if (key == "count") {
                 reader.u32(v, name, out.max_count, 100);
               } else if (key == "optional") {
                 bool optional = false;
                 reader.boolean(v, name, optional);
                 if (optional) out.reply = ReplyRule::Optional;
               } else if (key == "none") {
                 bool none = false;
                 reader.boolean(v, name, none);
                 if (none) out.reply = ReplyRule::None;
               } else if (key == "from") {
                 static constexpr std::array<Choice<bool>, 3> kFrom{
                     {{"addressed", true}, {"{bot}", true}, {"any", false}}};
                 reader.choice<bool>(v, name, out.from_addressed, kFrom);
               }
             });
}

void read_expect(YamlReader& reader, const YAML::Node& node, const std::string& what,
                 Expectation& out) {
  if (node.IsScalar()) return reader.choice<ReplyRule>(node, what, out.reply, kReplyRules);
  reader.map(node, what, keys_of("people.*.expect"),
             [&](const std::string& key, const YAML::Node& v) {
               if (key != "reply" || v.IsMap()) return;
               reader.choice<ReplyRule>(v, what + ".reply", out.reply, kReplyRules);
             });
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    const auto& reply = entry.second;
    if (!entry.first.IsScalar() || entry.first.Scalar() != "reply" || !reply.IsMap()) continue;
    out.reply = ReplyRule::Required;
    read_reply_rule(reader, reply, what + ".reply", out);
  }
}

}  // namespace

void read_people(YamlReader& reader, const YAML::Node& node, PeopleSpec& p) {
  bool rate_seen = false;
  reader.map(node, fmt::format("people.{}", p.kind), keys_of("people.*"),
             [&](const std::string& key, const YAML::Node& v) {
               const auto what = fmt::format("people.{}.{}", p.kind, key);
               if (key == "count") {
                 reader.u32(v, what, p.count, kMaxPeople);
               } else if (key == "rate") {
                 rate_seen = true;
                 reader.rate(v, what, p.rate);
               } else if (key == "text") {
                 read_texts(reader, v, what, p.texts);
               } else if (key == "action") {
                 reader.choice<Action>(v, what, p.action, kActions);
               } else if (key == "share") {
                 reader.share(v, what, p.share);
               } else if (key == "canary") {
                 reader.boolean(v, what, p.canary);
               } else if (key == "expect") {
                 read_expect(reader, v, what, p.expect);
               } else if (key == "work") {
                 reader.delay(v, what, p.work);
               } else if (key == "steps") {
                 if (const auto n = reader.integer(v, what, 1, kMaxSteps)) {
                   p.steps = static_cast<std::uint32_t>(*n);
                 }
               }
             });
  if (p.texts.empty()) p.texts = default_texts(p.action);
  if (!rate_seen) p.rate = {1.0 / 60, 1.0 / 60};
}

}  // namespace chorus::lab::detail
