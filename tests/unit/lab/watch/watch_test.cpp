#include "chorus/lab/watch/watch.hpp"

#include "chorus/lab/compare/compare.hpp"
#include "chorus/lab/compare/run_store.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using From = Watch::From;

struct Fleet {
  int in = 0, sent = 0, good = 0, bad = 0, limited = 0, hits = 0, misses = 0;
  int breaker = 0;
  [[nodiscard]] std::string text() const {
    return fmt::format(
        "# TYPE chorus_updates_accepted_total counter\nchorus_updates_accepted_total {}\n"
        "# TYPE chorus_sends_total counter\nchorus_sends_total{{result=\"sent\"}} {}\n"
        "# TYPE chorus_platform_calls_total counter\n"
        "chorus_platform_calls_total{{platform=\"telegram\",method=\"sendMessage\",status=\"200\"}}"
        " "
        "{}\n"
        "chorus_platform_calls_total{{platform=\"telegram\",method=\"sendMessage\",status=\"500\"}}"
        " "
        "{}\n"
        "chorus_platform_calls_total{{platform=\"telegram\",method=\"sendMessage\",status=\"429\"}}"
        " "
        "{}\n"
        "# TYPE chorus_cache_hits_total counter\nchorus_cache_hits_total{{namespace=\"room\"}} {}\n"
        "# TYPE chorus_cache_misses_total counter\n"
        "chorus_cache_misses_total{{namespace=\"room\"}} {}\n"
        "# TYPE chorus_breaker_state gauge\nchorus_breaker_state{{of=\"platform_host\"}} {}\n"
        "# TYPE chorus_turns_total counter\nchorus_turns_total{{reason=\"sent\"}} {}\n",
        in, sent, good, bad, limited, hits, misses, breaker, sent);
  }
};

Watch made(Duration total = {}) {
  Watch::Options options;
  options.total = total;
  Watch watch(options);
  watch.use(From::Metrics, "http://127.0.0.1:9100/metrics");
  return watch;
}

Threshold threshold(const Watch& watch, std::string_view metric, std::string_view expr) {
  const auto own = watch.own_metrics();
  auto parsed = parse_threshold(metric, expr, own);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  return parsed ? *parsed : Threshold{};
}

double value(const RunResult& r, std::string_view key) {
  const auto* found = find_summary(r, key);
  EXPECT_NE(found, nullptr) << key;
  return found ? found->value : -1;
}

TEST(Watch, OurOwnNamesAreMessagesCallsCachesAndBreakers) {
  auto watch = made();
  Fleet fleet{.in = 100, .sent = 90, .good = 90, .bad = 5, .limited = 5, .hits = 10, .misses = 10};
  ASSERT_TRUE(watch.metrics(seconds(0), fleet.text()));
  fleet = {.in = 150,
           .sent = 130,
           .good = 130,
           .bad = 9,
           .limited = 6,
           .hits = 40,
           .misses = 20,
           .breaker = 2};
  ASSERT_TRUE(watch.metrics(seconds(1), fleet.text()));
  fleet.breaker = 0;
  ASSERT_TRUE(watch.metrics(seconds(3), fleet.text()));
  const auto r = watch.finish(seconds(4), {RunEnd::Complete, "after 4s"}, {});
  EXPECT_EQ(value(r, "messages{side:person}"), 50);
  EXPECT_EQ(value(r, "messages{side:bot}"), 40);
  EXPECT_EQ(value(r, "api_calls"), 45);
  EXPECT_NEAR(value(r, "errors"), 4.0 / 45, 1e-9) << "429 is a limit and no error";
  EXPECT_EQ(value(r, "rate_limited"), 1);
  EXPECT_EQ(value(r, "cache_hits"), 0.75);
  EXPECT_EQ(value(r, "breaker_opened"), 1);
  ASSERT_TRUE(r.watch);
  ASSERT_EQ(r.watch->calls.size(), 1u);
  EXPECT_EQ(r.watch->calls[0].failed, 4u);
  EXPECT_EQ(r.watch->calls[0].p95_ms, std::nullopt) << "nobody has measured it";
  ASSERT_EQ(r.watch->breakers.size(), 1u);
  EXPECT_EQ(r.watch->breakers[0].open_s, 2);
  EXPECT_EQ(r.watch->turns, (std::vector<std::pair<std::string, std::uint64_t>>{{"sent", 40}}));
}

