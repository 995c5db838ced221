# One function declares a room: one folder in src/, one target ward_<name>, one namespace.
#
#   ward_room(codec
#     DEPS base                      rooms whose headers this room may include (tools/lint/layers.py reads this)
#     HEADERS json.h ...             public headers; each must compile alone (tools/lint/headers.py)
#     SOURCES json.cc ...
#     TESTS json_test.cc ...         one executable ward_codec_test
#     TEST_DEPS ...                  further rooms that the tests alone use
#     LIBRARIES Boost::json ...)     third-party libraries; their types do not leave the sources
#
#   ward_fuzz(codec json_parse)      tests/fuzz/json_parse.cc, built with WARD_FUZZ; corpus in
#                                    tests/fuzz/corpus/json_parse, run by `./dev fuzz`
#   ward_proto(TARGET files...)      C++ from .proto under api/

function(ward_room name)
  cmake_parse_arguments(ROOM "" "" "DEPS;HEADERS;SOURCES;TESTS;TEST_DEPS;LIBRARIES" ${ARGN})
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "ward_room(${name}): unknown arguments: ${ROOM_UNPARSED_ARGUMENTS}")
  endif()
  set(target ward_${name})
  list(TRANSFORM ROOM_DEPS PREPEND ward_ OUTPUT_VARIABLE deps)
  if(ROOM_SOURCES)
    add_library(${target} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ward_flags ${ROOM_LIBRARIES} PUBLIC ${deps} Threads::Threads)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${deps} ${ROOM_LIBRARIES})
  endif()
  add_library(ward::${name} ALIAS ${target})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${ROOM_HEADERS})
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR}/src)
  if(WARD_TESTS AND ROOM_TESTS)
    list(TRANSFORM ROOM_TEST_DEPS PREPEND ward_ OUTPUT_VARIABLE test_deps)
    add_executable(${target}_test ${ROOM_TESTS})
    target_link_libraries(${target}_test PRIVATE
      ${target} ${test_deps} ${ROOM_LIBRARIES} ward_flags ward_test_paths GTest::gmock GTest::gtest_main)
    target_include_directories(${target}_test PRIVATE ${CMAKE_SOURCE_DIR})
    add_test(NAME ${name} COMMAND ${target}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  endif()
endfunction()

function(ward_fuzz room name)
  cmake_parse_arguments(FUZZ "" "" "DEPS" ${ARGN})
  if(NOT WARD_FUZZ)
    return()
  endif()
  list(TRANSFORM FUZZ_DEPS PREPEND ward_ OUTPUT_VARIABLE deps)
  add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/${name}.cc)
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(fuzz_${name} PRIVATE ward_${room} ${deps} ward_flags)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()

function(ward_proto target)
  find_package(Protobuf REQUIRED)
  set(generated)
  foreach(proto ${ARGN})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    add_custom_command(
      OUTPUT ${CMAKE_BINARY_DIR}/api/${stem}.pb.cc ${CMAKE_BINARY_DIR}/api/${stem}.pb.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/api
      COMMAND protobuf::protoc --cpp_out=${CMAKE_BINARY_DIR}/api -I ${CMAKE_SOURCE_DIR}/api
              ${CMAKE_SOURCE_DIR}/api/${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/api/${proto} VERBATIM)
    list(APPEND generated ${CMAKE_BINARY_DIR}/api/${stem}.pb.cc)
  endforeach()
  # Generated code is not ours to warn about, so it takes the sanitizer and debug flags only.
  add_library(${target} STATIC ${generated})
  target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/api)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  target_compile_options(${target} PRIVATE ${WARD_OPTIMISE})
  if(WARD_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${WARD_SANITIZE})
  endif()
endfunction()

#   ward_test(cedar_corpus DEPS cedar SOURCES tests/conformance/cedar_corpus_test.cc)   a test across rooms, or one
#                                    that deserves an executable and a line of its own
function(ward_test name)
  cmake_parse_arguments(TEST "" "TIMEOUT" "DEPS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT WARD_TESTS)
    return()
  endif()
  list(TRANSFORM TEST_DEPS PREPEND ward_ OUTPUT_VARIABLE deps)
  add_executable(ward_${name}_test ${TEST_SOURCES})
  target_link_libraries(ward_${name}_test PRIVATE
    ${deps} ${TEST_LIBRARIES} ward_flags ward_test_paths GTest::gmock GTest::gtest_main)
  target_include_directories(ward_${name}_test PRIVATE ${CMAKE_SOURCE_DIR})
  add_test(NAME ${name} COMMAND ward_${name}_test)
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT})
endfunction()

#   ward_bench(evidence DEPS evidence SOURCES tests/bench/evidence.cc)   bin/ward_bench_evidence, built with
#                                    WARD_BENCH, run by `./dev bench evidence`; prints rows with tests/bench/row.h
function(ward_bench name)
  cmake_parse_arguments(BENCH "" "" "DEPS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT WARD_BENCH)
    return()
  endif()
  list(TRANSFORM BENCH_DEPS PREPEND ward_ OUTPUT_VARIABLE deps)
  add_executable(ward_bench_${name} ${BENCH_SOURCES})
  target_link_libraries(ward_bench_${name} PRIVATE ${deps} ${BENCH_LIBRARIES} ward_flags ward_test_paths)
  target_include_directories(ward_bench_${name} PRIVATE ${CMAKE_SOURCE_DIR})
endfunction()
