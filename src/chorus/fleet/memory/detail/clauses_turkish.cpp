#include "chorus/fleet/memory/detail/clause_rules.hpp"

#include <algorithm>
#include <array>
#include <utility>

// The verb stands last in Turkish: a rule looks at the end of a clause and takes what is before it.
namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kMostWords = 12;

std::size_t after_subject(const Clause& clause) {
  std::size_t at = 0;
  while (at < clause.size() && is_one_of(clause[at].folded, {"ben", "benim", "biz", "su", "an"})) {
    ++at;
  }
  return at;
}

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
    return word.size() > ending.size() + 1 && word.ends_with(ending);
  });
}

/// `İzmir'de` and `izmirde` are İzmir; empty when the word is in no place.
std::string without_locative(std::string_view raw) {
  for (const std::string_view apostrophe : {"'", "\xE2\x80\x99"}) {
    const std::size_t at = raw.find(apostrophe);
    if (at == std::string_view::npos) continue;
    const std::string_view ending = raw.substr(at + apostrophe.size());
    return is_one_of(ending, {"de", "da", "te", "ta"}) ? std::string(raw.substr(0, at)) : "";
  }
  if (!ends_with_any(raw, {"de", "da", "te", "ta"})) return {};
  return std::string(raw.substr(0, raw.size() - 2));
}

std::optional<MemoryCandidate> name_in(const Clause& clause, std::size_t first) {
  std::size_t at = first;
  if (takes(clause, at, "adim|ismim")) {
    return stated(MemoryKind::PersonalFact, "is called ", name_at(clause, at, clause.size()), 0.95);
  }
  if (takes(clause, at, "bana") && at + 1 < clause.size() &&
      is_one_of(clause.back().folded, {"de", "derler", "diyorlar", "diyebilirsin"})) {
    return stated(MemoryKind::PersonalFact, "is called ", name_at(clause, at, clause.size() - 1),
                  0.9);
  }
  return std::nullopt;
}

std::optional<MemoryCandidate> place_in(const Clause& clause, std::size_t first) {
  const std::string& verb = clause.back().folded;
  const bool lives = is_one_of(verb, {"yasiyorum", "oturuyorum", "yasarim"});
  const bool born = verb == "dogdum" || verb == "dogumluyum";
  if ((!lives && !born) || clause.size() < first + 2) return std::nullopt;
  const std::size_t last = clause.size() - 2;
  const std::string place = without_locative(clause[last].raw);
  if (place.empty()) return std::nullopt;
  const bool year = place.find_first_of("0123456789") != std::string::npos;
  if (born && year) {
    const std::string day = last > first ? join(clause, first, last) + " " : std::string();
    return stated(MemoryKind::PersonalFact, "birthday: ", day + place, 0.8);
  }
  return stated(MemoryKind::PersonalFact, lives ? "lives in " : "comes from ", place,
                lives ? 0.9 : 0.7);
}

std::optional<MemoryCandidate> work_in(const Clause& clause, std::size_t first) {
  const std::size_t size = clause.size();
  if (size >= first + 3 && is_one_of(clause.back().folded, {"calisiyorum", "calisirim"}) &&
      clause[size - 2].folded == "olarak" && size - 2 - first <= 4) {
    return stated(MemoryKind::PersonalFact, "works as ", join(clause, first, size - 2), 0.9);
  }
  std::size_t at = first;
  if (takes(clause, at, "meslegim") && size - at <= 3) {
    return stated(MemoryKind::PersonalFact, "works as ", join(clause, at, size), 0.8);
  }
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kProfessions{{
      {"ogretmenim", "öğretmen"},
      {"hemsireyim", "hemşire"},
      {"ogrenciyim", "öğrenci"},
      {"muhendisim", "mühendis"},
      {"avukatim", "avukat"},
      {"yazilimciyim", "yazılımcı"},
      {"emekliyim", "emekli"},
      {"asciyim", "aşçı"},
      {"gazeteciyim", "gazeteci"},
      {"muzisyenim", "müzisyen"},
      {"doktorum", "doktor"},
  }};
  // Alone, or with `ben`: `öğretmenim çok iyi` speaks of somebody's teacher.
  if (size - first > 2) return std::nullopt;
  for (const auto& [word, profession] : kProfessions) {
    if (clause.back().folded != word) continue;
    return stated(MemoryKind::PersonalFact, "works as ", std::string(profession), 0.8);
  }
  return std::nullopt;
}

