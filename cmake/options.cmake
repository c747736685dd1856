option(CHORUS_WERROR "Warnings are errors (our presets)" OFF)
option(CHORUS_PCH "Precompiled headers" OFF)
option(CHORUS_UNITY "Compile several source files at once (fresh builds of ./test)" OFF)
option(CHORUS_FUZZ "Build the libFuzzer targets" OFF)
option(CHORUS_JEMALLOC "Link chorus and the benches with jemalloc (never with sanitizers or fuzzers)" ON)
set(CHORUS_SANITIZE "" CACHE STRING "address,undefined or thread")

# Flags that every target of ours gets, third-party headers excluded.
add_library(chorus_settings INTERFACE)
target_compile_definitions(chorus_settings INTERFACE CHORUS_VERSION="${PROJECT_VERSION}")
target_include_directories(chorus_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(chorus_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unused-command-line-argument>
  $<$<BOOL:${CHORUS_UNITY}>:-Wno-shadow>  # a local name may be that of another file's
  $<$<BOOL:${CHORUS_WERROR}>:-Werror>)
if(CHORUS_SANITIZE)
  add_compile_options(-fsanitize=${CHORUS_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CHORUS_SANITIZE})
  add_compile_definitions(CHORUS_SANITIZED=1)
endif()
if(CHORUS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Test code is compiled without optimisation: under the sanitizers that halves the time of a build,
# and what the tests call is optimised all the same.
add_library(chorus_test_settings INTERFACE)
target_compile_options(chorus_test_settings INTERFACE -O0)
