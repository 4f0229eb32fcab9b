# satur::compiled, a static library that holds what satur's headers would compile in every file: the passes for float and
# double, the activations by name, findings, the text of records. A target that links it uses it in the files whose ABI tag
# (config.hpp: instruction set, switches, OpenMP, standard library) is one that the library was built for. In any other
# file satur stays header-only. SATUR_COMPILED_TAGS are the tags.

# The tag of the flags that this build has; they become the library's own.
string(TOUPPER "${CMAKE_BUILD_TYPE}" satur_compiled_type)
get_directory_property(satur_compiled_options COMPILE_OPTIONS)
get_directory_property(satur_compiled_definitions COMPILE_DEFINITIONS)
list(FILTER satur_compiled_options EXCLUDE REGEX "[$]<")
list(FILTER satur_compiled_definitions EXCLUDE REGEX "[$]<")
list(TRANSFORM satur_compiled_definitions PREPEND -D)
separate_arguments(satur_compiled_flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${satur_compiled_type}}")
file(WRITE "${PROJECT_BINARY_DIR}/compiled/tag.cpp" "#include \"satur/config.hpp\"\nsatur_tag: SATUR_COMPILED_TAG\n")
execute_process(COMMAND "${CMAKE_CXX_COMPILER}" ${satur_compiled_flags} ${satur_compiled_options} ${satur_compiled_definitions}
                        ${CMAKE_CXX20_STANDARD_COMPILE_OPTION} "-I${PROJECT_SOURCE_DIR}/include" -E
                        "${PROJECT_BINARY_DIR}/compiled/tag.cpp"
                OUTPUT_VARIABLE satur_compiled_text ERROR_VARIABLE satur_compiled_error RESULT_VARIABLE satur_compiled_result)
if(NOT satur_compiled_result EQUAL 0 OR NOT satur_compiled_text MATCHES "satur_tag: ([a-z0-9_]+)")
  message(FATAL_ERROR "satur::compiled needs a compiler that answers -E; -DSATUR_BUILD_COMPILED=OFF does without it. "
                      "${satur_compiled_error}")
endif()
set(satur_compiled_tag "${CMAKE_MATCH_1}")
message(STATUS "satur: satur::compiled serves files of tag ${satur_compiled_tag}")

file(GLOB satur_compiled_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*.cpp")
add_library(satur_compiled STATIC ${satur_compiled_sources})
add_library(satur::compiled ALIAS satur_compiled)
set_target_properties(satur_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
target_compile_definitions(satur_compiled PRIVATE "SATUR_COMPILED_EXPECTED_${satur_compiled_tag}=1"
                           INTERFACE "SATUR_COMPILED_FOR_${satur_compiled_tag}=1")
target_link_libraries(satur_compiled PUBLIC satur_core)