TEST(Watch, WithoutThresholdsNothingIsClaimed) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  const auto r = watch.finish(seconds(600), {RunEnd::Complete, "after 10m"}, {});
  EXPECT_EQ(r.verdict, Verdict::Watched);
  EXPECT_EQ(r.exit_code, 0);
  const auto text = summary_text(r, {});
  EXPECT_TRUE(text.starts_with("WATCHED")) << text;
  EXPECT_EQ(text.find("PASS"), std::string::npos);
  EXPECT_EQ(text.find("reply"), std::string::npos) << "no latency that was not measured: " << text;
}

TEST(Watch, ThresholdsDecideAndAnUnknownNumberDecidesNothing) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(watch.metrics(seconds(1), Fleet{.good = 95, .bad = 5}.text()));
  const auto end = WatchEnd{RunEnd::Complete, "after 1s"};
  const auto passed = watch.finish(seconds(1), end, {threshold(watch, "errors", "rate<=0.05")});
  EXPECT_EQ(passed.verdict, Verdict::Pass);
  EXPECT_EQ(passed.exit_code, 0);
  auto again = made();
  ASSERT_TRUE(again.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(again.metrics(seconds(1), Fleet{.good = 95, .bad = 5}.text()));
  const auto failed = again.finish(seconds(1), end, {threshold(again, "errors", "rate<0.01")});
  EXPECT_EQ(failed.verdict, Verdict::Fail);
  EXPECT_EQ(failed.exit_code, 99);
  auto blind = made();
  ASSERT_TRUE(blind.metrics(seconds(0), "# TYPE up gauge\nup 1\n"));
  const auto open = blind.finish(seconds(1), end, {threshold(blind, "errors", "rate<0.01")});
  EXPECT_EQ(open.verdict, Verdict::Invalid) << "a program that counts no errors has none shown";
  EXPECT_EQ(open.exit_code, 120);
}

TEST(Watch, AStrangersFamiliesMayBeNamedInThresholds) {
  auto watch = made();
  const auto text = [](int n, double gauge) {
    return fmt::format(
        "# TYPE myapp_requests_total counter\nmyapp_requests_total{{path=\"a\"}} {}\n"
        "# TYPE myapp_queue gauge\nmyapp_queue {}\n"
        "# TYPE myapp_took_seconds histogram\n"
        "myapp_took_seconds_bucket{{le=\"0.1\"}} {}\n"
        "myapp_took_seconds_bucket{{le=\"+Inf\"}} {}\n"
        "myapp_took_seconds_sum {}\nmyapp_took_seconds_count {}\n",
        n, gauge, n, n, n * 0.05, n);
  };
  ASSERT_TRUE(watch.metrics(seconds(0), text(0, 3)));
  ASSERT_TRUE(watch.metrics(seconds(10), text(200, 7)));
  const auto r = watch.finish(seconds(10), {RunEnd::Complete, "after 10s"},
                              {threshold(watch, "myapp_requests_total{path:a}", "rate==20"),
                               threshold(watch, "myapp_queue", "max<=7"),
                               threshold(watch, "myapp_took_seconds", "p(95)<=100"),
                               threshold(watch, "myapp_took_seconds", "avg<=50.001")});
  for (const auto& t : r.thresholds) {
    EXPECT_TRUE(t.ok) << to_string(t.threshold.metric) << ' ' << t.threshold.expr << ' '
                      << t.value.value_or(-1);
  }
  EXPECT_EQ(r.verdict, Verdict::Pass);
  const auto back = parse_result(result_json(r));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->thresholds.size(), 4u) << "a stored result knows them, too";
  EXPECT_EQ(r.watch->rows.size(), 3u);
}

