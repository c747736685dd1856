#pragma once

#include "chorus/fleet/persona/zone.hpp"

#include <map>
#include <memory>
#include <string>

namespace chorus::app {

/// The system's time zones (package tzdata): a file is read once, when its name is first asked for.
/// One thread.
class ZoneFiles final : public fleet::ZoneSource {
 public:
  explicit ZoneFiles(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}
  std::shared_ptr<const fleet::TimeZone> find(std::string_view name) override;

 private:
  std::string folder_;
  // What was found; shared with the bots that live by it.
  std::map<std::string, std::shared_ptr<const fleet::TimeZone>, std::less<>> known_;
};

}  // namespace chorus::app
