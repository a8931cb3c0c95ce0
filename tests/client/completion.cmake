# The script of `spawnctl completion bash` completes command lines: SPAWNCTL, EMULATOR, BASH are programs,
# CHECK completion.sh, SCRIPT the file to make.
execute_process(COMMAND ${EMULATOR} ${SPAWNCTL} completion bash OUTPUT_FILE ${SCRIPT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "spawnctl completion bash: ${result}")
endif()
execute_process(COMMAND ${BASH} ${CHECK} ${SCRIPT} RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "${CHECK}: ${result}")
endif()