TEST(Watch, AGapIsNotedAndNoEnd) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(watch.metrics(seconds(1), Fleet{.in = 10}.text()));
  for (int s = 2; s <= 5; ++s) watch.failed(From::Metrics, seconds(s), "connection refused");
  EXPECT_EQ(watch.live(seconds(5)).silent.size(), 1u);
  ASSERT_TRUE(watch.metrics(seconds(6), Fleet{.in = 4}.text()));
  EXPECT_TRUE(watch.live(seconds(6)).silent.empty());
  const auto r = watch.finish(seconds(7), {RunEnd::Complete, "after 7s"}, {});
  const auto& source = r.watch->sources.at(0);
  ASSERT_EQ(source.gaps.size(), 1u);
  EXPECT_EQ(source.gaps[0], (std::pair<double, double>(2, 6)));
  EXPECT_EQ(source.failed, 4u);
  ASSERT_EQ(source.restarts.size(), 1u) << "it came back with lower counts";
  EXPECT_EQ(value(r, "messages{side:person}"), 14);
  EXPECT_TRUE(r.watch->points.at(3).silent);
  EXPECT_FALSE(r.watch->points.at(0).silent);
}

TEST(Watch, GrowthIsSpreadOverTheTimeItTookAndAddsUp) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(watch.metrics(milliseconds(2500), Fleet{.in = 100}.text()));
  const auto r = watch.finish(seconds(3), {RunEnd::Complete, "after 3s"}, {});
  double sum = 0;
  for (const auto& p : r.watch->points) sum += p.messages_in;
  EXPECT_NEAR(sum, 100, 1e-9);
  EXPECT_NEAR(r.watch->points.at(0).messages_in, 40, 1e-9);
  EXPECT_NEAR(r.watch->points.at(2).messages_in, 20, 1e-9);
}

TEST(Watch, DaysNeedNoMoreMemoryThanMinutesAndLoseNoCount) {
  auto watch = made();
  Fleet fleet;
  ASSERT_TRUE(watch.metrics(seconds(0), fleet.text()));
  int n = 0;
  for (Duration at = seconds(60); at <= hours(72); at += seconds(60)) {
    fleet.in = ++n;
    ASSERT_TRUE(watch.metrics(at, fleet.text()));
  }
  const auto r = watch.finish(hours(72), {RunEnd::Complete, "after 72h"}, {});
  EXPECT_LE(r.watch->points.size(), WatchSeries::kMaxPoints);
  EXPECT_LE(r.series.size(), Series::kMaxPoints);
  double sum = 0;
  for (const auto& p : r.watch->points) sum += p.messages_in;
  EXPECT_NEAR(sum, n, 1e-6);
  EXPECT_LE(result_html(r).size(), 1'000'000u);
}

TEST(Watch, TheSandboxTellsCallsWithTheirTimes) {
  Watch watch(Watch::Options{});
  watch.use(From::Sandbox, "http://127.0.0.1:8090");
  const auto stats = [](int n) {
    return fmt::format(
        R"({{"by_method":[{{"door":"telegram","method":"sendmessage","count":{0},)"
        R"("statuses":{{"200":{1},"429":{2}}},"seconds":{3},"at_most_ms":[[5,0],[10,{0}]]}}],)"
        R"("ledger":{{"person_messages":{0},"bot_messages":{1},"pending":3}}}})",
        n, n - n / 10, n / 10, n * 0.008);
  };
  ASSERT_TRUE(watch.sandbox(seconds(0), stats(0)));
  ASSERT_TRUE(watch.sandbox(seconds(1), stats(100)));
  EXPECT_FALSE(watch.sandbox(seconds(2), R"({"ready":true})"));
  EXPECT_FALSE(watch.sandbox(seconds(2), "not json"));
  const auto r = watch.finish(seconds(2), {RunEnd::Complete, "after 2s"}, {});
  EXPECT_EQ(value(r, "rate_limited"), 10);
  EXPECT_EQ(value(r, "messages{side:bot}"), 90);
  ASSERT_EQ(r.watch->calls.size(), 1u);
  EXPECT_EQ(r.watch->calls[0].seen_by, "sandbox");
  EXPECT_EQ(r.watch->calls[0].limited, 10u);
  EXPECT_NEAR(r.watch->calls[0].p50_ms.value_or(0), 7.5, 1e-6);
}

