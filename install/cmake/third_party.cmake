# Code of others, as targets: cjson and sqlite3. Compiled without our warnings.
# MSVC: from vcpkg. Elsewhere: from the cache that install/deps.sh fills.
if(MSVC)
    find_package(cJSON CONFIG REQUIRED)
    find_path(CJSON_HEADER_DIR cJSON.h PATH_SUFFIXES cjson REQUIRED)
    if(NOT TARGET cjson)
        message(FATAL_ERROR "vcpkg's cjson has no target named cjson")
    endif()
    target_include_directories(cjson SYSTEM INTERFACE ${CJSON_HEADER_DIR})
    if(NOT SB_CLIENT_ONLY)
        find_package(unofficial-sqlite3 CONFIG REQUIRED)
        add_library(sqlite3 ALIAS unofficial::sqlite3::sqlite3)
    endif()
    return()
endif()

file(STRINGS ${CMAKE_SOURCE_DIR}/install/versions.sh pins REGEX "^[A-Z]+_VERSION=")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/install/versions.sh)
foreach(pin IN LISTS pins)
    string(REGEX MATCH "^([A-Z]+_VERSION)=(.*)$" matched ${pin})
    set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
endforeach()

function(sb_third_party name directory source)
    set(from ${SB_THIRD_PARTY}/${directory})
    if(NOT EXISTS ${from}/${source})
        message(FATAL_ERROR "${from}/${source} is missing: run  sh install/deps.sh  first")
    endif()
    add_library(${name} STATIC ${from}/${source})
    target_include_directories(${name} SYSTEM PUBLIC ${from})
    target_compile_options(${name} PRIVATE -w)
    if(SB_SANITIZE)
        # SQLite with everything on takes minutes to compile. Last one wins: -O1.
        target_compile_options(${name} PRIVATE -fsanitize=address -O1)
    endif()
endfunction()

sb_third_party(cjson cjson-${CJSON_VERSION} cJSON.c)
target_compile_definitions(cjson PUBLIC CJSON_HIDE_SYMBOLS)

if(SB_CLIENT_ONLY)
    return()
endif()

sb_third_party(sqlite3 sqlite-${SQLITE_VERSION} sqlite3.c)
# https://sqlite.org/compile.html, "Recommended Compile-time Options". THREADSAFE=2: a connection is used by
# one thread at a time.
target_compile_definitions(sqlite3 PRIVATE
    SQLITE_THREADSAFE=2
    SQLITE_DQS=0
    SQLITE_DEFAULT_MEMSTATUS=0
    SQLITE_ENABLE_FTS5
    SQLITE_LIKE_DOESNT_MATCH_BLOBS
    SQLITE_OMIT_DEPRECATED
    SQLITE_OMIT_LOAD_EXTENSION
    SQLITE_OMIT_SHARED_CACHE
    SQLITE_TRUSTED_SCHEMA=0)
if(WIN32)
    # Offsets by SetFilePointer: Wine tells its server of each read and write that has an OVERLAPPED, fifty a
    # launch.
    target_compile_definitions(sqlite3 PRIVATE SQLITE_WIN32_NO_OVERLAPPED)
endif()
if(UNIX)
    target_link_libraries(sqlite3 PUBLIC m)
endif()
