// A persona document from anywhere: it is read or refused with problems; what was read is written
// and read again the same, its rewrite is clean, and a prompt can be made of it.
#include "chorus/base/check.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/prompt.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus;
  const auto document = parse_json({reinterpret_cast<const char*>(data), size}, {}, 16);
  if (!document) return 0;
  const auto reading = fleet::read_persona(*document);
  CH_CHECK(reading.persona.has_value() == reading.problems.empty());
  if (!reading.persona) return 0;
  const auto again = parse_json(fleet::write_persona(*reading.persona));
  CH_CHECK(again && fleet::read_persona(*again).persona == reading.persona);
  const fleet::Persona clean = fleet::propose_rewrite(*reading.persona);
  CH_CHECK(fleet::lint_persona(clean).empty());
  fleet::PromptInput input;
  input.persona = &clean;
  input.bot_name = "Ada";
  Rng rng(1);
  CH_CHECK(!fleet::build_prompt(input, rng).lines.empty());
  return 0;
}
