#include "chorus/lab/ports.hpp"

#include <fmt/format.h>

namespace chorus::lab {

namespace {

std::unexpected<Error> not_ours(const Target& target) {
  return fail(ErrorCode::NotSupported,
              fmt::format("{}: its processes are not the lab's", target.describe()));
}

}  // namespace

Result<void> Target::kill() {
  return not_ours(*this);
}
rt::Task<Result<void>> Target::restart() {
  co_return not_ours(*this);
}
Result<void> Target::pause() {
  return not_ours(*this);
}
Result<void> Target::resume() {
  return not_ours(*this);
}

}  // namespace chorus::lab
