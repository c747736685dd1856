// Does the compiler see std::expected in the standard library it uses? libstdc++ 12 shows it only
// to a compiler that reports concepts as of C++20's last papers; clang before 17 does not.
#include <expected>

#ifndef __cpp_lib_expected
#error "this compiler hides <expected>"
#endif

int main() {
  return std::expected<int, int>(0).value();
}
