# chorus_embed(TARGET NAMESPACE [BASE folder] files...): puts files into the binary. The generated
# source defines `std::span<const chorus::EmbeddedFile> NAMESPACE::files()` (base/embedded.hpp); a
# file's name is its path below BASE, or its bare name. Works offline, with CMake alone.
function(chorus_embed target namespace)
  cmake_parse_arguments(ARG "" "BASE" "" ${ARGN})
  string(REPLACE "::" "_" flat ${namespace})
  set(source ${CMAKE_BINARY_DIR}/embed/${flat}.cpp)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${source} -DNAMESPACE=${namespace} "-DBASE=${ARG_BASE}"
            "-DFILES=${ARG_UNPARSED_ARGUMENTS}" -P ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${ARG_UNPARSED_ARGUMENTS} ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake
    COMMENT "Embedding files of ${namespace}" VERBATIM)
  target_sources(${target} PRIVATE ${source})
  set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
endfunction()
