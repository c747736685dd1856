#include "chorus/lab/quality/quality.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace chorus::lab {
namespace {

constexpr std::int64_t kFirstBot = 100;

/// Any talk of up to 3 people and 4 bots with links, addressees and words from a small list.
Talk any_talk() {
  static constexpr const char* kTexts[] = {
      "", "hm", "the sun is out today", "no rain at all, none", "I am an AI", "yağmur var mı?"};
  Talk talk;
  for (std::int64_t bot = 0; bot < 4; ++bot) talk.bots.push_back(kFirstBot + bot);
  const auto n = *rc::gen::inRange(0, 40);
  Duration at{};
  for (std::int64_t id = 1; id <= n; ++id) {
    at += std::chrono::milliseconds(*rc::gen::inRange(0, 20'000));
    Utterance line;
    line.id = id;
    line.bot = *rc::gen::arbitrary<bool>();
    line.speaker = line.bot ? kFirstBot + *rc::gen::inRange(0, 4) : *rc::gen::inRange(1, 4);
    line.at = at;
    line.text = kTexts[*rc::gen::inRange<std::size_t>(0, std::size(kTexts))];
    line.disclosed = line.bot && *rc::gen::arbitrary<bool>();
    if (id > 1 && *rc::gen::arbitrary<bool>())
      line.reply_to = *rc::gen::inRange<std::int64_t>(1, id);
    if (!line.bot && *rc::gen::arbitrary<bool>()) {
      line.addressed = *rc::gen::element<std::int64_t>(1, 2, kFirstBot, kFirstBot + 1);
    }
    talk.lines.push_back(std::move(line));
  }
  return talk;
}

RC_GTEST_PROP(QualityProperty, StaysInItsRange, ()) {
  for (const auto& value : measure_quality(any_talk())) {
    if (!value.sample.value) continue;
    RC_ASSERT(std::isfinite(*value.sample.value));
    RC_ASSERT(value.sample.n > 0U);
    if (value.bound->name == "quality_reply_p95") {
      RC_ASSERT(*value.sample.value >= 0);
      continue;
    }
    RC_ASSERT(*value.sample.value >= (value.bound->name == "quality_burstiness" ? -1.0 : 0.0));
    RC_ASSERT(*value.sample.value <= 1 + 1e-9);
  }
}

RC_GTEST_PROP(QualityProperty, NamesDoNotMatter, ()) {
  auto talk = any_talk();
  const auto before = measure_quality(talk);
  // Turns the order of all numbers round, so that nothing may hang on it.
  const auto rename = [](std::int64_t& who) { who = 10'000 - who; };
  for (auto& bot : talk.bots) rename(bot);
  for (auto& line : talk.lines) {
    rename(line.speaker);
    if (line.addressed) rename(*line.addressed);
  }
  const auto after = measure_quality(talk);
  for (std::size_t i = 0; i < before.size(); ++i) {
    RC_ASSERT(before[i].sample.n == after[i].sample.n);
    RC_ASSERT(before[i].sample.value.has_value() == after[i].sample.value.has_value());
    if (before[i].sample.value) {
      RC_ASSERT(std::abs(*before[i].sample.value - *after[i].sample.value) < 1e-9);
    }
  }
}

}  // namespace
}  // namespace chorus::lab
