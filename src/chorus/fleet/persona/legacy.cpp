#include "chorus/fleet/persona/legacy.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace chorus::fleet {
namespace {

constexpr std::array<std::string_view, 8> kKeysOfVersion2 = {
    "expertise", "length", "pacing", "hours", "hourly_cap", "emotion", "facts", "generation"};

/// What a bot's entry of a set-up file carries beside its character.
constexpr std::array<std::string_view, 8> kKeysOfABot = {
    "id", "token", "username", "is_enabled", "enabled", "created_at", "has_token", "token_masked"};

/// Every key that some older shape has, for "did you mean".
const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = {
      "version",          "name",           "description",
      "tone",             "style",          "interests",
      "watchlist",        "rules",          "never_do",
      "language",         "talkativeness",  "active_hours",
      "utc_offset_minutes", "risk_profile", "persona_profile",
      "emotion_profile",  "persona_hint",   "stances",
      "holdings",         "speed_profile",  "message_length_profile",
      "empathy",          "energy",         "signature_emoji",
      "signature_phrases", "anecdotes",     "bot_hourly_msg_limit",
      "prime_hours"};
  return keys;
}

class Upgrade {
 public:
  explicit Upgrade(const json::object& old) : root_(old) {
    profile_ = part("persona_profile");
    emotion_ = part("emotion_profile");
  }

  Upgraded run() {
    out_.document["version"] = kPersonaVersion;
    check_keys(root_, "");
    if (profile_ != nullptr) check_keys(*profile_, "persona_profile.");
    if (emotion_ != nullptr) check_keys(*emotion_, "emotion_profile.");
    identity();
    style();
    lists();
    levels();
    hours();
    pace();
    emotion();
    stances();
    facts();
    return std::move(out_);
  }

 private:
  void note(std::string text) { out_.notes.push_back(std::move(text)); }
  void problem(std::string_view key, std::string_view what) {
    out_.problems.push_back({std::string(key), std::string(what)});
  }

  const json::object* part(std::string_view key) {
    const json::value* value = find(root_, key);
    if (value == nullptr || value->is_null()) return nullptr;
    if (value->is_object()) return &value->get_object();
    problem(key, "must be a map of keys");
    return nullptr;
  }

  void check_keys(const json::object& object, std::string_view prefix) {
    for (const auto& entry : object) {
      const std::string key(entry.key());
      if (std::find(known_keys().begin(), known_keys().end(), key) != known_keys().end()) continue;
      if (std::find(kKeysOfABot.begin(), kKeysOfABot.end(), key) != kKeysOfABot.end()) {
        if (key == "token") {
          note("token: left out, it is no part of a character; give it to chorus bots add");
        }
        continue;
      }
      const auto hint = nearest(key, known_keys());
      note(fmt::format("{}{}: left out, it is not known{}", prefix, key,
                       hint ? fmt::format("; did you mean '{}'?", *hint) : ""));
    }
  }

  /// The value of a key in the profile, or else at the top.
  const json::value* value(std::string_view key, const json::object* first) const {
    for (const json::object* object : {first, &root_}) {
      if (object == nullptr) continue;
      const json::value* found = find(*object, key);
      if (found != nullptr && !found->is_null()) return found;
    }
    return nullptr;
  }
  const json::value* value(std::string_view key) const { return value(key, profile_); }

  std::string text(std::string_view key, const json::value* found, std::size_t longest) {
    if (found == nullptr) return {};
    if (!found->is_string()) {
      problem(key, "must be text");
      return {};
    }
    return clean(found->get_string(), longest, key);
  }
  std::string clean(std::string_view given, std::size_t longest, std::string_view key) {
    const std::string whole(trim(sanitise_text(given, given.size())));
    const std::string_view cut = trim(truncate_code_points(whole, longest));
    if (cut.size() < whole.size()) note(fmt::format("{}: cut at {} characters", key, longest));
    return std::string(cut);
  }

