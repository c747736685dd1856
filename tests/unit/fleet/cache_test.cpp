#include "chorus/fleet/cache.hpp"

#include "chorus/rt/sleep.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chorus::fleet {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Text = Cache<std::string>;

/// A source whose answers a test sets; it takes a second.
struct Source {
  explicit Source(rt::Loop& l) : loop(l) {}
  rt::Loop& loop;
  std::map<std::string, Text::Loaded> rows;
  bool down = false;
  std::vector<std::string> reads;

  static rt::Task<Result<Text::Loaded>> read(Source* self, std::string key) {
    self->reads.push_back(key);
    // As it was when the read began.
    const auto row = self->rows.contains(key) ? self->rows[key] : Text::Loaded{};
    const bool down = self->down;
    if (!co_await rt::sleep_for(self->loop, seconds(1))) co_return fail(ErrorCode::Cancelled);
    if (down) co_return fail(ErrorCode::Unavailable, "the source is gone");
    co_return row;
  }
  Text::Loader loader() {
    return [this](std::string key) { return read(this, std::move(key)); };
  }
};

/// A second level in memory, for tests only.
struct FakeL2 final : store::L2Cache {
  std::map<std::string, std::string> held;
  std::vector<std::string> invalidated;
  std::size_t calls = 0;
  bool down = false;
  Watcher watcher;

  rt::Task<Result<std::optional<std::string>>> get(std::string key, Duration) override {
    ++calls;
    if (down) co_return fail(ErrorCode::Timeout);
    const auto found = held.find(key);
    co_return found == held.end() ? std::nullopt : std::optional(found->second);
  }
  rt::Task<Result<void>> put(std::string key, std::string value, Duration, Duration) override {
    ++calls;
    if (down) co_return fail(ErrorCode::Timeout);
    held[key] = std::move(value);
    co_return Result<void>{};
  }
  rt::Task<Result<void>> invalidate(std::string key, std::uint64_t, Duration) override {
    ++calls;
    if (down) co_return fail(ErrorCode::Timeout);
    held.erase(key);
    invalidated.push_back(std::move(key));
    co_return Result<void>{};
  }
  void watch(std::string, Watcher w) override { watcher = std::move(w); }
};

CacheCodec<std::string> codec(std::uint8_t schema = 1) {
  return {schema, [](const std::string& text) { return text; },
          [](std::string_view bytes) -> Result<std::string> { return std::string(bytes); }};
}

class CacheTest : public ::testing::Test {
 protected:
  struct Reader {
    std::optional<Result<Text::Ptr>> answer;
    rt::TaskScope::Handle handle;
    [[nodiscard]] std::string text() const {
      if (!answer) return "(waits)";
      if (!*answer) return std::string(to_string(answer->error().code));
      return **answer == nullptr ? "(none)" : ***answer;
    }
  };
  using ReaderPtr = std::shared_ptr<Reader>;  // owners: the test and the reader's task

  CacheTest() { use({}); }
  ~CacheTest() override {
    chorus::test::drive(loop, scope.close());
    chorus::test::drive(loop, cache->close());
  }
  void use(CacheOptions options, store::L2Cache* level = nullptr, std::uint8_t schema = 1) {
    if (cache) chorus::test::drive(loop, cache->close());
    if (options.name.empty()) options.name = "test";
    cache = std::make_unique<Text>(loop, metrics, options, level, codec(schema));
  }
  ReaderPtr read(std::string key = "a", std::uint64_t min_version = 0) {
    auto reader = std::make_shared<Reader>();
    reader->handle = rt::spawn(scope, "reader", &CacheTest::run, cache.get(), &source,
                               std::move(key), min_version, reader);
    return reader;
  }
  std::string now(std::string key = "a", std::uint64_t min_version = 0) {
    const auto reader = read(std::move(key), min_version);
    wait(milliseconds(1001));
    return reader->text();
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }
  double counted(std::string_view name) { return metrics.value(name, {{"namespace", "test"}}); }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  metrics::Registry metrics;
  Source source{loop};
  FakeL2 l2;
  rt::TaskScope scope{loop};
  std::unique_ptr<Text> cache;

 private:
  static rt::Task<void> run(Text* cache, Source* source, std::string key, std::uint64_t min_version,
                            ReaderPtr reader) {
    reader->answer.emplace(co_await cache->get(std::move(key), source->loader(), min_version));
  }
};

