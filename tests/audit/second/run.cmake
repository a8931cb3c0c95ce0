# Runs compare.mjs. NODE is Node.js for Windows; EMULATOR, which may be empty, runs it; PROGRAMS, GOLDEN and
# WORK are compare.mjs's arguments. Node.js does not write to a pipe that Wine has from outside, so its output
# is a file.
cmake_minimum_required(VERSION 3.25)
if(NOT EXISTS ${NODE})
    message("skipped: there is no Node.js for Windows here")
    return()
endif()
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
execute_process(
    COMMAND ${EMULATOR} ${NODE} --disable-warning=ExperimentalWarning ${CMAKE_CURRENT_LIST_DIR}/compare.mjs
        ${PROGRAMS} ${GOLDEN} ${WORK}
    OUTPUT_FILE ${WORK}/said.txt ERROR_FILE ${WORK}/said_wrong.txt RESULT_VARIABLE result)
file(READ ${WORK}/said.txt said)
file(READ ${WORK}/said_wrong.txt said_wrong)
message("${said}${said_wrong}")
if(NOT result EQUAL 0)
    message(FATAL_ERROR "compare.mjs ended with ${result}")
endif()
