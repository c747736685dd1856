#include "chorus/platform/llm/builtin.hpp"

#include "chorus/base/canary.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace chorus::platform {

namespace {

using Lines = std::array<std::string_view, 12>;

constexpr Lines kEnglish = {"Interesting that you bring up {}. What changed your mind?",
                            "I keep coming back to {} as well.",
                            "On {} I would wait for one more sign before I say anything loud.",
                            "There are two camps on {}, and both have a point.",
                            "Half of what is said about {} is noise.",
                            "Somebody explained {} to me last week, and it finally made sense.",
                            "If we are honest, nobody knows where {} goes from here.",
                            "My view on {}: small steps, and write them down.",
                            "Good point about {}. I had not seen it that way.",
                            "What would make you drop {} altogether?",
                            "I like how calm this room is about {}.",
                            "Compare {} with how it looked a month ago and tell me what you see."};
constexpr Lines kTurkish = {"{} konusunu açman iyi oldu. Fikrini ne değiştirdi?",
                            "Ben de hep {} konusuna dönüyorum.",
                            "{} için bir işaret daha beklerdim.",
                            "{} konusunda iki taraf da bir yere kadar haklı.",
                            "{} hakkında söylenenlerin yarısı gürültü.",
                            "Geçen hafta biri {} konusunu anlattı, sonunda oturdu.",
                            "Açık konuşalım, {} nereye gider kimse bilmiyor.",
                            "{} için görüşüm: küçük adımlar ve not tutmak.",
                            "{} için güzel nokta. Öyle bakmamıştım.",
                            "{} konusundan ne olursa vazgeçersin?",
                            "Bu odanın {} konusunda sakin olması hoşuma gidiyor.",
                            "{} konusunu bir ay öncesiyle karşılaştır, ne görüyorsun?"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// The words worth answering to: at least five letters, no mentions, links or markers, and not the
/// canary (a part of `text`, or empty).
std::vector<std::string_view> topics(std::string_view text, std::string_view canary) {
  constexpr std::array<std::string_view, 14> kEmpty = {
      "about", "there", "which", "would", "could",   "should", "think",
      "their", "these", "those", "where", "because", "belki",  "şimdi"};
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < text.size();) {
    if (!canary.empty() && text.data() + i == canary.data()) {
      i += canary.size();
      continue;
    }
    if (!is_letter(text[i])) {
      // A mention, a command, a marker or a link is skipped to the next space.
      if (text[i] != ' ' && std::string_view("@/#<[{|").find(text[i]) != std::string_view::npos) {
        while (i < text.size() && text[i] != ' ' && text[i] != '\n') ++i;
      } else {
        ++i;
      }
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && is_letter(text[i])) ++i;
    const std::string_view word = text.substr(start, i - start);
    bool empty = word.size() < 5 || word.size() > 24;
    for (const auto& e : kEmpty) empty = empty || iequals_ascii(word, e);
    if (!empty) found.push_back(word);
  }
  return found;
}

bool looks_turkish(std::string_view text) {
  for (const std::string_view letter : {"ı", "ş", "ğ", "İ", "Ş", "Ğ", "ç", "Ç"}) {
    if (text.find(letter) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

rt::Task<Result<fleet::Generated>> BuiltinGenerator::generate(fleet::GenerationRequest request) {
  std::string_view last;
  std::int64_t prompt = 0;
  for (const auto& line : request.lines) {
    prompt += proto::openai::estimate_tokens(line.text);
    if (line.role == fleet::Role::User) last = line.text;
  }
  const auto said = inside_marks(last);
  const auto canary = find_any_canary(said);
  Rng rng(stable_hash(said, request.seed));
  const auto words = topics(said, canary);
  const bool turkish = looks_turkish(said);
  const std::string_view fallback = turkish ? "bu konu" : "this";
  const Lines& lines = turkish ? kTurkish : kEnglish;
  fleet::Generated generated;
  generated.text = replace_all(std::string(lines[rng.below(lines.size())]), "{}",
                               words.empty() ? fallback : words[rng.below(words.size())]);
  if (rng.chance(0.3) && !words.empty()) {
    generated.text += ' ';
    generated.text += replace_all(std::string(lines[rng.below(lines.size())]), "{}",
                                  words[rng.below(words.size())]);
  }
  if (!canary.empty()) generated.text.append(" ").append(canary);
  generated.provider = "builtin";
  generated.model = "builtin-1";
  generated.prompt_tokens = prompt;
  generated.completion_tokens = proto::openai::estimate_tokens(generated.text);
  co_return generated;
}

}  // namespace chorus::platform
