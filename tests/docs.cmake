# The pages of docs/extending/, and those of docs/ that show a program: their files are written out, compiled and run, and what they print is compared.
# A block after <!-- file: NAME --> is a file; the ones named *.cpp make the page's program. The ones after
# <!-- doctest: NAME --> make a second program, with doctest's main. A new page needs no line here.
file(GLOB satur_pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/extending/*.md" "${PROJECT_SOURCE_DIR}/docs/reference.md"
     "${PROJECT_SOURCE_DIR}/docs/bridges.md" "${PROJECT_SOURCE_DIR}/docs/getting-started.md"
     "${PROJECT_SOURCE_DIR}/docs/pitfalls.md")
find_program(SATUR_AWK awk)
mark_as_advanced(SATUR_AWK)
foreach(page IN LISTS satur_pages)
  get_filename_component(name "${page}" NAME_WE)
  if(NOT SATUR_AWK)
    satur_skip_test(page_${name} "there is no awk")
    continue()
  elseif(name STREQUAL "bridges" AND NOT TARGET satur_bridge_eigen)
    satur_skip_test(page_${name} "Eigen is not installed (Debian: libeigen3-dev)")
    continue()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/pages/${name}")
  file(STRINGS "${page}" marks REGEX "^<!-- (file|doctest): .* -->$")
  set(sources "")
  set(test_sources "")
  foreach(mark IN LISTS marks)
    string(REGEX REPLACE "^<!-- (file|doctest): (.*) -->$" "\\2" file "${mark}")
    execute_process(
      COMMAND "${SATUR_AWK}" -v "mark=${mark}"
              "$0 == mark { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside { print }" "${page}"
      OUTPUT_VARIABLE text)
    if(text STREQUAL "")
      message(FATAL_ERROR "${page}: no block after ${mark}")
    endif()
    file(GENERATE OUTPUT "${folder}/${file}" CONTENT "${text}")
    if(mark MATCHES "^<!-- doctest:")
      list(APPEND test_sources "${folder}/${file}")
    elseif(file MATCHES "\\.cpp$")
      list(APPEND sources "${folder}/${file}")
    endif()
  endforeach()
  if(NOT sources)
    message(FATAL_ERROR "${page}: no block after a mark <!-- file: NAME.cpp -->")
  endif()
  add_executable(satur_page_${name} ${sources})
  if(name STREQUAL "reference") # layers too
    target_link_libraries(satur_page_${name} PRIVATE satur::satur)
  else()
    target_link_libraries(satur_page_${name} PRIVATE satur::core)
  endif()
  if(name STREQUAL "bridges")
    target_link_libraries(satur_page_${name} PRIVATE satur_bridge_eigen)
  endif()
  target_compile_definitions(satur_page_${name} PRIVATE ${satur_one_level})
  target_compile_options(satur_page_${name} PRIVATE ${satur_light_optimization})
  add_test(NAME page_${name} COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/check_page.sh" "${page}"
                                     $<TARGET_FILE:satur_page_${name}>)
  if(test_sources)
    add_executable(satur_page_${name}_doctest ${test_sources})
    target_link_libraries(satur_page_${name}_doctest PRIVATE satur_test_main satur::core)
    target_compile_definitions(satur_page_${name}_doctest PRIVATE ${satur_one_level})
    target_compile_options(satur_page_${name}_doctest PRIVATE ${satur_light_optimization})
    add_test(NAME page_${name}_doctest COMMAND satur_page_${name}_doctest)
  endif()
endforeach()

# The recipe of docs/extending/unit_statistic.md changes satur itself: it is applied to a copy of the headers.
add_test(NAME unit_statistic_recipe
         COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/check_unit_statistic.sh" "${PROJECT_SOURCE_DIR}/include"
                 "${PROJECT_SOURCE_DIR}/docs/extending/unit_statistic.md"
                 "${CMAKE_CURRENT_SOURCE_DIR}/extending/output_rms.cpp" "${CMAKE_CXX_COMPILER}")
set_tests_properties(unit_statistic_recipe PROPERTIES SKIP_RETURN_CODE 77)

# The tables of docs/reference.md are those of the headers, and the list of names behind them is a compiler's.
add_test(NAME reference_page COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/reference_page.sh" "${PROJECT_SOURCE_DIR}")
add_test(NAME reference_page_self_test COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/reference_page.sh" --self-test
                                               "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_test(NAME public_names COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/public_names_agree.sh" "${CMAKE_CXX_COMPILER}"
                                     "${PROJECT_SOURCE_DIR}/include")
endif()

# What the pages point at is there, and words are spelled as in American English.
if(UNIX)
  add_test(NAME links COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/check_links.sh" "${PROJECT_SOURCE_DIR}")
  add_test(NAME links_self_test COMMAND sh "${CMAKE_CURRENT_SOURCE_DIR}/check_links.sh" --self-test
                                        "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
endif()
add_test(NAME spelling COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/spelling.sh")
add_test(NAME spelling_self_test COMMAND bash "${CMAKE_CURRENT_SOURCE_DIR}/spelling.sh" --self-test)
set_tests_properties(spelling spelling_self_test PROPERTIES SKIP_REGULAR_EXPRESSION "^skipped: ")