  /// A list of texts; a single text is a list of one.
  void texts(std::string_view key, const json::value* found, std::size_t longest,
             std::vector<std::string>& out) {
    if (found == nullptr) return;
    if (found->is_string()) {
      if (auto one = clean(found->get_string(), longest, key); !one.empty()) {
        out.push_back(std::move(one));
      }
      return;
    }
    if (!found->is_array()) return problem(key, "must be a list of texts");
    for (const json::value& item : found->get_array()) {
      if (!item.is_string()) return problem(key, "must be a list of texts");
      if (auto one = clean(item.get_string(), longest, key); !one.empty()) {
        out.push_back(std::move(one));
      }
    }
  }
  void put(std::string_view key, json::object& where, std::vector<std::string> list,
           std::size_t most) {
    if (list.size() > most) {
      note(fmt::format("{}: {} of {} entries kept", key, most, list.size()));
      list.resize(most);
    }
    json::array array;
    for (auto& one : list) array.emplace_back(std::move(one));
    where[key] = std::move(array);
  }

  /// A number in [0,1], or a word for one.
  std::optional<double> level(std::string_view key, const json::value* found) {
    if (found == nullptr) return std::nullopt;
    if (found->is_number()) {
      const double number = found->to_number<double>();
      if (std::isfinite(number)) return std::clamp(number, 0.0, 1.0);
    }
    const std::string word =
        found->is_string() ? fold(trim(std::string_view(found->get_string()))) : std::string();
    struct Level {
      std::string_view word;
      double value;
    };
    static constexpr Level kLevels[] = {
        {"very low", 0.1},  {"cok dusuk", 0.1}, {"low", 0.2},    {"dusuk", 0.2},
        {"medium", 0.5},    {"moderate", 0.5},  {"orta", 0.5},   {"normal", 0.5},
        {"high", 0.8},      {"yuksek", 0.8},    {"strong", 0.8}, {"very high", 0.95},
        {"cok yuksek", 0.95}};
    for (const auto& [name, number] : kLevels) {
      if (word == name) return number;
    }
    problem(key, "must be a number from 0 to 1, or low, medium or high");
    return std::nullopt;
  }

  void identity() {
    json::object& d = out_.document;
    if (const std::string name = text("name", find(root_, "name"), 64); !name.empty()) {
      d["name"] = sanitise_name(name);
    }
    std::string description = text("description", value("description"), 600);
    const std::string hint = text("persona_hint", find(root_, "persona_hint"), 600);
    if (!hint.empty()) description += (description.empty() ? "" : " ") + hint;
    d["description"] = clean(description, 600, "description");
    d["tone"] = text("tone", value("tone"), 120);
    language();
    if (value("risk_profile") != nullptr) {
      note("risk_profile: left out, it served certainty about investments");
    }
  }

  void language() {
    const std::string given = text("language", value("language"), 35);
    const std::string word = fold(given);
    std::string tag = ascii_lower(given);
    if (word == "turkish" || word == "turkce") tag = "tr";
    if (word == "english" || word == "ingilizce") tag = "en";
    const bool two_letters = tag.size() >= 2 && tag.size() <= 3 &&
                             std::all_of(tag.begin(), tag.end(),
                                         [](char c) { return c >= 'a' && c <= 'z'; });
    const bool with_region = tag.size() == 5 && tag[2] == '-';
    if (tag.empty() || two_letters) {
      out_.document["language"] = tag;
    } else if (with_region) {
      out_.document["language"] = given;
    } else {
      note(fmt::format("language: '{}' is no language tag; left out", given));
    }
  }

  void length_of(std::string_view words) {
    const std::string folded = fold(words);
    const auto says = [&](std::string_view word) { return folded.find(word) != folded.npos; };
    json::object length{{"short", 0.0}, {"medium", 0.0}, {"long", 0.0}};
    length[says("short") || says("kisa") || says("concise") ? "short"
           : says("long") || says("uzun") || says("detail") ? "long"
                                                            : "medium"] = 1.0;
    out_.document["length"] = std::move(length);
  }

