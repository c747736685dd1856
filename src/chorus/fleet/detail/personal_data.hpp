#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet::detail {

/// Every place that holds something of a person: the store, and the parts of the fleet that keep
/// some of it in memory. Erasure and export go over all of them, so that a new place is added here
/// and nowhere else. One thread.
class PersonalData {
 public:
  struct Place {
    std::string_view name;
    std::function<std::size_t(PlatformUserId)> count;
    std::function<void(PlatformUserId)> erase;
  };
  PersonalData(rt::Loop& loop, store::Store& store) : loop_(loop), store_(store) {}

  void add(Place place) { places_.push_back(std::move(place)); }

  /// Deletes everything of the person; the number of stored rows. On an error of the store what is
  /// in memory is gone already, and the call may be made again.
  rt::Task<Result<std::uint64_t>> erase(PlatformUserId person);
  /// What is held about the person, as one JSON document.
  rt::Task<Result<std::string>> export_json(PlatformUserId person);

  /// The person was forgotten after `t`: what was heard until then is not answered or learned from
  /// any more. Known for an hour, longer than any turn lasts.
  [[nodiscard]] bool forgotten_since(PlatformUserId person, MonoTime t) const;

 private:
  rt::Loop& loop_;
  store::Store& store_;
  std::vector<Place> places_;
  std::map<PlatformUserId, MonoTime> forgotten_;
};

}  // namespace chorus::fleet::detail
