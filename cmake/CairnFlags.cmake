# Warnings, hardening and sanitizers for our own targets (third-party headers come in as SYSTEM).
set(CAIRN_WARNINGS
    -Wall -Wextra -Wpedantic -Werror -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-align -Wold-style-cast -Wformat=2 -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in its own std::string at -O2 (GCC bug 105651).
  list(APPEND CAIRN_WARNINGS -Wno-restrict)
  # GCC's null-dereference analysis needs optimisation to be exact; with sanitizers on it reports their own branches.
  if(NOT CAIRN_SANITIZE)
    list(APPEND CAIRN_WARNINGS -Wnull-dereference)
  endif()
else()
  list(APPEND CAIRN_WARNINGS -Wthread-safety)
endif()

add_library(cairn_flags INTERFACE)
target_compile_options(cairn_flags INTERFACE ${CAIRN_WARNINGS})
target_include_directories(cairn_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)

if(CAIRN_SANITIZE)
  # Sanitized code is too slow without optimisation, and line numbers are enough for a report.
  add_compile_options(-O1 -g1 -fsanitize=${CAIRN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CAIRN_SANITIZE})
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
else()
  add_compile_options(-fstack-protector-strong -fPIE)
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(CAIRN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Shared objects that a program loads itself (src/duck) lie in lib/cairn: of the build tree, seen from src/ROOM/ and from a folder at its
# top; beside a copy of the program; and, installed, beside bin. As DT_RPATH: it holds for dlopen() called through the address sanitizer,
# and the environment cannot put another library before ours.
add_link_options(-Wl,--disable-new-dtags)
set(CMAKE_BUILD_RPATH "\$ORIGIN/../../lib/cairn" "\$ORIGIN/../lib/cairn" "\$ORIGIN/lib/cairn")
set(CMAKE_INSTALL_RPATH "\$ORIGIN/../lib/cairn")
