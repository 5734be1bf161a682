# cairn_room(NAME [THREADS] DEPS room... LIBS target...)
#   One room: every .cc of the folder but *_test.cc becomes the static library cairn_NAME; the tests become NAME_test.
#   DEPS must agree with layers.txt (tools/check_layers.py fails the build's tests when they do not).
#   THREADS: the room's tests start threads; they also run under the thread sanitizer (label `threads`, target `thread_tests`).
if(CAIRN_TESTS)
  find_package(GTest REQUIRED)
endif()
add_custom_target(thread_tests)  # what `ctest --preset tsan` needs
add_custom_target(generated)     # every generated header; clang-tidy needs no more than these

function(cairn_room name)
  cmake_parse_arguments(ROOM "THREADS" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  list(TRANSFORM ROOM_DEPS PREPEND cairn_)
  if(sources)
    add_library(cairn_${name} STATIC ${sources})
    target_link_libraries(cairn_${name} PUBLIC ${ROOM_DEPS} PRIVATE cairn_flags ${ROOM_LIBS})
  else()
    add_library(cairn_${name} INTERFACE)
    target_link_libraries(cairn_${name} INTERFACE ${ROOM_DEPS})
  endif()

  if(CAIRN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE cairn_${name} cairn_flags ${ROOM_LIBS} GTest::gtest
                                               GTest::gtest_main GTest::gmock)
    target_compile_definitions(${name}_test PRIVATE CAIRN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name}_test COMMAND ${name}_test)
    set(labels unit)
    if(ROOM_THREADS)
      list(APPEND labels threads)
      add_dependencies(thread_tests ${name}_test)
    endif()
    set_tests_properties(${name}_test PROPERTIES LABELS "${labels}")
  endif()
endfunction()
