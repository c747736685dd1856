#include "chorus/lab/people.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

namespace chorus::lab {

namespace {

constexpr std::array<std::string_view, 8> kSymbols{"BTC", "ETH",  "SOL",  "XRP",
                                                   "ADA", "DOGE", "AVAX", "LINK"};
constexpr std::array<std::string_view, 8> kEmojis{"🚀", "📈", "📉", "🔥", "👀", "💎", "🤔", "😅"};
constexpr std::array<std::string_view, 12> kWords{"window", "river",  "coffee", "market",
                                                  "garden", "signal", "winter", "paper",
                                                  "engine", "bridge", "orange", "lantern"};
const std::vector<std::string> kPlaceholders = {"symbol", "emoji", "number", "word", "time"};

std::string_view one_of(std::span<const std::string_view> words, Rng& rng) {
  return words[rng.below(words.size())];
}

}  // namespace

Result<void> check_template(std::string_view text, std::span<const std::string> own) {
  if (text.empty()) return fail(ErrorCode::InvalidArgument, "a text must not be empty");
  for (std::size_t at = text.find("{{"); at != std::string_view::npos;
       at = text.find("{{", at + 2)) {
    const auto end = text.find("}}", at);
    if (end == std::string_view::npos) {
      return fail(ErrorCode::InvalidArgument, "a placeholder that starts with {{ ends with }}");
    }
    const std::string name(trim(text.substr(at + 2, end - at - 2)));
    bool known = false;
    std::vector<std::string> all = kPlaceholders;
    all.insert(all.end(), own.begin(), own.end());
    for (const auto& p : all) known |= p == name;
    if (known) continue;
    const auto near = nearest(name, all);
    return fail(
        ErrorCode::InvalidArgument,
        near ? fmt::format("unknown placeholder '{}', did you mean '{}'?", name, *near)
             : fmt::format("unknown placeholder '{}'; there are {}", name, fmt::join(all, ", ")));
  }
  return {};
}

std::vector<std::string> default_texts(Action action) {
  if (action == Action::Say) return {"{{word}} {{number}}", "what about {{word}}?"};
  return {"what do you think about {{word}}?", "tell me about {{word}} {{number}}"};
}

std::vector<Person> make_people(const Scenario& scenario, std::uint64_t seed) {
  std::vector<Person> out;
  out.reserve(scenario.people_count());
  const std::uint64_t base = stable_hash(scenario.name, seed);
  for (std::size_t kind = 0; kind < scenario.people.size(); ++kind) {
    const auto& spec = scenario.people[kind];
    // The stream hangs on the index within the kind, so that another kind's size changes nobody.
    const std::uint64_t kind_base = stable_hash(spec.kind, base);
    for (std::uint32_t i = 0; i < spec.count; ++i) {
      Person person;
      person.index = static_cast<std::uint32_t>(out.size());
      person.kind = static_cast<std::uint16_t>(kind);
      person.rng = Rng(stable_hash("person", kind_base + i));
      person.rate = person.rng.uniform(spec.rate.low, spec.rate.high);
      out.push_back(person);
    }
  }
  return out;
}

std::string fill_template(std::string_view text, std::string_view bot_username, Duration run_time,
                          Rng& rng, const Variables& variables) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find('{', from);
    if (open == std::string_view::npos) break;
    out.append(text.substr(from, open - from));
    if (text.substr(open).starts_with("{bot}")) {
      out += bot_username;
      from = open + 5;
      continue;
    }
    const auto end = text.find("}}", open);
    if (!text.substr(open).starts_with("{{") || end == std::string_view::npos) {
      out += '{';
      from = open + 1;
      continue;
    }
    const auto name = trim(text.substr(open + 2, end - open - 2));
    if (const auto own = variables.find(name); own != variables.end()) {
      out += own->second;
    } else if (name == "symbol") {
      out += one_of(kSymbols, rng);
    } else if (name == "emoji") {
      out += one_of(kEmojis, rng);
    } else if (name == "word") {
      out += one_of(kWords, rng);
    } else if (name == "number") {
      out += fmt::to_string(rng.between(1, 9999));
    } else if (name == "time") {
      out += fmt::format("{:.1f}", to_seconds(run_time));
    }
    from = end + 2;
  }
  out.append(text.substr(from));
  return out;
}

}  // namespace chorus::lab
