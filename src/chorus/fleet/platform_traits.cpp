#include "chorus/fleet/platform_traits.hpp"

#include "chorus/fleet/prompt.hpp"

namespace chorus::fleet {
namespace {

policy::SendLimits telegram_limits(const FleetSettings& settings) {
  return policy::SendLimits::of(settings.send_profile);
}

policy::SendLimits matrix_limits(const FleetSettings& settings) {
  policy::SendLimits limits;
  // Synapse's rc_message: 0.2 a second, 10 in a row, per account.
  if (settings.matrix_send_profile == MatrixSendProfile::Synapse) {
    limits.per_bot = policy::WindowSpec{10, std::chrono::seconds(50)};
  }
  return limits;
}

constexpr PlatformTraits kTelegram{.longest_message = kLongestMessage,
                                   .idempotent_sends = false,
                                   .positive_chats_are_private = true,
                                   .questions_begin_threads = false,
                                   .limits = &telegram_limits};
// Events hold 65,536 bytes of JSON. A text of 16,000 code points needs at most 64,000 of them.
constexpr PlatformTraits kMatrix{.longest_message = 16'000,
                                 .idempotent_sends = true,
                                 .positive_chats_are_private = false,
                                 .questions_begin_threads = true,
                                 .limits = &matrix_limits};

}  // namespace

const PlatformTraits& traits_of(store::Platform platform) {
  return platform == store::Platform::Matrix ? kMatrix : kTelegram;
}

bool sends_again(store::Platform platform, const FleetSettings& settings) {
  return traits_of(platform).idempotent_sends || settings.on_unknown == OnUnknown::Resend;
}

policy::ChatKind limit_kind(store::Platform platform, PlatformChatId chat) {
  return traits_of(platform).positive_chats_are_private && chat.value > 0
             ? policy::ChatKind::Private
             : policy::ChatKind::Group;
}

}  // namespace chorus::fleet
