#include "chorus/base/secret.hpp"

#include <fmt/format.h>

namespace chorus {

namespace {

// volatile keeps the compiler from dropping stores to memory that is about to be freed.
void wipe(std::string& value) noexcept {
  // The whole buffer: a short text that was moved away is still there, behind a size of 0.
  value.resize(value.capacity());
  volatile char* p = value.data();
  for (std::size_t i = 0; i < value.size(); ++i) p[i] = 0;
}

}  // namespace

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe(value_);
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(value_);
    value_ = std::move(other.value_);
  }
  return *this;
}

Secret::~Secret() { wipe(value_); }

std::string Secret::masked() const {
  if (value_.empty()) return "(empty)";
  if (value_.size() < 12) return fmt::format("… ({} characters)", value_.size());
  return fmt::format("{}… ({} characters)", value_.substr(0, 4), value_.size());
}

}  // namespace chorus