std::optional<MemoryCandidate> liking_in(const Clause& clause, std::size_t first) {
  constexpr std::size_t kMostValue = 5;
  std::size_t at = first;
  if (takes(clause, at, "en sevdigim") && clause.size() - at >= 2 && clause.size() - at <= 5) {
    return stated(MemoryKind::Preference, "favourite ",
                  join(clause, at, at + 1) + ": " + join(clause, at + 1, clause.size()), 0.85);
  }
  const std::string& verb = clause.back().folded;
  const bool hates = is_one_of(verb, {"ederim", "ediyorum"}) && clause.size() >= 2 &&
                     clause[clause.size() - 2].folded == "nefret";
  const bool likes = is_one_of(verb, {"severim", "seviyorum", "bayilirim", "bayiliyorum",
                                      "hoslanirim", "hoslaniyorum"});
  const bool dislikes =
      hates || is_one_of(verb, {"sevmem", "sevmiyorum", "hoslanmam", "hoslanmiyorum"});
  if (!likes && !dislikes) return std::nullopt;
  std::size_t end = clause.size() - (hates ? 2 : 1);
  while (end > first && is_one_of(clause[end - 1].folded, {"cok", "hic", "da", "de", "pek"})) --end;
  if (end == first || end - first > kMostValue) return std::nullopt;
  if (is_one_of(clause[first].folded, {"seni", "bunu", "onu", "sizi", "sunu"})) return std::nullopt;
  return stated(MemoryKind::Preference, likes ? "likes " : "dislikes ", join(clause, first, end),
                0.8);
}

std::optional<MemoryCandidate> thing_in(const Clause& clause, std::size_t first) {
  if (clause.back().folded != "var" || clause.size() - first < 2 || clause.size() - first > 5) {
    return std::nullopt;
  }
  for (std::size_t i = first; i + 1 < clause.size(); ++i) {
    if (is_one_of(clause[i].folded, {"kedim", "kopegim", "kusum", "baligim", "tavsanim", "bahcem",
                                     "arabam", "bisikletim", "gitarim", "piyanom"})) {
      return stated(MemoryKind::PersonalFact, "has ", join(clause, first, clause.size() - 1), 0.8);
    }
  }
  return std::nullopt;
}

std::optional<MemoryCandidate> whole_in(const Clause& clause, std::size_t first) {
  if (clause.size() - first < 3 || clause.size() > kMostWords) return std::nullopt;
  const std::string& verb = clause.back().folded;
  std::size_t at = first;
  const bool habit = takes(clause, at, "her gun|sabah|aksam|gece|hafta|yaz|kis|pazar|cumartesi") ||
                     takes(clause, at, "genelde|genellikle");
  if (habit && ends_with_any(verb, {"rim", "rum", "yorum"})) {
    return stated(MemoryKind::Routine, "routine: ", join(clause, first, clause.size()), 0.75);
  }
  const bool past = takes(clause, at, "dun") || takes(clause, at, "gecen hafta|ay|yil|yaz|kis|gun");
  if (past && ends_with_any(verb, {"dim", "dum", "tim", "tum", "dik", "duk", "tik", "tuk"})) {
    return stated(MemoryKind::PastEvent, "told of: ", join(clause, first, clause.size()), 0.6);
  }
  return std::nullopt;
}

}  // namespace

std::optional<MemoryCandidate> read_turkish(const Clause& clause) {
  if (clause.empty() || clause.size() > kMostWords) return std::nullopt;
  const std::size_t first = after_subject(clause);
  if (first >= clause.size()) return std::nullopt;
  if (auto found = name_in(clause, first)) return found;
  std::size_t at = first;
  if (takes(clause, at, "dogum gunum") && at < clause.size() && clause.size() - at <= 4) {
    return stated(MemoryKind::PersonalFact, "birthday: ", join(clause, at, clause.size()), 0.9);
  }
  if (clause.size() == first + 1 && is_one_of(clause.back().folded, {"arkadasiz", "dostuz"})) {
    return stated(MemoryKind::Relationship, "calls the two of us ", "friends", 0.7);
  }
  for (const auto rule : {place_in, work_in, thing_in, whole_in, liking_in}) {
    if (auto found = rule(clause, first)) return found;
  }
  return std::nullopt;
}

}  // namespace chorus::fleet::detail