  void style() {
    const json::value* style = value("style");
    json::object document{{"notes", ""}, {"emojis", false}};
    if (style != nullptr && style->is_string()) {
      document["notes"] = clean(style->get_string(), 600, "style");
      length_of(style->get_string());
    } else if (style != nullptr && style->is_object()) {
      const json::object& fields = style->get_object();
      document["notes"] = text("style.notes", find(fields, "notes"), 600);
      length_of(text("style.length", find(fields, "length"), 100));
      if (const json::value* emojis = find(fields, "emojis")) document["emojis"] = uses(*emojis);
      if (find(fields, "disclaimer") != nullptr) {
        note("style.disclaimer: left out, disclosure is the runtime's");
      }
    } else if (style != nullptr) {
      problem("style", "must be text or a map of keys");
    } else {
      length_of("");
    }
    out_.document["style"] = std::move(document);
    length_profile();
  }

  /// Emojis as true, a list, or a word.
  static bool uses(const json::value& emojis) {
    if (emojis.is_bool()) return emojis.get_bool();
    if (emojis.is_array()) return !emojis.get_array().empty();
    if (!emojis.is_string()) return false;
    const std::string word = fold(std::string_view(emojis.get_string()));
    return !word.empty() && word != "none" && word != "never" && word != "no" && word != "yok";
  }

  void length_profile() {
    const json::value* given = value("message_length_profile");
    if (given == nullptr) return;
    if (!given->is_object()) return problem("message_length_profile", "must be a map of keys");
    const json::object* shares = &given->get_object();
    if (const auto* inner = find_object(*shares, "distribution")) shares = inner;
    json::object length;
    double total = 0;
    for (const auto* key : {"short", "medium", "long"}) {
      const double share = find_double(*shares, key).value_or(0);
      length[key] = std::isfinite(share) && share > 0 ? std::min(share, 1000.0) : 0.0;
      total += length[key].as_double();
    }
    if (total > 0) out_.document["length"] = std::move(length);
  }

  void lists() {
    std::vector<std::string> interests, rules, never;
    texts("interests", value("interests"), 80, interests);
    texts("watchlist", value("watchlist"), 80, interests);
    if (const json::value* holdings = find(root_, "holdings")) holdings_into(*holdings, interests);
    put("interests", out_.document, std::move(interests), 50);
    texts("rules", value("rules"), 300, rules);
    texts("never_do", value("never_do"), 290, never);
    for (const auto& rule : never) rules.push_back("Never: " + rule);
    put("rules", out_.document, std::move(rules), 20);
  }

  /// A position is invented: what it is about may interest the character, prices and sizes go.
  void holdings_into(const json::value& holdings, std::vector<std::string>& interests) {
    if (!holdings.is_array()) return;
    for (const json::value& item : holdings.get_array()) {
      if (!item.is_object()) continue;
      const auto symbol = find_string(item.get_object(), "symbol");
      if (!symbol || trim(*symbol).empty()) continue;
      interests.push_back(clean(*symbol, 80, "holdings"));
      note(fmt::format("holdings: {} is an interest now; a character owns nothing, so price and "
                       "size are left out",
                       interests.back()));
    }
  }

  void levels() {
    if (const auto talk = level("talkativeness", value("talkativeness"))) {
      out_.document["talkativeness"] = *talk;
    }
    const json::value* limit = value("bot_hourly_msg_limit");
    if (limit == nullptr) return;
    const auto most =
        limit->is_object() ? find_int(limit->get_object(), "max") : as_int(*limit);
    if (most && *most >= 0 && *most <= 1000) {
      out_.document["hourly_cap"] = *most;
    } else {
      note("bot_hourly_msg_limit: left out, it names no number of messages up to 1000");
    }
  }

  void hours() {
    std::vector<std::string> active;
    texts("active_hours", value("active_hours"), 20, active);
    json::object document;
    const bool any = !active.empty();
    put("active_hours", document, std::move(active), 24);
    json::object hours{{"active", document["active_hours"]}};
    const json::value* offset = value("utc_offset_minutes");
    if (offset != nullptr) {
      const auto minutes = as_int(*offset);
      if (!minutes || *minutes < -14 * 60 || *minutes > 14 * 60) {
        return problem("utc_offset_minutes", "must be from -840 to 840");
      }
      const std::int64_t size = std::abs(*minutes);
      hours["zone"] = size == 0 ? "UTC"
                                : fmt::format("UTC{}{:02}:{:02}", *minutes < 0 ? '-' : '+',
                                              size / 60, size % 60);
    } else if (any) {
      note("active_hours: they were the server's local time; they count in UTC now, set hours.zone");
    }
    out_.document["hours"] = std::move(hours);
  }

