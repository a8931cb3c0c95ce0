# How the directories' CMakeLists.txt make their targets.

# The program's entry point is wmain.
function(sb_wmain target)
    if(MINGW)
        target_link_options(${target} PRIVATE -municode)
    endif()
endfunction()

# The target enforces Windows' rules where the tests' programs do (tests/rules/rules.h). To be called for each
# that the tests run; what is installed is linked without.
function(sb_strict target)
    if(SB_STRICT_RULES)
        target_link_libraries(${target} PRIVATE sb_rules)
    endif()
endfunction()

# Puts the target to install in place of a strict one into ret_shipped: the same object files without the
# layer, in shipped/; where the layer is off, it is the target itself.
function(sb_shipped target ret_shipped)
    if(NOT SB_STRICT_RULES OR NOT TARGET ${target})
        set(${ret_shipped} ${target} PARENT_SCOPE)
        return()
    endif()
    get_target_property(libraries ${target} LINK_LIBRARIES)
    list(REMOVE_ITEM libraries sb_rules)
    get_target_property(objects ${target} SOURCES)
    list(FILTER objects INCLUDE REGEX TARGET_OBJECTS) # other libraries' object files among the sources
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
    set(shipped ${target}_shipped)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL SHARED_LIBRARY)
        add_library(${shipped} SHARED ${objects})
        set_target_properties(${shipped} PROPERTIES PREFIX "" LINKER_LANGUAGE C)
        get_target_property(interface ${target} INTERFACE_INCLUDE_DIRECTORIES)
        set_target_properties(${shipped} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${interface}")
    else()
        add_executable(${shipped} ${objects})
        set_target_properties(${shipped} PROPERTIES LINKER_LANGUAGE C)
        sb_wmain(${shipped})
    endif()
    target_link_libraries(${shipped} PRIVATE ${libraries})
    set_target_properties(${shipped} PROPERTIES OUTPUT_NAME ${target} EXPORT_NAME ${target}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/shipped ARCHIVE_OUTPUT_DIRECTORY
            ${CMAKE_BINARY_DIR}/shipped)
    set(${ret_shipped} ${shipped} PARENT_SCOPE)
endfunction()

# Windows looks for the DLLs that the target imports in its own directory alone. MinGW's linker has no such
# option: there the test "imports" sees that a target needs only DLLs which Windows takes from there in any
# case.
function(sb_system_imports target)
    if(MSVC)
        target_link_options(${target} PRIVATE /DEPENDENTLOADFLAG:0x800)
    endif()
endfunction()

# sb_version(target file description): gives the file its version resource, and a program its manifest.
function(sb_version version_target version_file version_description)
    get_target_property(type ${version_target} TYPE)
    set(version_type 1) # VFT_APP
    if(type STREQUAL SHARED_LIBRARY)
        set(version_type 2) # VFT_DLL
    elseif(MSVC)
        # The linker merges the manifest with its own.
        target_sources(${version_target} PRIVATE ${PROJECT_SOURCE_DIR}/install/cmake/program.manifest)
    else()
        # RT_MANIFEST is 24; 1 is a program's own manifest.
        set(version_manifest "1 24 \"${PROJECT_SOURCE_DIR}/install/cmake/program.manifest\"")
    endif()
    set(resource ${CMAKE_CURRENT_BINARY_DIR}/${version_target}_version.rc)
    configure_file(${PROJECT_SOURCE_DIR}/install/cmake/version.rc.in ${resource} @ONLY)
    target_sources(${version_target} PRIVATE ${resource})
endfunction()

# The object files of a library of the compiler, in ret_objects.
function(sb_compiler_library_objects file ret_objects)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${file}
        OUTPUT_VARIABLE archive OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(directory ${CMAKE_BINARY_DIR}/${file}.objects)
    file(MAKE_DIRECTORY ${directory})
    execute_process(COMMAND ${CMAKE_AR} x ${archive}
        WORKING_DIRECTORY ${directory} COMMAND_ERROR_IS_FATAL ANY)
    file(GLOB objects ${directory}/*.o)
    set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT ON)
    set(${ret_objects} ${objects} PARENT_SCOPE)
endfunction()

# The client library from sources: spawn_broker (DLL) and spawn_broker_static. Both are complete: a program
# needs nothing else of ours.
function(sb_client_library)
    set(parts $<TARGET_OBJECTS:sb_win32> $<TARGET_OBJECTS:sb_proto>)
    if(MSVC)
        set(parts_library cjson)
    else()
        list(APPEND parts $<TARGET_OBJECTS:cjson>)
    endif()

    add_library(spawn_broker SHARED ${ARGN} ${parts})
    target_compile_definitions(spawn_broker PRIVATE SPAWN_BROKER_BUILD)
    set_target_properties(spawn_broker PROPERTIES OUTPUT_NAME spawn_broker PREFIX "")
    sb_version(spawn_broker spawn_broker.dll "Spawn Broker client library")

    if(MINGW)
        # Whoever links the static library need not know that it was compiled with a stack protector.
        sb_compiler_library_objects(libssp.a ssp_objects)
    endif()
    add_library(spawn_broker_static STATIC ${ARGN} ${parts} ${ssp_objects})

    sb_system_imports(spawn_broker)
    sb_strict(spawn_broker)

    foreach(target spawn_broker spawn_broker_static)
        target_include_directories(${target}
            PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>)
    endforeach()
    # How we compile is no affair of who links what was installed.
    target_link_libraries(spawn_broker PRIVATE sb_options ${SB_CLIENT_SYSTEM_LIBS} ${parts_library})
    target_link_libraries(spawn_broker_static PRIVATE $<BUILD_INTERFACE:sb_options> PUBLIC
        ${SB_CLIENT_SYSTEM_LIBS})
    set_target_properties(spawn_broker_static PROPERTIES EXPORT_NAME static)

    if(MSVC)
        set_target_properties(spawn_broker_static PROPERTIES
            STATIC_LIBRARY_OPTIONS $<TARGET_FILE:cjson>)
    else()
        set_target_properties(spawn_broker_static PROPERTIES OUTPUT_NAME spawn_broker)
    endif()
endfunction()

function(sb_helper name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE sb_options ${arg_LIBS})
    sb_strict(${name})
endfunction()

# sb_needs(TEST TARGET): the test's program is TARGET, and starts the programs that TARGET depends on. Each of
# them is a label needs:PROGRAM of the test; tests/absent.sh moves it away and sees that the test fails.
function(sb_needs test target)
    cmake_language(EVAL CODE "cmake_language(DEFER CALL sb_needs_all ${test} ${target})")
endfunction()

function(sb_needs_all test target)
    get_target_property(depends ${target} MANUALLY_ADDED_DEPENDENCIES)
    foreach(program IN LISTS depends)
        if(NOT TARGET ${program})
            continue()
        endif()
        get_target_property(type ${program} TYPE)
        if(type MATCHES "EXECUTABLE|SHARED_LIBRARY")
            set_property(TEST ${test} APPEND PROPERTY LABELS needs:${program})
        endif()
    endforeach()
endfunction()

function(sb_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBS;DEPENDS;ARGS")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    sb_helper(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    if(arg_DEPENDS)
        add_dependencies(${name} ${arg_DEPENDS})
    endif()
    add_test(NAME ${name} COMMAND ${name} ${arg_ARGS} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} SKIP_RETURN_CODE 77)
    sb_needs(${name} ${name})
endfunction()

# sb_parts(TEST PART...): parts of the test that cannot be tried everywhere, each a test TEST.PART of its own.
# It is skipped where the test skipped the part (tests/support/parts.h). Call it once for a test, in the
# directory of the test.
function(sb_parts test)
    set(notes ${CMAKE_CURRENT_BINARY_DIR}/${test}.parts)
    set(notes_of_program ${notes})
    if(CMAKE_CROSSCOMPILING)
        set(notes_of_program Z:${notes})
    endif()
    list(JOIN ARGN "," parts)
    set_tests_properties(${test} PROPERTIES
        FIXTURES_SETUP ${test}
        ENVIRONMENT "SB_TEST_PARTS=${parts};SB_TEST_PARTS_FILE=${notes_of_program}")
    foreach(part IN LISTS ARGN)
        add_test(NAME ${test}.${part}
            COMMAND ${CMAKE_COMMAND} -DFILE=${notes} -DPART=${part} -P
                ${PROJECT_SOURCE_DIR}/tests/support/part.cmake)
        set_tests_properties(${test}.${part} PROPERTIES
            TIMEOUT 60
            FIXTURES_REQUIRED ${test}
            LABELS part
            SKIP_RETURN_CODE 77
            SKIP_REGULAR_EXPRESSION "^skipped: ")
    endforeach()
endfunction()

# Only where the compiler has libFuzzer (the native preset). tests/fuzz.sh finds them by the files in fuzz/:
# each names a fuzzer's corpora.
function(sb_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS;CORPUS")
    if(NOT SB_SANITIZE OR NOT CMAKE_C_COMPILER_ID MATCHES Clang)
        return()
    endif()
    sb_helper(${name} SOURCES ${arg_SOURCES} LIBS ${arg_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    string(REPLACE "fuzz_" "" short ${name})
    set(corpora ${arg_CORPUS})
    if(EXISTS ${PROJECT_SOURCE_DIR}/tests/fuzz/${short})
        list(APPEND corpora ${PROJECT_SOURCE_DIR}/tests/fuzz/${short})
    endif()
    set(run ${CMAKE_BINARY_DIR}/fuzz/test/${short}) # where it may write files too
    file(MAKE_DIRECTORY ${run}/corpus)
    list(JOIN corpora "\n" lines)
    file(WRITE ${CMAKE_BINARY_DIR}/fuzz/${short}.corpora "${lines}\n")
    add_test(NAME ${name}
        COMMAND ${name} -seed=1 -max_total_time=2 -print_final_stats=1 -artifact_prefix=${run}/ corpus
            ${corpora}
        WORKING_DIRECTORY ${run})
    set_tests_properties(${name} PROPERTIES TIMEOUT 60 SKIP_RETURN_CODE 77)
endfunction()
