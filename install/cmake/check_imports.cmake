# cmake -DOBJDUMP=... -DFILES=... -P check_imports.cmake: the files need only DLLs that Windows takes from its
# own directory whatever is beside the program (KnownDLLs, and ntdll), may be loaded at any address, do not
# import PeekNamedPipe, and have nothing of tests/rules.
cmake_minimum_required(VERSION 3.25)
set(windows advapi32 kernel32 msvcrt ntdll ole32 rpcrt4 shell32 shlwapi user32 ws2_32)
foreach(file IN LISTS FILES)
    execute_process(COMMAND ${OBJDUMP} -p ${file} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "DLL Name: [^\n]+" lines "${text}")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "DLL Name: (.*)\\.dll.*" "\\1" name "${line}")
        string(TOLOWER "${name}" name)
        if(NOT name IN_LIST windows)
            message(SEND_ERROR
                "${file} needs ${name}.dll, which is not one of Windows' KnownDLLs: load it at run time")
        endif()
    endforeach()
    foreach(flag DYNAMIC_BASE NX_COMPAT HIGH_ENTROPY_VA)
        if(NOT text MATCHES ${flag})
            message(SEND_ERROR "${file} was linked without ${flag}")
        endif()
    endforeach()
    # It waits for a read that is pending on the same pipe: a relay that calls it hangs on Windows while a
    # grandchild keeps the output, and only there.
    if(text MATCHES "PeekNamedPipe")
        message(SEND_ERROR "${file} imports PeekNamedPipe, which waits for a read of the same pipe")
    endif()
    file(STRINGS ${file} marks ENCODING UTF-16LE REGEX "^SPAWN_BROKER_RULES$")
    if(marks)
        message(SEND_ERROR "${file} was linked with sb_rules, which is for tests only")
    endif()
    list(LENGTH lines count)
    message(STATUS "${file}: ${count} DLLs, all known to Windows")
endforeach()
