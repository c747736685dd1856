#include "chorus/sandbox/matrix/rate_limits.hpp"

#include "unit/sandbox/matrix_testing.hpp"
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus::sandbox {
namespace {

using matrix::Limiter;
using matrix::RateLimits;
using matrix::RateProfile;
using std::chrono::milliseconds;

RC_GTEST_PROP(MatrixLimits, NoWindowHoldsMoreThanTheBurstAndWhatLeaksInIt, ()) {
  RateLimits limits(*rc::gen::element(RateProfile::Scaled, RateProfile::SynapseDefault));
  const auto rate = limits.rate(Limiter::Message);
  std::vector<MonoTime> admitted;
  MonoTime now{};
  const auto steps = *rc::gen::container<std::vector<int>>(300, rc::gen::inRange(0, 2000));
  for (const auto step : steps) {
    now += milliseconds(step);
    if (!limits.admit(Limiter::Message, "@a:b", now)) admitted.push_back(now);
  }
  for (std::size_t from = 0; from < admitted.size(); ++from) {
    const auto count = static_cast<double>(admitted.size() - from);
    const auto span = to_seconds(admitted.back() - admitted[from]);
    RC_ASSERT(count <= rate.burst + span * rate.per_second + 1e-6);
  }
}

RC_GTEST_PROP(MatrixLimits, WhoWaitsAsLongAsItWasToldIsAdmittedAndNotMuchEarlier, ()) {
  RateLimits limits(RateProfile::SynapseDefault);
  MonoTime now{};
  for (int i = *rc::gen::inRange(12, 40); i > 0; --i) {
    now += milliseconds(*rc::gen::inRange(0, 500));
    (void)limits.admit(Limiter::Joins, "@a:b", now);  // fills it up
  }
  const auto wait = limits.ask(Limiter::Joins, "@a:b", now);
  RC_ASSERT(wait.has_value());
  RC_ASSERT(limits.ask(Limiter::Joins, "@a:b", now + *wait - milliseconds(2)).has_value());
  RC_ASSERT(!limits.admit(Limiter::Joins, "@a:b", now + *wait));
}

class MatrixReader : public testing::MatrixTest {};

/// Whatever the limits of its syncs are: a reader that fills the gaps has every message once, in
/// order.
RC_GTEST_FIXTURE_PROP(MatrixReader, FillingGapsGivesEveryMessageOnceInOrder, ()) {
  const auto ada = login("ada");
  const auto bob = login("bob");
  const auto room = create_room(ada);
  join(bob, room);
  auto since = sync(bob).text("next_batch");
  std::vector<std::string> said;
  std::vector<std::string> read;
  for (int round = *rc::gen::inRange(1, 6); round > 0; --round) {
    for (int i = *rc::gen::inRange(0, 15); i > 0; --i) {
      said.push_back(std::to_string(said.size()));
      sent(ada, room, "t" + said.back(), said.back());
      if (*rc::gen::inRange(0, 4) == 0) {
        put("rooms/" + percent_encode(room) + "/typing/@ada:sandbox", ada, R"({"typing":true})");
      }
    }
    const auto limit = *rc::gen::inRange(1, 8);
    const auto filter =
        percent_encode(fmt::format(R"({{"room":{{"timeline":{{"limit":{}}}}}}})", limit));
    const auto answer = sync(bob, since, "filter=" + filter);
    const auto part = joined(answer, room);
    std::vector<std::string> older;
    if (const auto* line = find_object(part, "timeline");
        line != nullptr && line->at("limited").as_bool()) {
      std::string from(line->at("prev_batch").as_string());
      while (!from.empty()) {
        const auto page =
            get(fmt::format("rooms/{}/messages?dir=b&limit={}&from={}&to={}", percent_encode(room),
                            *rc::gen::inRange(1, 5), from, since),
                bob);
        for (const auto& event : page.object().at("chunk").as_array()) {
          if (event.at("type") != "m.room.message") continue;
          older.insert(older.begin(), std::string(event.at("content").at("body").as_string()));
        }
        from = page.text("end");
      }
    }
    read.insert(read.end(), older.begin(), older.end());
    const auto newest = bodies(timeline(answer, room));
    read.insert(read.end(), newest.begin(), newest.end());
    since = answer.text("next_batch");
  }
  RC_ASSERT(read == said);
}

}  // namespace
}  // namespace chorus::sandbox
