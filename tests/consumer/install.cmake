# Installs BUILD and moves the result to PREFIX: an installed satur must not depend on where it was installed.
file(REMOVE_RECURSE "${PREFIX}" "${PREFIX}.first")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PREFIX}.first"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
file(RENAME "${PREFIX}.first" "${PREFIX}")

file(GLOB_RECURSE others RELATIVE "${PREFIX}" "${PREFIX}/*")
list(FILTER others EXCLUDE REGEX "^include/satur/.*[.]hpp$|^share/(cmake/satur|pkgconfig|licenses/satur)/")
if(others)
  message(FATAL_ERROR "installed without need: ${others}")
endif()
