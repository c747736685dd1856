#include "chorus/app/cli.hpp"

#include <malloc.h>

int main(int argc, char** argv) {
  // Where jemalloc is not linked (docs/adr/0011-jemalloc.md) these hold for glibc's allocator.
  // Batches of rows make the heap grow and shrink by megabytes many times a second: giving them back
  // each time costs the store's writer more than keeping them. The third goes with the first, which
  // ends glibc's own adjustment of it.
  mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
  mallopt(M_TOP_PAD, 1024 * 1024);
  mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
  return chorus::app::run_cli(argc, argv);
}
