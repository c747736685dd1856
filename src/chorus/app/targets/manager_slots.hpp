#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/lab/slots.hpp"
#include "chorus/policy/conversation_manager.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// The fleet's own conversation manager and nothing around it, for runs of kind `conversations`.
class ManagerSlots final : public lab::ConversationSlots {
 public:
  explicit ManagerSlots(const policy::ConversationLimits& limits) : manager_(limits) {}

  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] std::string limits() const override;
  Asked ask(ConversationId id, PersonId person, MonoTime now) override;
  bool touch(ConversationId id, MonoTime now) override;
  std::string_view end(ConversationId id, MonoTime now) override;
  [[nodiscard]] std::optional<MonoTime> next_due() const override;
  void advance(MonoTime now, std::vector<Event>& out) override;
  [[nodiscard]] std::map<std::string, std::uint64_t> counts() const override;

 private:
  policy::ConversationManager manager_;
  std::vector<policy::ConversationAction> actions_;
};

/// The limits that a fleet under test has with this `target.env`: the same names, the same
/// defaults. Errors: Misconfigured, as `chorus serve` would say it.
Result<policy::ConversationLimits> conversation_limits(const lab::TargetSpec& spec);

}  // namespace chorus::app
