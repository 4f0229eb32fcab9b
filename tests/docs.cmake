# docs/adding-an-activation.md: its files are written out, compiled and run, and what they print is compared.
set(satur_page "${PROJECT_SOURCE_DIR}/docs/adding-an-activation.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${satur_page}")
set(satur_walk_dir "${CMAKE_CURRENT_BINARY_DIR}/adding_an_activation")
find_program(SATUR_AWK awk)
mark_as_advanced(SATUR_AWK)
if(NOT SATUR_AWK)
  satur_skip_test(adding_an_activation "there is no awk")
else()
  foreach(file bent_identity.hpp bent_identity_test.cpp)
    # The fenced block after the mark.
    execute_process(
      COMMAND "${SATUR_AWK}" -v "mark=<!-- file: ${file} -->"
              "$0 == mark { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside { print }" "${satur_page}"
      OUTPUT_VARIABLE text)
    if(text STREQUAL "")
      message(FATAL_ERROR "${satur_page}: no block after <!-- file: ${file} -->")
    endif()
    file(GENERATE OUTPUT "${satur_walk_dir}/${file}" CONTENT "${text}")
  endforeach()
  add_executable(satur_adding_an_activation "${satur_walk_dir}/bent_identity_test.cpp")
  target_link_libraries(satur_adding_an_activation PRIVATE satur::core)
  add_test(NAME adding_an_activation COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/check_page.sh" "${satur_page}"
                                             $<TARGET_FILE:satur_adding_an_activation>)
endif()