TEST(Watch, ProcessNumbersOfTheProgramItselfServeWhereNobodyGaveItsProcess) {
  auto watch = made();
  const auto text = [](double cpu) {
    return fmt::format(
        "# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes 50000000\n"
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {}\n"
        "# TYPE process_open_fds gauge\nprocess_open_fds 12\n",
        cpu);
  };
  ASSERT_TRUE(watch.metrics(seconds(0), text(10)));
  ASSERT_TRUE(watch.metrics(seconds(2), text(11)));
  const auto live = watch.live(seconds(2));
  ASSERT_TRUE(live.process);
  EXPECT_EQ(live.process->rss, 50'000'000u);
  EXPECT_NEAR(live.cpu, 0.5, 1e-9);
  const auto r = watch.finish(seconds(2), {RunEnd::Complete, "after 2s"}, {});
  ASSERT_FALSE(r.processes.empty());
  EXPECT_EQ(r.processes[0].fds, 12u);
}

TEST(Watch, AStoredWatchIsReadBackWhole) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(watch.metrics(seconds(1), Fleet{.in = 5, .good = 3, .breaker = 2}.text()));
  watch.failed(From::Metrics, seconds(2), "timeout");
  const auto r = watch.finish(seconds(4), {RunEnd::TargetEnded, "process 7 has ended"}, {});
  const auto json = result_json(r);
  const auto back = parse_result(json);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->verdict, Verdict::Watched);
  EXPECT_EQ(back->end, RunEnd::TargetEnded);
  EXPECT_EQ(result_json(*back), json);
}

TEST(Watch, NumbersThatNoProgramShouldSayAreShownAllTheSame) {
  auto watch = made();
  const auto text = [](std::string_view n) {
    return fmt::format(
        "# TYPE odd_seconds gauge\nodd_seconds {0}\n# TYPE odd_bytes gauge\n"
        "odd_bytes {0}\n# TYPE odd_total counter\nodd_total {0}\n"
        "# TYPE chorus_breaker_state gauge\nchorus_breaker_state{{of=\"x\"}} {0}\n"
        "# TYPE process_resident_memory_bytes gauge\n"
        "process_resident_memory_bytes {0}\n"
        "# TYPE chorus_sends_total counter\nchorus_sends_total{{result=\"sent\"}} "
        "{0}\n",
        n);
  };
  ASSERT_TRUE(watch.metrics(seconds(0), text("1")));
  ASSERT_TRUE(watch.metrics(seconds(1), text("1e300")));
  ASSERT_TRUE(watch.metrics(seconds(2), text("-1e300")));
  ASSERT_TRUE(watch.metrics(seconds(3), text("1e-310")));
  ASSERT_TRUE(watch.metrics(seconds(4), text("NaN")));
  const auto r = watch.finish(
      seconds(5), {RunEnd::Complete, "after 5s"},
      {threshold(watch, "odd_seconds", "max<1s"), threshold(watch, "odd_bytes", "max<1GiB")});
  EXPECT_EQ(r.verdict, Verdict::Fail);
  const auto json = result_json(r);
  const auto back = parse_result(json);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_FALSE(summary_text(*back, {}).empty());
  EXPECT_FALSE(result_markdown(*back).empty());
}

TEST(Watch, AWatchIsNotComparedWithALoadTest) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  ASSERT_TRUE(watch.metrics(seconds(1), Fleet{.good = 500}.text()));
  const auto watched = watch.finish(seconds(10), {RunEnd::Complete, "after 10s"}, {});
  RunResult load;
  load.name = watched.name;
  load.verdict = Verdict::Pass;
  load.measured = seconds(10);
  const std::vector<NamedRun> before = {{"a", watched}};
  const std::vector<NamedRun> after = {{"b", load}};
  const auto refused = compare_runs(before, after, {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("one is a watch"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(compare_runs(before, before, {}).has_value());
  EXPECT_EQ(index_entry("a", watched).load, "watched");
}

TEST(Watch, RecordsAreTheIntervalsThatAreOver) {
  auto watch = made();
  ASSERT_TRUE(watch.metrics(seconds(0), Fleet{}.text()));
  EXPECT_EQ(watch.take_record(), "") << "the first interval still goes on";
  ASSERT_TRUE(watch.metrics(milliseconds(2100), Fleet{.in = 21}.text()));
  EXPECT_NE(watch.take_record().find("\"in\":10"), std::string::npos);
  EXPECT_FALSE(watch.take_record().empty());
  EXPECT_EQ(watch.take_record(), "");
}

}  // namespace
}  // namespace chorus::lab
