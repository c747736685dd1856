#pragma once

#include "chorus/store/rows.hpp"

namespace chorus::platform {

/// Where every call to a provider is written down.
class SpendSink {
 public:
  virtual ~SpendSink() = default;
  /// False while rows cannot be written and no more can be held: money must not be spent then.
  [[nodiscard]] virtual bool can_book() const = 0;
  /// The row's id is made by the sink.
  virtual void book(store::SpendRow row) = 0;
};

}  // namespace chorus::platform
