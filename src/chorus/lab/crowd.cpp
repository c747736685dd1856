#include "chorus/lab/crowd.hpp"

#include "chorus/base/canary.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::lab {

Crowd::Crowd(const Scenario& scenario, std::uint64_t seed)
    : scenario_(scenario), seed_(seed), people_(make_people(scenario, seed)) {
  members_.resize(people_.size());
}

std::string Crowd::person_name(std::uint32_t person) const {
  return fmt::format("{}_{}", scenario_.people[people_[person].kind].kind, person + 1);
}

std::int64_t Crowd::bot_index(PlatformUserId bot) const {
  const auto found = bot_index_.find(bot.value);
  return found == bot_index_.end() ? -1 : static_cast<std::int64_t>(found->second);
}

Result<void> Crowd::create_bots(sandbox::Sandbox& sandbox) {
  const auto& spec = scenario_.target.bots;
  for (std::uint32_t i = 0; i < spec.count; ++i) {
    const auto name = replace_all(spec.name, "{index}", fmt::format("{:03}", i + 1));
    sandbox::BotSpec bot;
    bot.name = name;
    bot.username = name;
    // Our own fleet's bots talk to each other; a stranger's must not be led into a loop.
    bot.bot_to_bot = scenario_.target.kind == TargetKind::Fleet;
    const auto platform = scenario_.target.platform_of(i);
    CH_TRY(auto made, sandbox.create_bot(bot, platform));
    BotAccess access;
    access.platform = platform;
    access.id = made.id;
    access.name = made.name;
    access.username = made.username;
    access.token = made.token;
    access.address = made.address;
    if (!spec.personas.empty()) access.persona = spec.personas[i % spec.personas.size()];
    bot_index_[made.id.value] = i;
    bots_.push_back(std::move(access));
  }
  return {};
}

bool Crowd::in_room(const RoomPlan& plan, const Person& person, std::uint32_t copy) const {
  switch (plan.people.how) {
    case lab::Membership::How::None:
      return false;
    case lab::Membership::How::All:
      return true;
    case lab::Membership::How::Split:
      return person.index % plan.count == copy;
    case lab::Membership::How::Kinds:
      return std::ranges::find(plan.people.kinds, scenario_.people[person.kind].kind) !=
             plan.people.kinds.end();
  }
  return false;
}

Result<void> Crowd::create_room(sandbox::Sandbox& sandbox, const RoomPlan& plan,
                                std::uint32_t copy) {
  Place place;
  place.label = plan.count > 1 ? fmt::format("{} {}", plan.id, copy + 1) : plan.id;
  sandbox::RoomSpec spec;
  place.platform = scenario_.target.platform_of(copy);
  spec.type = place.platform == sandbox::Platform::Matrix ? sandbox::RoomType::Room : plan.type;
  spec.title = plan.count > 1 ? fmt::format("{} {}", plan.title, copy + 1) : plan.title;
  for (std::uint32_t i = 0; i < bots_.size(); ++i) {
    if (plan.bots.how == lab::Membership::How::Split && i % plan.count != copy) continue;
    if (plan.bots.how == lab::Membership::How::None) continue;
    if (bots_[i].platform != place.platform) continue;
    place.bots.push_back(i);
    spec.bots.push_back(bots_[i].id);
  }
  const auto index = static_cast<std::uint32_t>(places_.size());
  for (const auto& person : people_) {
    if (!in_room(plan, person, copy)) continue;
    members_[person.index].places.push_back(index);
    place.people.push_back(person.index);
    spec.people.push_back(account(person.index, place.platform));
  }
  CH_TRY(const auto room, sandbox.create_room(std::move(spec), place.platform));
  place.room = room.id;
  for (const auto i : place.bots) bots_[i].rooms.push_back(room.address);
  places_.push_back(std::move(place));
  return {};
}

void Crowd::create_private(const RoomPlan& plan) {
  if (plan.bots.how == lab::Membership::How::None || bots_.empty()) return;
  // A private chat begins with its first message; here only who talks to whom is dealt out.
  const auto first = static_cast<std::uint32_t>(places_.size());
  for (std::uint32_t i = 0; i < bots_.size(); ++i) {
    places_.push_back({plan.id, bots_[i].platform, {}, {i}, {}});
  }
  for (const auto& person : people_) {
    if (!in_room(plan, person, 0)) continue;
    auto& places = members_[person.index].places;
    if (plan.bots.how == lab::Membership::How::Split) {
      places.push_back(first + person.index % static_cast<std::uint32_t>(bots_.size()));
    } else {
      for (std::uint32_t i = 0; i < bots_.size(); ++i) places.push_back(first + i);
    }
  }
}

Result<void> Crowd::create_people(sandbox::Sandbox& sandbox) {
  for (const auto platform : scenario_.target.platforms) {
    for (const auto& person : people_) {
      sandbox::PersonSpec spec;
      spec.name = person_name(person.index);
      spec.first_name = fmt::format("Person {}", person.index + 1);
      CH_TRY(const auto made, sandbox.create_person(std::move(spec), platform));
      members_[person.index].accounts[static_cast<std::size_t>(platform)] = made.id;
    }
  }
  return {};
}

PlatformUserId Crowd::account(std::uint32_t person, sandbox::Platform platform) const {
  return members_[person].accounts[static_cast<std::size_t>(platform)];
}

