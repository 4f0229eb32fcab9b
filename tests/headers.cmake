# Each header compiles alone, and twice in one file; and includes only what its row allows.
file(GLOB_RECURSE satur_headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
     "${PROJECT_SOURCE_DIR}/include/satur/*.hpp")
list(FILTER satur_headers EXCLUDE REGEX "^satur/adapt[./]") # each needs its own third party

set(satur_header_sources "")
set(satur_header_sources_xsimd "")
foreach(SATUR_HEADER IN LISTS satur_headers)
  string(REGEX REPLACE "[/.]" "_" name "${SATUR_HEADER}")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/header_checks/${name}.cpp")
  configure_file("${CMAKE_CURRENT_LIST_DIR}/support/header_check.cpp.in" "${source}" @ONLY)
  list(APPEND satur_header_sources "${source}")
  # xsimd changes what these see; the rows above use neither xtensor nor xsimd, but for simd/.
  if(SATUR_HEADER MATCHES "^satur/((tensor|layer|loss)[./]|simd|satur[.])")
    list(APPEND satur_header_sources_xsimd "${source}")
  endif()
endforeach()

add_library(satur_header_checks OBJECT ${satur_header_sources})
target_link_libraries(satur_header_checks PRIVATE satur::satur)
if(xsimd_FOUND AND satur_header_sources_xsimd AND NOT satur_all_flags MATCHES "XTENSOR_USE_XSIMD")
  add_library(satur_header_checks_xsimd OBJECT ${satur_header_sources_xsimd})
  target_link_libraries(satur_header_checks_xsimd PRIVATE satur::satur xsimd)
  target_compile_definitions(satur_header_checks_xsimd PRIVATE XTENSOR_USE_XSIMD)
endif()

find_program(SATUR_SH sh)
mark_as_advanced(SATUR_SH)
if(SATUR_SH)
  add_test(NAME layers COMMAND "${SATUR_SH}" "${CMAKE_CURRENT_LIST_DIR}/check_layers.sh" "${PROJECT_SOURCE_DIR}/include")
  add_test(NAME layers_self_test
           COMMAND "${SATUR_SH}" "${CMAKE_CURRENT_LIST_DIR}/check_layers.sh" --self-test "${CMAKE_CURRENT_BINARY_DIR}")
  add_test(NAME references COMMAND "${SATUR_SH}" "${CMAKE_CURRENT_LIST_DIR}/check_references.sh" "${PROJECT_SOURCE_DIR}")
  add_test(NAME references_self_test
           COMMAND "${SATUR_SH}" "${CMAKE_CURRENT_LIST_DIR}/check_references.sh" --self-test "${PROJECT_SOURCE_DIR}"
                   "${CMAKE_CURRENT_BINARY_DIR}")
else()
  satur_skip_test(layers "there is no POSIX shell")
endif()
