# cmake -DBUILD= -DWORK= -DSOURCE= -DGENERATOR= -DTOOLCHAIN= -DCONFIG= -DVERSION= -DCOMPILER= -DEMULATOR= -P
# run.cmake: installs the tree into WORK, builds another project against it, with CMake and with pkg-config,
# and runs the results.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
set(tree ${WORK}/tree)

function(run wanted)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE code)
    if(NOT code EQUAL 0 OR NOT said MATCHES "${wanted}")
        list(JOIN ARGN " " line)
        message(FATAL_ERROR "${line}\n  got    ${code}: ${said}\n  wanted 0: ${wanted}")
    endif()
    message(STATUS "${wanted}")
endfunction()

set(says "the child ended with 7 and said \"given\"")
run("spawn_broker.h" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${tree} --config ${CONFIG})
run("${VERSION}" ${EMULATOR} ${tree}/bin/spawnctl.exe version)
run("${VERSION}" ${EMULATOR} ${tree}/bin/spawnbroker.exe --version)

# A toolchain file names its compilers. Without one, the project uses the compilers of the build.
set(compilers)
if(NOT TOOLCHAIN)
    set(compilers -DCMAKE_C_COMPILER=${COMPILER})
endif()
run("written to" ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR}
    -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN}
    ${compilers} -DCMAKE_BUILD_TYPE=${CONFIG} -DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${WORK}/bin
    -DCMAKE_PREFIX_PATH=${tree})
run("" ${CMAKE_COMMAND} --build ${WORK}/build --config ${CONFIG})
run("${says}" ${EMULATOR} ${WORK}/bin/consumer_dll.exe)
run("${says}" ${EMULATOR} ${WORK}/bin/consumer_static.exe)

find_program(pkg_config NAMES pkg-config pkgconf)
if(NOT pkg_config OR NOT COMPILER MATCHES gcc)
    message(STATUS "pkg-config: not checked")
    return()
endif()
set(ENV{PKG_CONFIG_LIBDIR} ${tree}/lib/pkgconfig)
# --define-prefix is the default only on Windows, and spawn_broker.pc itself does the same.
execute_process(COMMAND ${pkg_config} --dont-define-prefix --cflags --libs spawn_broker
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${flags}")
string(REGEX REPLACE "gcc([^/]*)$" "g++\\1" cxx_compiler "${COMPILER}")
function(build_by_flags compiler source kind)
    run("" ${compiler} ${ARGN} -Wall -Wextra -Werror ${SOURCE}/${source} -o ${WORK}/bin/pc_${kind}.exe
        ${flags})
    run("${says}" ${EMULATOR} ${WORK}/bin/pc_${kind}.exe)
endfunction()
build_by_flags(${COMPILER} consumer.c c_dll)
build_by_flags(${COMPILER} consumer.c c_static -static)
# The DLL is beside the program, and the C++ runtime is linked in, so no other file has to be found.
build_by_flags(${cxx_compiler} consumer.cpp cpp_dll -static-libgcc -static-libstdc++)
build_by_flags(${cxx_compiler} consumer.cpp cpp_static -static)
run("${VERSION}" ${pkg_config} --modversion spawn_broker)
