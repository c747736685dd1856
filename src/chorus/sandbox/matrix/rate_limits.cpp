#include "chorus/sandbox/matrix/rate_limits.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::sandbox::matrix {

namespace {

constexpr std::array<std::string_view, 3> kProfiles = {"off", "scaled", "synapse-default"};
constexpr double kScale = 100;
constexpr std::size_t kSweepAbove = 4096;

// Source: reference matrix.md 1.5, Synapse's defaults.
constexpr std::array<RateLimits::Rate, kLimiters> kSynapse = {{
    {0.2, 10},    // rc_message
    {0.17, 3},    // rc_registration
    {0.003, 5},   // rc_login.address
    {0.003, 5},   // rc_login.account
    {0.17, 3},    // rc_login.failed_attempts
    {0.1, 10},    // rc_joins.local
    {1, 10},      // rc_joins_per_room
    {0.3, 10},    // rc_invites.per_room
    {0.003, 5},   // rc_invites.per_user
    {0.3, 10},    // rc_invites.per_issuer
    {0.016, 10},  // rc_room_creation
    {10, 50},     // rc_media_create
}};

std::size_t index(Limiter limiter) {
  return static_cast<std::size_t>(limiter);
}

}  // namespace

std::string_view to_string(RateProfile profile) noexcept {
  return kProfiles[static_cast<std::size_t>(profile)];
}

std::optional<RateProfile> rate_profile_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kProfiles.size(); ++i) {
    if (kProfiles[i] == name) return static_cast<RateProfile>(i);
  }
  return std::nullopt;
}

RateLimits::Rate RateLimits::rate(Limiter limiter) const {
  auto rate = kSynapse[index(limiter)];
  if (profile_ == RateProfile::Scaled) {
    rate.per_second *= kScale;
    rate.burst *= kScale;
  }
  return rate;
}

double RateLimits::level(const Bucket& bucket, const Rate& rate, MonoTime now) {
  return std::max(0.0, bucket.level - to_seconds(now - bucket.at) * rate.per_second);
}

void RateLimits::sweep(Buckets& buckets, const Rate& rate, MonoTime now) {
  if (buckets.size() < kSweepAbove || (buckets.size() & (buckets.size() - 1)) != 0) return;
  std::erase_if(buckets, [&](const auto& entry) { return level(entry.second, rate, now) <= 0; });
}

std::optional<std::chrono::milliseconds> RateLimits::ask(Limiter limiter, std::string_view key,
                                                         MonoTime now) const {
  if (profile_ == RateProfile::Off) return std::nullopt;
  const auto rate_of = rate(limiter);
  const auto& buckets = buckets_[index(limiter)];
  const auto found = buckets.find(std::string(key));
  const double filled = found == buckets.end() ? 0 : level(found->second, rate_of, now);
  // A hair of tolerance: whoever waits as long as it was told is let in.
  const double over = filled + 1 - rate_of.burst;
  if (over <= 1e-6) return std::nullopt;
  const double wait = std::ceil(over / rate_of.per_second * 1000);
  return std::chrono::milliseconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(wait)));
}

std::optional<std::chrono::milliseconds> RateLimits::admit(Limiter limiter, std::string_view key,
                                                           MonoTime now) {
  if (profile_ == RateProfile::Off) return std::nullopt;
  if (const auto wait = ask(limiter, key, now)) return wait;
  const auto rate_of = rate(limiter);
  auto& buckets = buckets_[index(limiter)];
  auto& bucket = buckets[std::string(key)];
  bucket.level = level(bucket, rate_of, now) + 1;
  bucket.at = now;
  sweep(buckets, rate_of, now);
  return std::nullopt;
}

void RateLimits::clear() {
  for (auto& buckets : buckets_) buckets.clear();
}

}  // namespace chorus::sandbox::matrix
