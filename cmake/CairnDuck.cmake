# duckdb::duckdb: a copy of exactly the wanted version (a system one, or -DDUCKDB_ROOT=PREFIX with include/ and lib/), else two npm
# packages, library and headers of the same release, both pinned by SHA-512. Kept in build/third-party, for all build trees.
set(CAIRN_DUCKDB_VERSION 1.4.4)
set(DUCKDB_ROOT "" CACHE PATH "Prefix of DuckDB ${CAIRN_DUCKDB_VERSION}: include/duckdb.h, include/duckdb.hpp, lib/libduckdb.so")
set(cairn_third_party ${CMAKE_SOURCE_DIR}/build/third-party)

# Fetches an npm package with npm, checks it, and unpacks the named parts of it into `folder`. OPTIONAL: only warns when it cannot be had.
function(cairn_npm_package package version sha512 folder)
  cmake_parse_arguments(WANTED "OPTIONAL" "" "" ${ARGN})
  set(trouble FATAL_ERROR)
  if(WANTED_OPTIONAL)
    set(trouble WARNING)
  endif()
  if(EXISTS ${folder}/complete)
    return()
  endif()
  find_program(CAIRN_NPM npm)
  if(NOT CAIRN_NPM)
    message(${trouble} "${package} ${version} comes from npm, which is not here: install npm (or, for DuckDB, give -DDUCKDB_ROOT=)")
    return()
  endif()
  # Two trees may be configured at once: each fetches into a folder of its own and renames the result.
  string(RANDOM LENGTH 8 suffix)
  set(place ${folder}.${suffix})
  file(MAKE_DIRECTORY ${place})
  message(STATUS "Fetching ${package} ${version}")
  execute_process(COMMAND ${CAIRN_NPM} pack --silent --ignore-scripts ${package}@${version} WORKING_DIRECTORY ${place}
                  OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_VARIABLE reason RESULT_VARIABLE failed)
  if(failed)
    file(REMOVE_RECURSE ${place})
    message(${trouble} "npm could not fetch ${package} ${version} (for DuckDB, -DDUCKDB_ROOT= does without): ${reason}")
    return()
  endif()
  file(SHA512 ${place}/${archive} found)
  if(NOT found STREQUAL sha512)
    file(REMOVE_RECURSE ${place})
    message(FATAL_ERROR "${package} ${version} is not the package that was pinned: its SHA-512 is ${found}")
  endif()
  file(ARCHIVE_EXTRACT INPUT ${place}/${archive} DESTINATION ${place} PATTERNS ${WANTED_UNPARSED_ARGUMENTS})
  file(REMOVE ${place}/${archive})
  file(TOUCH ${place}/complete)
  if(NOT EXISTS ${folder})
    file(RENAME ${place} ${folder} RESULT ignored)
  endif()
  file(REMOVE_RECURSE ${place})
endfunction()

find_path(DUCKDB_INCLUDE_DIR duckdb.hpp HINTS ${DUCKDB_ROOT} PATH_SUFFIXES include)
find_library(DUCKDB_LIBRARY duckdb HINTS ${DUCKDB_ROOT} PATH_SUFFIXES lib)
if(NOT DUCKDB_INCLUDE_DIR OR NOT DUCKDB_LIBRARY)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    cairn_npm_package(@duckdb/node-bindings-linux-x64 1.4.4-r.4
      8c14cbfd6bdfc312d3a056bfa551df4fa7a532d96d2469dcdf04aec590fd39f325b62b7d614755152dfbbc1150cd7313d59f0e5a3b528cc87eccf2b13b01cb1c
      ${cairn_third_party}/duckdb-${CAIRN_DUCKDB_VERSION}-library package/libduckdb.so package/LICENSE)
  else()
    message(FATAL_ERROR "no pinned DuckDB for ${CMAKE_SYSTEM_PROCESSOR}: give -DDUCKDB_ROOT= with DuckDB ${CAIRN_DUCKDB_VERSION}")
  endif()
  cairn_npm_package(duckdb 1.4.4
    844249e61c9517454b8f776638ba6c5ab411d1bddde1892ab72826ea25178c72430e74aa83f5122b171be6abcdace84560f824b5ac94e9d5c2b603ea7269a9a2
    ${cairn_third_party}/duckdb-${CAIRN_DUCKDB_VERSION}-headers package/LICENSE "package/src/duckdb/src/include/*")
  set(DUCKDB_LIBRARY ${cairn_third_party}/duckdb-${CAIRN_DUCKDB_VERSION}-library/package/libduckdb.so)
  set(DUCKDB_INCLUDE_DIR ${cairn_third_party}/duckdb-${CAIRN_DUCKDB_VERSION}-headers/package/src/duckdb/src/include)
endif()

# What the program maps at run time lies in lib/cairn of the build tree, as it will when installed.
set(CAIRN_PRIVATE_LIBRARIES ${CMAKE_BINARY_DIR}/lib/cairn)
add_custom_command(
  OUTPUT ${CAIRN_PRIVATE_LIBRARIES}/libduckdb.so
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CAIRN_PRIVATE_LIBRARIES}
  COMMAND ${CMAKE_STRIP} --strip-unneeded -o ${CAIRN_PRIVATE_LIBRARIES}/libduckdb.so ${DUCKDB_LIBRARY}
  DEPENDS ${DUCKDB_LIBRARY}
  COMMENT "Copying DuckDB without its symbols")
add_custom_target(duckdb_library DEPENDS ${CAIRN_PRIVATE_LIBRARIES}/libduckdb.so)
add_library(duckdb::duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb::duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_LIBRARY} IMPORTED_SONAME libduckdb.so
                                                INTERFACE_INCLUDE_DIRECTORIES ${DUCKDB_INCLUDE_DIR})
