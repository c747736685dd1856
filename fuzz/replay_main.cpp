// Replays corpora without libFuzzer: `fuzz_replay NAME PATH...` gives every file of the folders and
// files once to the target NAME. Past crashes stay in the corpus and are tested this way for ever.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// One line CH_REPLAY(name) for each fuzz/<name>_fuzz.cpp, whose entry is then chorus_replay_<name>.
#define CH_REPLAY(name) \
  extern "C" int chorus_replay_##name(const std::uint8_t* data, std::size_t size);
#include "replay_targets.inc"
#undef CH_REPLAY

namespace {

struct Target {
  std::string_view name;
  int (*feed)(const std::uint8_t* data, std::size_t size);
};

constexpr Target kTargets[] = {
#define CH_REPLAY(name) {#name, chorus_replay_##name},
#include "replay_targets.inc"
#undef CH_REPLAY
};

const Target* find_target(std::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const Target* const target = argc > 1 ? find_target(argv[1]) : nullptr;
  if (!target) {
    std::fprintf(stderr, "usage: fuzz_replay NAME PATH...; NAME is that of fuzz/NAME_fuzz.cpp\n");
    return 2;
  }
  std::size_t inputs = 0;
  for (int i = 2; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    if (std::filesystem::is_directory(argv[i], error)) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(argv[i]);
    }
    for (const auto& path : files) {
      std::ifstream file(path, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      target->feed(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs == 0 ? 1 : 0;
}
