# Checks that the script of `spawnctl completion bash` completes command lines. SPAWNCTL, EMULATOR and BASH
# are programs, CHECK is completion.sh, and SCRIPT is the file to write.
execute_process(COMMAND ${EMULATOR} ${SPAWNCTL} completion bash OUTPUT_FILE ${SCRIPT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "spawnctl completion bash: ${result}")
endif()
execute_process(COMMAND ${BASH} ${CHECK} ${SCRIPT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${CHECK}: ${result}")
endif()
