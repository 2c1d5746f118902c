# SPDX-License-Identifier: Apache-2.0
#
# find_package(sgxx) finds the installed command (or, with SGXX_EXECUTABLE set, any other) and defines
#
#   sgxx_add_enclave(NAME SOURCES a.cc ... [MANIFEST app.toml] [KEY key.pem] [LINK libraries ...])
#
# NAME becomes an executable: a static-PIE with the flags of `sgxx c++`; #include <sgxx/...> finds the SDK as it does there. Building
# it also makes NAME.sgx, the packed image, signed when a key is given. The target run_NAME runs the program in an enclave.

if(NOT SGXX_EXECUTABLE)
  find_program(SGXX_EXECUTABLE sgxx HINTS "${CMAKE_CURRENT_LIST_DIR}/../../../bin" NO_CMAKE_PATH)
endif()
if(NOT SGXX_EXECUTABLE)
  set(sgxx_FOUND FALSE)
  set(sgxx_NOT_FOUND_MESSAGE "the sgxx command was not found: install sgxx, or set SGXX_EXECUTABLE to it")
  return()
endif()

# One truth about flags: the command prints its compiler line. The compiler, flags, the file, and what to link behind it.
execute_process(COMMAND "${SGXX_EXECUTABLE}" c++ --sgxx-show FILE OUTPUT_VARIABLE sgxx_line RESULT_VARIABLE sgxx_result
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT sgxx_result EQUAL 0)
  set(sgxx_FOUND FALSE)
  set(sgxx_NOT_FOUND_MESSAGE "${SGXX_EXECUTABLE} does not run on this machine")
  return()
endif()
separate_arguments(sgxx_words UNIX_COMMAND "${sgxx_line}")
list(FIND sgxx_words FILE sgxx_file)
math(EXPR sgxx_behind "${sgxx_file} + 1")
math(EXPR sgxx_flags "${sgxx_file} - 1")
list(SUBLIST sgxx_words 1 ${sgxx_flags} SGXX_FLAGS)
list(LENGTH sgxx_words sgxx_length)
set(SGXX_LIBRARIES)
if(sgxx_behind LESS sgxx_length)
  list(SUBLIST sgxx_words ${sgxx_behind} -1 SGXX_LIBRARIES)
endif()
set(SGXX_FLAGS "${SGXX_FLAGS}" CACHE INTERNAL "flags of sgxx c++")
set(SGXX_LIBRARIES "${SGXX_LIBRARIES}" CACHE INTERNAL "what sgxx c++ links last: the SDK and what it needs")

function(sgxx_add_enclave name)
  cmake_parse_arguments(ARG "" "MANIFEST;KEY" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "sgxx_add_enclave(${name}): SOURCES are required")
  endif()
  add_executable(${name} ${ARG_SOURCES})
  # Ours first, so that the project's own options win.
  target_compile_options(${name} BEFORE PRIVATE ${SGXX_FLAGS})
  target_link_options(${name} BEFORE PRIVATE ${SGXX_FLAGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} ${SGXX_LIBRARIES})

  set(image "${CMAKE_CURRENT_BINARY_DIR}/${name}.sgx")
  set(manifest)
  if(ARG_MANIFEST)
    get_filename_component(manifest_path "${ARG_MANIFEST}" ABSOLUTE)
    set(manifest --manifest "${manifest_path}")
  endif()
  set(sign)
  if(ARG_KEY)
    get_filename_component(key_path "${ARG_KEY}" ABSOLUTE)
    set(sign COMMAND "${SGXX_EXECUTABLE}" sign "${image}" --key "${key_path}")
  endif()
  add_custom_command(OUTPUT "${image}"
    COMMAND "${SGXX_EXECUTABLE}" pack $<TARGET_FILE:${name}> -o "${image}" ${manifest}
    ${sign}
    DEPENDS ${name} ${manifest_path} ${key_path}
    COMMENT "Packing ${name}.sgx"
    VERBATIM)
  add_custom_target(${name}_image ALL DEPENDS "${image}")
  add_custom_target(run_${name} COMMAND "${SGXX_EXECUTABLE}" run ${manifest} $<TARGET_FILE:${name}> DEPENDS ${name} USES_TERMINAL VERBATIM)
endfunction()
