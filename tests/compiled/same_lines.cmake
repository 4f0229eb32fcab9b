# Fails unless the commands FIRST and SECOND succeed and print the same lines, at least one.
foreach(program IN ITEMS FIRST SECOND)
  execute_process(COMMAND ${${program}} OUTPUT_VARIABLE ${program}_lines COMMAND_ERROR_IS_FATAL ANY)
endforeach()
if(FIRST_lines STREQUAL "" OR NOT FIRST_lines STREQUAL SECOND_lines)
  message(FATAL_ERROR "different lines\n--- ${FIRST}\n${FIRST_lines}\n--- ${SECOND}\n${SECOND_lines}")
endif()
