# clang-19 with libstdc++ 12 is the compiler of the project. GCC 12 miscompiles temporaries in a full
# expression that contains co_await (tests/toolchain/ has the probe); clang before 17 does not see
# <expected> in libstdc++ 12.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "Chorus: GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines "
    "(double free of temporaries around co_await). Use clang-19: CC=clang-19 CXX=clang++-19, "
    "or a CMake preset.")
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
  message(FATAL_ERROR "Chorus: clang ${CMAKE_CXX_COMPILER_VERSION} cannot use <expected> of "
    "libstdc++ 12. Use clang-19: CC=clang-19 CXX=clang++-19, or a CMake preset.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  # base_dir and no_hash_dir let worktrees share one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(LINKER NAMES mold)
if(LINKER)
  add_link_options(-fuse-ld=mold)
else()
  find_program(LINKER_LLD NAMES ld.lld-19 ld.lld)
  if(LINKER_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()
