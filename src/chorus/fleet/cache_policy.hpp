#pragma once

#include "chorus/base/error.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace chorus::fleet {

/// The namespaces that an operator can set.
inline constexpr std::array<std::string_view, 2> kCacheNames = {"api_tokens", "reactions"};

/// How a namespace is cached: not at all, in this process, or in the shared level too.
enum class CachePolicy : std::uint8_t { Off, L1, L1AndL2 };
/// `off`, `l1`, `l1_l2`.
std::string_view to_string(CachePolicy policy) noexcept;

/// `reactions=off,api_tokens=l1`. Errors: InvalidArgument naming the part, for unknown names too.
using CachePolicies = std::map<std::string, CachePolicy, std::less<>>;
Result<CachePolicies> parse_cache_policies(std::string_view text);

}  // namespace chorus::fleet
