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

# chorus_page(OUTPUT FOLDER VENDOR): one HTML file out of FOLDER/page.html, with every style of VENDOR
# and FOLDER/style and every script of VENDOR, FOLDER/script and FOLDER/panels in it, in order of
# name. Its policy allows exactly these, by their hash. Works offline, with CMake alone.
function(chorus_page output folder vendor)
  file(GLOB styles CONFIGURE_DEPENDS ${vendor}/*.css)
  foreach(part ${folder}/style)
    file(GLOB found CONFIGURE_DEPENDS ${part}/*.css)
    list(APPEND styles ${found})
  endforeach()
  file(GLOB scripts CONFIGURE_DEPENDS ${vendor}/*.js)
  foreach(part ${folder}/script ${folder}/panels)
    file(GLOB found CONFIGURE_DEPENDS ${part}/*.js)
    list(APPEND scripts ${found})
  endforeach()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DPAGE=${folder}/page.html "-DSTYLES=${styles}"
            "-DSCRIPTS=${scripts}" -P ${CMAKE_SOURCE_DIR}/cmake/assemble_page.cmake
    DEPENDS ${folder}/page.html ${styles} ${scripts} ${CMAKE_SOURCE_DIR}/cmake/assemble_page.cmake
    COMMENT "Assembling ${output}" VERBATIM)
endfunction()