  void pace() {
    const json::value* speed = value("speed_profile");
    if (speed == nullptr || !speed->is_object()) return;
    const json::object* delay = find_object(speed->get_object(), "delay");
    for (const json::object* where : {delay, &speed->get_object()}) {
      if (where == nullptr) continue;
      for (const auto* key : {"delay_multiplier", "multiplier"}) {
        const auto factor = find_double(*where, key);
        if (!factor || !(*factor > 0)) continue;
        const double thinking = std::clamp(1.2 * *factor, 0.0, 10.0);
        out_.document["pacing"] = json::object{{"thinking_seconds", thinking}};
        return;
      }
    }
    if (!speed->get_object().empty()) {
      note("speed_profile: left out but for a delay multiplier; the fleet's pacing decides");
    }
  }

  void emotion() {
    json::object document;
    std::vector<std::string> mood, emoji, phrases;
    if (emotion_ != nullptr) texts("emotion_profile.tone", find(*emotion_, "tone"), 40, mood);
    put("mood", document, std::move(mood), 8);
    for (const auto* key : {"empathy", "energy"}) {
      if (const auto number = level(key, value(key, emotion_))) document[key] = *number;
    }
    texts("signature_emoji", value("signature_emoji", emotion_), 16, emoji);
    put("signature_emoji", document, std::move(emoji), 8);
    texts("signature_phrases", value("signature_phrases", emotion_), 120, phrases);
    put("signature_phrases", document, std::move(phrases), 10);
    out_.document["emotion"] = std::move(document);
  }

  void stances() {
    const json::value* list = find(root_, "stances");
    if (list == nullptr || list->is_null()) return;
    if (!list->is_array()) return problem("stances", "must be a list");
    json::array out;
    for (const json::value& item : list->get_array()) {
      if (!item.is_object()) return problem("stances", "must be a list of maps");
      const json::object& object = item.get_object();
      const json::value* said = find(object, "stance_text");
      if (said == nullptr) said = find(object, "text");
      json::object stance{{"topic", text("stances.topic", find(object, "topic"), 80)},
                          {"text", text("stances.text", said, 300)}};
      if (const auto sure = level("stances.confidence", find(object, "confidence"))) {
        stance["confidence"] = *sure;
      }
      if (stance["topic"].get_string().empty() || stance["text"].get_string().empty()) {
        note("stances: one without topic or text is left out");
      } else if (out.size() < 20) {
        out.push_back(std::move(stance));
      } else {
        note("stances: only the first 20 are kept");
        break;
      }
    }
    out_.document["stances"] = std::move(out);
  }

  /// Anecdotes and notes were told as own experience; here they are the character's fiction.
  void facts() {
    std::vector<std::string> told;
    texts("anecdotes", value("anecdotes", emotion_), 300, told);
    if (const json::value* holdings = find(root_, "holdings");
        holdings != nullptr && holdings->is_array()) {
      for (const json::value& item : holdings->get_array()) {
        const json::value* remark = item.is_object() ? find(item.get_object(), "note") : nullptr;
        if (remark != nullptr && remark->is_string()) texts("holdings.note", remark, 300, told);
      }
    }
    if (!told.empty()) note("anecdotes: they are facts now, marked fictional");
    if (told.size() > 30) {
      note("anecdotes: only the first 30 are kept");
      told.resize(30);
    }
    json::array facts;
    for (auto& one : told) {
      facts.push_back(json::object{{"text", std::move(one)}, {"fictional", true}});
    }
    out_.document["facts"] = std::move(facts);
  }

  const json::object& root_;
  const json::object* profile_ = nullptr;
  const json::object* emotion_ = nullptr;
  Upgraded out_;
};

}  // namespace

Upgraded upgrade_persona(const json::object& old) {
  return Upgrade(old).run();
}

std::span<const std::string_view> keys_of_version_2() {
  return kKeysOfVersion2;
}

}  // namespace chorus::fleet
