#include "chorus/app/notify/alert_rules.hpp"

#include <fmt/format.h>

namespace chorus::app {

namespace {

void judge_share(std::vector<Alert>& out, const char* key, const char* what,
                 const policy::ShareWindow::Tally& tally, double limit, std::size_t minimum) {
  if (tally.all() < minimum || tally.bad_share() <= limit) return;
  out.push_back({key, fmt::format("{} of {} {} failed ({:.3g} %, the limit is {:.3g} %)", tally.bad,
                                  tally.all(), what, tally.bad_share() * 100, limit * 100)});
}

}  // namespace

std::vector<Alert> alerts_of(const AlertFigures& figures, const NotifySettings& settings) {
  std::vector<Alert> out;
  judge_share(out, "ticks", "decisions", figures.ticks, settings.tick_errors, settings.minimum);
  judge_share(out, "sends", "sends", figures.sends, settings.send_errors, settings.minimum);
  for (const auto& spend : figures.spend) {
    const double part = spend.most > 0 ? spend.used / spend.most : 1;
    const auto judge = [&](const char* level, double limit) {
      if (part < limit) return;
      out.push_back({fmt::format("spend:{}:{}", spend.scope, level),
                     fmt::format("{:.2f} of {:.2f} money per day is spent ({}), {:.0f} %",
                                 spend.used, spend.most, spend.scope, part * 100)});
    };
    judge("warning", settings.spend_warning);
    judge("alarm", settings.spend_alarm);
  }
  for (const auto& bot : figures.bots) {
    if (!bot.conflict.empty()) {
      out.push_back(
          {"conflict:" + bot.name,
           fmt::format("bot {} gets no updates: another process polls with its token", bot.name)});
    }
    if (bot.unauthorized) {
      out.push_back(
          {"token:" + bot.name,
           fmt::format("bot {} is switched off: the platform refused its token", bot.name)});
    }
  }
  return out;
}

}  // namespace chorus::app
