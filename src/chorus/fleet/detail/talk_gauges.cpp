#include "chorus/fleet/detail/talk_gauges.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <vector>

namespace chorus::fleet::detail {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct Shown {
  const char* name;
  const char* help;
  std::optional<double> TalkWindow::Shape::* value;
};
constexpr std::array kShown{
    Shown{"chorus_talk_speaking_gini",
          "How unevenly the bots spoke in groups in the last hour: 0 all alike, 1 one alone",
          &TalkWindow::Shape::speaking_gini},
    Shown{"chorus_talk_bot_share", "Share of the lines of bots in groups in the last hour",
          &TalkWindow::Shape::bot_share},
    Shown{"chorus_talk_turn_entropy",
          "How open the next speaker was in groups in the last hour: 0 ping-pong, 1 shuffle",
          &TalkWindow::Shape::turn_entropy}};

}  // namespace

TalkGauges::TalkGauges(metrics::Registry& registry, const TalkWindow& talk,
                       const Directory& directory, const rt::Loop& loop)
    : registry_(registry), talk_(talk), directory_(directory), loop_(loop) {
  for (const Shown& shown : kShown) {
    registry_.gauge_callback(shown.name, shown.help, {}, [this, value = shown.value] {
      return (shape().*value).value_or(kNothing);
    });
  }
}

TalkGauges::~TalkGauges() {
  for (const Shown& shown : kShown) {
    registry_.gauge_callback(shown.name, shown.help, {}, [] { return kNothing; });
  }
}

TalkWindow::Shape TalkGauges::shape() const {
  std::set<BotId> able;
  for (const auto& room : directory_.rooms()) {
    if (room->is_private()) continue;
    for (const BotId id : room->members) {
      const Bot* bot = directory_.bot(id);
      if (bot != nullptr && bot->may_send()) able.insert(id);
    }
  }
  const std::vector<BotId> bots(able.begin(), able.end());
  return talk_.shape(bots, loop_.now());
}

}  // namespace chorus::fleet::detail
