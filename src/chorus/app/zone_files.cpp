#include "chorus/app/zone_files.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace chorus::app {

std::shared_ptr<const fleet::TimeZone> ZoneFiles::find(std::string_view name) {
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  if (!fleet::is_zone_name(name)) return nullptr;
  const auto path = std::filesystem::path(folder_) / name;
  std::error_code ignored;  // what cannot be looked at is not there
  if (!std::filesystem::is_regular_file(path, ignored)) return nullptr;
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  auto zone = fleet::TimeZone::parse(bytes);
  if (!zone) return nullptr;
  auto found = std::make_shared<const fleet::TimeZone>(*std::move(zone));
  known_.emplace(std::string(name), found);
  return found;
}

}  // namespace chorus::app
