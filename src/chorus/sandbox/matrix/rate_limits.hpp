#pragma once

#include "chorus/base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chorus::sandbox::matrix {

enum class Limiter : std::uint8_t {
  Message,
  Registration,
  LoginAddress,
  LoginAccount,
  LoginFailed,
  Joins,
  JoinsPerRoom,
  InvitesPerRoom,
  InvitesPerUser,
  InvitesPerIssuer,
  RoomCreation,
  MediaCreate,
};
inline constexpr std::size_t kLimiters = 12;

/// `Off`: nothing is limited. `Scaled`: the default's shape with room for a load test (rates and
/// bursts times 100). `SynapseDefault`: what a fresh Synapse does.
enum class RateProfile : std::uint8_t { Off, Scaled, SynapseDefault };
std::string_view to_string(RateProfile profile) noexcept;
std::optional<RateProfile> rate_profile_from(std::string_view name) noexcept;

/// Leaky buckets as Synapse has them, one per limiter and key: refused calls add nothing. They
/// share no code with the fleet's own limits. Bounded: drained buckets are forgotten. Pure: the
/// time is handed in. Source: reference matrix.md 1.5.
class RateLimits {
 public:
  explicit RateLimits(RateProfile profile) : profile_(profile) {}

  struct Rate {
    double per_second = 0;
    double burst = 0;
  };
  [[nodiscard]] Rate rate(Limiter limiter) const;
  /// nullopt: admitted and counted. Otherwise how long until it will be.
  std::optional<std::chrono::milliseconds> admit(Limiter limiter, std::string_view key,
                                                 MonoTime now);
  /// The same without counting.
  [[nodiscard]] std::optional<std::chrono::milliseconds> ask(Limiter limiter, std::string_view key,
                                                             MonoTime now) const;
  void set_profile(RateProfile profile) { profile_ = profile; }
  [[nodiscard]] RateProfile profile() const { return profile_; }
  void clear();

 private:
  struct Bucket {
    double level = 0;
    MonoTime at{};
  };
  using Buckets = std::unordered_map<std::string, Bucket>;
  [[nodiscard]] static double level(const Bucket& bucket, const Rate& rate, MonoTime now);
  static void sweep(Buckets& buckets, const Rate& rate, MonoTime now);

  RateProfile profile_;
  std::array<Buckets, kLimiters> buckets_;
};

}  // namespace chorus::sandbox::matrix
