#pragma once

#include "chorus/fleet/ports.hpp"

namespace chorus::platform {

/// The generator that needs no key and no network: short, deterministic lines made from the words
/// of the message it answers and the seed of the request, with the message's canary if it has one.
/// It makes a fleet run and a load test cheap; it says nothing about how well a language model
/// would talk, and reports say so.
class BuiltinGenerator final : public fleet::GeneratorPort {
 public:
  rt::Task<Result<fleet::Generated>> generate(fleet::GenerationRequest request) override;
};

}  // namespace chorus::platform
