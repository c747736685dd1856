#include "chorus/base/heap.hpp"

#include <malloc.h>

#include <cstddef>

// Tests and the sanitizers run without jemalloc, and the library must link there too.
extern "C" [[gnu::weak]] int mallctl(const char* name, void* old_value, std::size_t* old_size,
                                     void* new_value, std::size_t new_size);

namespace chorus {

void release_free_memory() noexcept {
  if (mallctl == nullptr) {
    malloc_trim(0);
    return;
  }
  // Each thread keeps some free blocks for itself; only this one's can be taken from here.
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // MALLCTL_ARENAS_ALL
}

}  // namespace chorus
