# SPDX-License-Identifier: Apache-2.0
#
# Flags that every room shares, and the one function that declares a room.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)  # TRY is a GNU statement expression
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(SGXX_CCACHE ccache)
if(SGXX_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${SGXX_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SGXX_CCACHE})
endif()

option(SGXX_TESTS "Build tests, fuzzers and benchmarks too" ON)
option(SGXX_SANITIZE "Build host code with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

add_library(sgxx_flags INTERFACE)
target_include_directories(sgxx_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(sgxx_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wconversion -Wshadow -Werror>)

add_library(sgxx_host_flags INTERFACE)
target_link_libraries(sgxx_host_flags INTERFACE sgxx_flags)
if(SGXX_SANITIZE)
  target_compile_options(sgxx_host_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(sgxx_host_flags INTERFACE -fsanitize=address,undefined)
endif()

option(SGXX_FUZZ "Build libFuzzer targets (needs clang)" OFF)
if(SGXX_FUZZ)
  target_compile_options(sgxx_host_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  target_link_options(sgxx_host_flags INTERFACE -fsanitize=address,undefined)
endif()

# OpenSSL::Crypto, static where there is one: linked into the command, because the shared library takes longer to load than a small
# enclave.
macro(sgxx_find_openssl)
  set(OPENSSL_USE_STATIC_LIBS TRUE)
  find_package(OpenSSL)
  if(NOT OpenSSL_FOUND)
    unset(OPENSSL_USE_STATIC_LIBS)
    find_package(OpenSSL REQUIRED)
  endif()
endmacro()

# sgxx_library(ROOM SOURCES a.cc ... [TESTS a_test.cc ...] [LINK libs ...])
# declares the static library sgxx_ROOM and, from the tests beside the code, the executable sgxx_ROOM_test (label unit).
function(sgxx_library room)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LINK" ${ARGN})
  if(ARG_SOURCES)
    add_library(sgxx_${room} STATIC ${ARG_SOURCES})
    target_link_libraries(sgxx_${room} PUBLIC sgxx_host_flags ${ARG_LINK})
  else()
    add_library(sgxx_${room} INTERFACE)
    target_link_libraries(sgxx_${room} INTERFACE sgxx_host_flags ${ARG_LINK})
  endif()
  if(ARG_TESTS AND NOT SGXX_TESTS)
    # Declared, so that rooms can speak of it, and never built: this build has no GoogleTest.
    add_executable(sgxx_${room}_test EXCLUDE_FROM_ALL ${ARG_TESTS})
  elseif(ARG_TESTS)
    find_package(GTest REQUIRED)
    include(GoogleTest)
    add_executable(sgxx_${room}_test ${ARG_TESTS})
    target_link_libraries(sgxx_${room}_test PRIVATE sgxx_${room} GTest::gtest_main GTest::gmock)
    gtest_discover_tests(sgxx_${room}_test PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