TEST_F(CacheTest, ReadsTheSourceOnceUntilTheTimeIsUp) {
  source.rows["a"] = {"one", 1};
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(source.reads.size(), 1U);
  wait(minutes(1));
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(source.reads.size(), 2U);
  EXPECT_EQ(counted("chorus_cache_hits_total"), 1);
  EXPECT_EQ(counted("chorus_cache_misses_total"), 2);
  EXPECT_EQ(counted("chorus_cache_loads_total"), 2);
  EXPECT_EQ(counted("chorus_cache_entries"), 1);
}

TEST_F(CacheTest, ManyWhoAskAtOnceShareOneRead) {
  source.rows["a"] = {"one", 1};
  std::vector<ReaderPtr> readers;
  for (int i = 0; i < 50; ++i) readers.push_back(read());
  wait(milliseconds(500));
  readers.push_back(read());
  wait(seconds(1));
  for (const auto& reader : readers) EXPECT_EQ(reader->text(), "one");
  EXPECT_EQ(source.reads.size(), 1U);
  EXPECT_EQ(cache->status().shared, 50U);
}

TEST_F(CacheTest, ACancelledCallerDoesNotEndTheReadOfTheOthers) {
  source.rows["a"] = {"one", 1};
  const auto first = read();
  const auto second = read();
  wait(milliseconds(500));
  first->handle.cancel();
  wait(milliseconds(1));
  EXPECT_EQ(first->text(), "cancelled");
  wait(seconds(1));
  EXPECT_EQ(second->text(), "one");
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(source.reads.size(), 1U);
}

TEST_F(CacheTest, WhatDoesNotExistIsBelievedForAShorterTime) {
  EXPECT_EQ(now(), "(none)");
  EXPECT_EQ(read()->text(), "(waits)");
  wait(Duration(1));
  EXPECT_EQ(source.reads.size(), 1U) << "answered from memory";
  source.rows["a"] = {"born", 1};
  wait(seconds(1));
  EXPECT_EQ(now(), "born");
  EXPECT_EQ(counted("chorus_cache_negative_hits_total"), 1);
}

TEST_F(CacheTest, AnErrorIsToldToAllAndNotKept) {
  source.down = true;
  const auto first = read();
  const auto second = read();
  wait(seconds(2));
  EXPECT_EQ(first->text(), "unavailable");
  EXPECT_EQ(second->text(), "unavailable");
  source.down = false;
  source.rows["a"] = {"one", 1};
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(cache->status().load_errors, 1U);
}

TEST_F(CacheTest, ASourceThatHangsIsGivenUp) {
  use({.load_timeout = milliseconds(200)});
  const auto reader = read();
  wait(milliseconds(300));
  EXPECT_EQ(reader->text(), "timeout");
}

TEST_F(CacheTest, WhoAsksAfterAnInvalidationNeverGetsTheOldValue) {
  source.rows["a"] = {"old", 1};
  const auto before = read();
  wait(milliseconds(500));
  source.rows["a"] = {"new", 2};
  cache->invalidate("a", 2);
  const auto after = read();
  wait(seconds(2));
  EXPECT_EQ(before->text(), "old") << "it asked before the change";
  EXPECT_EQ(after->text(), "new");
  EXPECT_EQ(now(), "new");
  EXPECT_EQ(source.reads.size(), 2U) << "the old read was not cached over the new one";
}

TEST_F(CacheTest, AnInvalidationWithoutAVersionForgetsToo) {
  source.rows["a"] = {"old", 0};
  EXPECT_EQ(now(), "old");
  source.rows["a"] = {"new", 0};
  cache->invalidate("a");
  EXPECT_EQ(now(), "new");
  EXPECT_EQ(counted("chorus_cache_invalidations_total"), 1);
}

TEST_F(CacheTest, ACallerMayAskForAVersion) {
  source.rows["a"] = {"old", 1};
  EXPECT_EQ(now(), "old");
  source.rows["a"] = {"new", 2};
  EXPECT_EQ(now("a", 1), "old");
  EXPECT_EQ(now("a", 2), "new");
}

