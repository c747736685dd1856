#include "chorus/fleet/cache.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet {

namespace detail {
namespace {

constexpr std::size_t kHead = 10;  // schema, kind, version as 8 bytes with the highest first

}  // namespace

CacheMetrics::CacheMetrics(metrics::Registry& registry, const std::string& name)
    : hits(registry.counter("chorus_cache_hits_total", "Reads that a cache answered",
                            {{"namespace", name}})),
      negative_hits(registry.counter("chorus_cache_negative_hits_total",
                                     "Reads that a cache answered with: does not exist",
                                     {{"namespace", name}})),
      misses(registry.counter("chorus_cache_misses_total", "Reads that a cache could not answer",
                              {{"namespace", name}})),
      evictions(registry.counter("chorus_cache_evictions_total",
                                 "Entries that made room, or were not let in",
                                 {{"namespace", name}})),
      invalidations(registry.counter("chorus_cache_invalidations_total",
                                     "Entries removed because their source changed",
                                     {{"namespace", name}})),
      loads(registry.counter("chorus_cache_loads_total", "Reads of a cache's source",
                             {{"namespace", name}})),
      load_errors(registry.counter("chorus_cache_load_errors_total",
                                   "Reads of a cache's source that failed", {{"namespace", name}})),
      shared(registry.counter("chorus_cache_shared_loads_total",
                              "Callers that waited for another's read", {{"namespace", name}})),
      l2_hits(registry.counter("chorus_cache_l2_hits_total", "Reads that the shared level answered",
                               {{"namespace", name}})),
      l2_errors(registry.counter("chorus_cache_l2_errors_total",
                                 "Calls of the shared level that failed", {{"namespace", name}})),
      entries(registry.gauge("chorus_cache_entries", "Entries held now", {{"namespace", name}})) {}

void CacheMetrics::update(const policy::CacheCounters& now, std::size_t entries_now) {
  hits.add(now.hits - seen_.hits);
  negative_hits.add(now.negative_hits - seen_.negative_hits);
  misses.add(now.misses - seen_.misses);
  evictions.add(now.evicted - seen_.evicted);
  invalidations.add(now.invalidated - seen_.invalidated);
  entries.set(static_cast<double>(entries_now));
  seen_ = now;
}

std::string seal_envelope(const Envelope& envelope) {
  std::string out;
  out.reserve(kHead + envelope.value.size());
  out += static_cast<char>(envelope.schema);
  out += envelope.negative ? 'n' : 'v';
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>((envelope.version >> shift) & 0xFFU);
  }
  return out + envelope.value;
}

std::optional<Envelope> open_envelope(std::string_view bytes, std::uint8_t schema) {
  if (bytes.size() < kHead || static_cast<std::uint8_t>(bytes[0]) != schema) return std::nullopt;
  if (bytes[1] != 'n' && bytes[1] != 'v') return std::nullopt;
  Envelope out;
  out.schema = schema;
  out.negative = bytes[1] == 'n';
  for (std::size_t i = 2; i < kHead; ++i) {
    out.version = (out.version << 8) | static_cast<std::uint8_t>(bytes[i]);
  }
  out.value = bytes.substr(kHead);
  return out;
}

}  // namespace detail

std::string_view to_string(CachePolicy policy) noexcept {
  switch (policy) {
    case CachePolicy::Off:
      return "off";
    case CachePolicy::L1:
      return "l1";
    case CachePolicy::L1AndL2:
      break;
  }
  return "l1_l2";
}

CacheOptions cache_options(const CachePolicies& policies, CacheOptions options) {
  if (const auto found = policies.find(options.name); found != policies.end()) {
    options.policy = found->second;
  }
  return options;
}

Result<CachePolicies> parse_cache_policies(std::string_view text) {
  CachePolicies out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view part = trim(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    std::optional<CachePolicy> policy;
    for (const auto one : {CachePolicy::Off, CachePolicy::L1, CachePolicy::L1AndL2}) {
      if (equals != std::string_view::npos && part.substr(equals + 1) == to_string(one)) {
        policy = one;
      }
    }
    const bool known = std::ranges::find(kCacheNames, part.substr(0, equals)) != kCacheNames.end();
    if (!policy || !known) {
      return fail(
          ErrorCode::InvalidArgument,
          fmt::format("expected NAME=off, NAME=l1 or NAME=l1_l2 with a NAME of {}, not '{}'",
                      fmt::join(kCacheNames, " and "), part));
    }
    out.insert_or_assign(std::string(part.substr(0, equals)), *policy);
  }
  return out;
}

}  // namespace chorus::fleet
