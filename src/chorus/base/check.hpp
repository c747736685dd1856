#pragma once

namespace chorus::detail {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}

/// Aborts with the place when a precondition or an invariant of ours is broken. Always on.
#define CH_CHECK(cond) \
  ((cond) ? void(0) : ::chorus::detail::check_failed(#cond, __FILE__, __LINE__))

/// The same in debug and sanitizer builds only.
#if !defined(NDEBUG) || defined(CHORUS_SANITIZED)
#define CH_DCHECK(cond) CH_CHECK(cond)
#else
#define CH_DCHECK(cond) void(0)
#endif