TEST_F(CacheTest, ItIsBounded) {
  use({.capacity = 10});
  for (int i = 0; i < 30; ++i) {
    source.rows[std::to_string(i)] = {"x", 1};
    EXPECT_EQ(now(std::to_string(i)), "x");
  }
  EXPECT_EQ(cache->status().entries, 10U);
  EXPECT_EQ(counted("chorus_cache_evictions_total"), 20);
}

TEST_F(CacheTest, SwitchedOffItAlwaysReads) {
  use({.policy = CachePolicy::Off});
  source.rows["a"] = {"one", 1};
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(source.reads.size(), 2U);
}

TEST_F(CacheTest, TheSharedLevelAnswersForAnotherProcess) {
  use({.policy = CachePolicy::L1AndL2}, &l2);
  source.rows["a"] = {"one", 7};
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(now("gone"), "(none)");
  EXPECT_EQ(l2.held.size(), 2U);
  use({.policy = CachePolicy::L1AndL2}, &l2);  // another process
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(now("gone"), "(none)");
  EXPECT_EQ(source.reads.size(), 2U);
  EXPECT_EQ(cache->status().l2_hits, 2U);
  cache->invalidate("a", 8);
  wait(milliseconds(1));
  EXPECT_EQ(l2.invalidated, std::vector<std::string>{"chorus:test:a"});
  EXPECT_FALSE(l2.held.contains("chorus:test:a"));
}

TEST_F(CacheTest, BytesOfAnotherSchemaOrVersionAreReadAnew) {
  use({.policy = CachePolicy::L1AndL2}, &l2);
  source.rows["a"] = {"one", 1};
  EXPECT_EQ(now(), "one");
  use({.policy = CachePolicy::L1AndL2}, &l2, 2);
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(source.reads.size(), 2U);
  use({.policy = CachePolicy::L1AndL2}, &l2, 2);
  source.rows["a"] = {"two", 2};
  EXPECT_EQ(now("a", 2), "two");
  l2.held["chorus:test:a"] = "x";
  use({.policy = CachePolicy::L1AndL2}, &l2, 2);
  EXPECT_EQ(now(), "two");
}

TEST_F(CacheTest, ASharedLevelThatFailsIsLeftOut) {
  use({.policy = CachePolicy::L1AndL2}, &l2);
  l2.down = true;
  source.rows["a"] = {"one", 1};
  EXPECT_EQ(now(), "one");
  EXPECT_EQ(now("b"), "(none)");
  EXPECT_EQ(l2.calls, 1U) << "not asked again for 5 s";
  EXPECT_EQ(cache->status().l2_errors, 1U);
  l2.down = false;
  wait(seconds(5));
  EXPECT_EQ(now("c"), "(none)");
  EXPECT_GT(l2.calls, 1U);
}

TEST_F(CacheTest, WhatAnotherProcessChangedIsForgotten) {
  use({.policy = CachePolicy::L1AndL2}, &l2);
  source.rows["a"] = {"old", 1};
  EXPECT_EQ(now(), "old");
  source.rows["a"] = {"new", 2};
  l2.held.clear();
  l2.watcher.invalidated("chorus:test:a", 2);
  EXPECT_EQ(now(), "new");
  l2.held.clear();
  source.rows["a"] = {"newest", 3};
  l2.watcher.lost();
  EXPECT_EQ(now(), "newest") << "after a lost link nothing is believed";
}

TEST_F(CacheTest, ClosedItAnswersCancelled) {
  const auto reader = read();
  wait(milliseconds(1));
  chorus::test::drive(loop, cache->close());
  wait(milliseconds(1));
  EXPECT_EQ(reader->text(), "cancelled");
  EXPECT_EQ(now("b"), "cancelled");
}

TEST(CachePolicies, AreReadFromOneLine) {
  const auto policies = parse_cache_policies("reactions=off, api_tokens=l1_l2,");
  ASSERT_TRUE(policies.has_value());
  EXPECT_EQ(policies->at("reactions"), CachePolicy::Off);
  EXPECT_EQ(policies->at("api_tokens"), CachePolicy::L1AndL2);
  EXPECT_TRUE(parse_cache_policies("")->empty());
  for (const auto* text : {"reactions", "reactions=on", "=off", "moods=off"}) {
    const auto refused = parse_cache_policies(text);
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().message.find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace chorus::fleet