Result<void> Crowd::create(sandbox::Sandbox& sandbox) {
  CH_TRY_VOID(create_bots(sandbox));
  CH_TRY_VOID(create_people(sandbox));
  for (const auto& plan : scenario_.rooms) {
    if (plan.type == sandbox::RoomType::Private) {
      create_private(plan);
      continue;
    }
    for (std::uint32_t copy = 0; copy < plan.count; ++copy) {
      CH_TRY_VOID(create_room(sandbox, plan, copy));
    }
  }
  return {};
}

std::uint32_t Crowd::draw_place(Person& person) const {
  const auto& places = members_[person.index].places;
  return places[person.rng.below(places.size())];
}

Draft Crowd::draft(Person& person, std::uint32_t index) {
  Draft out;
  out.place = index;
  const auto& place = places_[out.place];
  out.message.from = account(person.index, place.platform);
  out.message.room = place.room;
  out.sent.person = person.index;
  out.sent.kind = person.kind;
  if (!place.room) out.message.bot = bots_[place.bots.front()].id;
  ++person.sent;
  return out;
}

/// `{person}` becomes somebody else of the room; alone, one speaks to everybody.
std::string Crowd::name_person(Draft& out, Person& person, std::string text) {
  static constexpr std::string_view kPerson = "{person}";
  if (text.find(kPerson) == std::string::npos) return text;
  auto others = places_[out.place].people;
  std::erase(others, person.index);
  if (others.empty()) return replace_all(std::move(text), kPerson, "everybody");
  const auto chosen = others[person.rng.below(others.size())];
  out.to_person = account(chosen, places_[out.place].platform);
  return replace_all(std::move(text), kPerson, person_name(chosen));
}

void Crowd::address(Draft& out, Person& person, std::string text, const Wording& wording,
                    std::optional<std::uint32_t> chosen) {
  const auto& place = places_[out.place];
  const auto& spec = scenario_.people[person.kind];
  std::string username;
  if (!place.bots.empty()) {
    const auto& bot =
        bots_[chosen.value_or(place.bots[chosen ? 0 : person.rng.below(place.bots.size())])];
    if (out.sent.addressed == PlatformUserId{} && (wording.mention || !place.room)) {
      out.sent.addressed = bot.id;
    }
    username = bot.username;
  }
  if (wording.run_time) {
    static const Variables kNone;
    text = name_person(out, person, std::move(text));
    text = fill_template(text, username, *wording.run_time, person.rng,
                         wording.variables ? *wording.variables : kNone);
  }
  out.message.text = std::move(text);
  const auto tag = "@" + username;
  if (wording.mention && place.room && out.message.text.find(tag) == std::string::npos) {
    out.message.text = tag + " " + out.message.text;
  }
  if (spec.canary) {
    out.sent.canary = Canary{person.index, person.sent};
    out.message.text += " " + canary_text(seed_, *out.sent.canary);
  }
}

void Crowd::carry_on(std::uint64_t sent) {
  for (auto& person : people_) person.sent = static_cast<std::uint32_t>(sent);
}

Draft Crowd::next(std::uint32_t index, const sandbox::Sandbox& sandbox, Duration run_time,
                  std::string_view said) {
  auto& person = people_[index];
  const auto& spec = scenario_.people[person.kind];
  auto out = draft(person, draw_place(person));
  const auto& place = places_[out.place];
  out.sent.expect = spec.expect;
  const bool acts = person.rng.chance(spec.share);
  if (!acts) out.sent.expect.reply = ReplyRule::Optional;
  bool mention = acts && spec.action == Action::Mention;
  if (acts && spec.action == Action::Reply) {
    const auto last = place.room
                          ? sandbox.last_bot_message(place.room)
                          : sandbox.last_bot_message_private(out.message.from, out.message.bot);
    if (last) {
      out.message.reply_to = last->id;
      out.sent.addressed = last->from;
    } else {
      mention = true;  // nothing to reply to yet: the load is kept up by a mention
    }
  }
  if (!said.empty()) {
    address(out, person, std::string(said), Wording{mention, std::nullopt, nullptr}, std::nullopt);
    return out;
  }
  const auto& text = spec.texts[person.rng.below(spec.texts.size())];
  // A plain message must not name a bot by accident of its template.
  const bool names_bot = text.find("{bot}") != std::string::npos;
  const bool names = acts && names_bot && !out.message.reply_to;
  address(out, person, text, Wording{mention || names, run_time, nullptr}, std::nullopt);
  return out;
}

Seat Crowd::sit(std::uint32_t index) {
  auto& person = people_[index];
  Seat out;
  out.place = draw_place(person);
  out.person = account(index, places_[out.place].platform);
  const auto& place = places_[out.place];
  out.room = place.room;
  if (!place.bots.empty()) out.bot = bots_[place.bots[person.rng.below(place.bots.size())]].id;
  return out;
}

Draft Crowd::say(std::uint32_t index, const Seat& seat, std::string_view text, bool mention,
                 Duration run_time, const Variables& variables) {
  auto& person = people_[index];
  auto out = draft(person, seat.place);
  std::optional<std::uint32_t> bot;
  if (seat.bot) bot = static_cast<std::uint32_t>(bot_index(seat.bot));
  // A text that names the bot in a group speaks to it.
  const bool names = text.find("{bot}") != std::string_view::npos;
  address(out, person, std::string(text), Wording{mention || names, run_time, &variables}, bot);
  return out;
}

sandbox::PersonMessage Crowd::press(const Seat& seat, PlatformMessageId message,
                                    std::string button) const {
  sandbox::PersonMessage out;
  out.from = seat.person;
  out.room = seat.room;
  if (!seat.room) out.bot = seat.bot;
  out.reply_to = message;
  out.callback = std::move(button);
  return out;
}

}  // namespace chorus::lab
