#include "chorus/app/notify/alert_figures.hpp"

#include <utility>

namespace chorus::app {

AlertFigures alert_figures(const fleet::Fleet& fleet, platform::ProviderChain& llm,
                           Duration window) {
  AlertFigures out;
  const auto shares = fleet.shares(window);
  out.ticks = shares.ticks;
  out.sends = shares.sends;
  for (const auto& budget : llm.budgets()) {
    for (const auto& [ceiling, used] : budget.usage) {
      if (ceiling.unit != policy::BudgetUnit::Money ||
          ceiling.period != policy::BudgetPeriod::Day) {
        continue;
      }
      out.spend.push_back(
          {budget.scope, static_cast<double>(used) / 1e6, static_cast<double>(ceiling.most) / 1e6});
    }
  }
  for (auto& bot : fleet.status().bots) {
    const bool refused = bot.state == store::BotState::Unauthorized;
    out.bots.push_back({std::move(bot.name), std::move(bot.conflict), refused});
  }
  return out;
}

}  // namespace chorus::app
