#include "chorus/base/secret.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <type_traits>

namespace chorus {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& v) { out << v; };

TEST(Secret, CannotReachALogByAccident) {
  static_assert(!fmt::is_formattable<Secret>::value);
  static_assert(!Streamable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
  const Secret token(std::string("1234567890:AAAAAAAAAA"));
  EXPECT_EQ(token.reveal(), "1234567890:AAAAAAAAAA");
  EXPECT_EQ(token.masked(), "1234… (21 characters)");
  EXPECT_EQ(Secret(std::string("short")).masked(), "… (5 characters)");
  EXPECT_EQ(Secret().masked(), "(empty)");
}

TEST(Secret, ComparesCopiesAndMoves) {
  Secret a(std::string("one secret"));
  Secret b = a;
  EXPECT_EQ(a, b);
  b = Secret(std::string("another secret"));
  EXPECT_NE(a, b);
  const Secret c = std::move(b);
  EXPECT_EQ(c.reveal(), "another secret");
  const auto& same = a;
  a = same;
  EXPECT_EQ(a.reveal(), "one secret");
  EXPECT_FALSE(a.empty());
}

// A short text lives inside the object: its bytes must be gone with it, moved from or not.
TEST(Secret, LeavesNoBytesBehind) {
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  const auto holds = [&](std::string_view text) {
    return std::string_view(reinterpret_cast<const char*>(memory), sizeof memory).find(text) !=
           std::string_view::npos;
  };
  auto* secret = ::new (memory) Secret(std::string("pass-word"));
  EXPECT_TRUE(holds("pass-word"));
  secret->~Secret();
  EXPECT_FALSE(holds("ass-word"));
  secret = ::new (memory) Secret(std::string("pass-word"));
  const Secret moved = std::move(*secret);
  secret->~Secret();
  EXPECT_FALSE(holds("ass-word"));
  EXPECT_EQ(moved.reveal(), "pass-word");
}

}  // namespace
}  // namespace chorus
