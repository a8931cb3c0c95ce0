# Checks that every include names its room from the root ("service/win32/launch.h"), and that no room includes
# another that it must not know. cmake -DROOT=<source directory> -P arrows.cmake [-DSELF_CHECK=1]. With
# SELF_CHECK it also checks wrong trees, each of which must fail.

cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/tree_check.cmake)

# One line for each room: what it may include besides itself. A file that is in no room has its own name.
set(arrows
    "proto: cJSON.h"
    "service/policy: proto"
    "service/win32: proto service/policy"
    "service/audit: proto service/win32/cng.h service/win32/whole_file.h"
    "service/broker: proto service/policy service/win32 service/audit events.h"
    "client/lib: proto service/win32"
    "client/report: proto"
    "client/ctl: proto service/policy service/win32 service/audit client/lib client/report"
    "client/examples:"
    "tests: proto service client")
# Only there, a file that the client library installs is included by its installed name.
set(installed "^(client/examples|docs|tests/docs|tests/install)/")
# At most so many files of service/audit use Windows' cryptography.
set(cng_most 2)

# Sets ret_room to the line of `arrows` for the path's room, or to nothing.
function(room_of path ret_room)
    set(${ret_room} "" PARENT_SCOPE)
    foreach(arrow IN LISTS arrows)
        string(REGEX REPLACE ":.*" "" room "${arrow}")
        if("${path}" MATCHES "^${room}/")
            set(${ret_room} ${room} PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# Appends what is wrong with one include to the caller's `wrong`.
macro(check_include root file room to)
    set(good FALSE)
    foreach(arrow IN LISTS arrows)
        if(NOT "${arrow}" MATCHES "^${room}:(.*)$")
            continue()
        endif()
        string(REPLACE " " ";" allowed "${CMAKE_MATCH_1}")
        foreach(target IN LISTS allowed room)
            string(REPLACE "." "[.]" pattern "${target}")
            if("${to}" MATCHES "^${pattern}(/|$)")
                set(good TRUE)
            endif()
        endforeach()
    endforeach()
    if(NOT "${to}" MATCHES "/" AND NOT good)
        list(APPEND wrong "${file}: \"${to}\" does not name its room")
    elseif(NOT good)
        list(APPEND wrong "${file}: ${room} must not use ${to}")
    elseif("${to}" MATCHES "/" AND NOT EXISTS "${root}/${to}")
        list(APPEND wrong "${file}: there is no ${to}")
    endif()
endmacro()

# Sets ret_wrong to the errors in the tree, and ret_count to the number of its includes.
function(look root ret_wrong ret_count)
    set(wrong "")
    set(count 0)
    set(cng_users "")
    file(GLOB_RECURSE files RELATIVE ${root} ${root}/proto/*.[ch] ${root}/service/*.[ch] ${root}/client/*.[ch]
        ${root}/tests/*.[ch])
    foreach(file IN LISTS files)
        file(STRINGS ${root}/${file} lines REGEX "^[ \t]*#[ \t]*include")
        room_of(${file} room)
        if(lines AND NOT room)
            list(APPEND wrong "${file}: is in no room; add its room to tests/arrows.cmake")
            continue()
        endif()

        foreach(line IN LISTS lines)
            if(line MATCHES "include[ \t]*<spawn_broker[.]h>" AND NOT file MATCHES "${installed}")
                list(APPEND wrong
                    "${file}: <spawn_broker.h> is the installed name; use \"client/lib/spawn_broker.h\"")
            elseif(line MATCHES "include[ \t]*<(proto|service|client|tests)/")
                list(APPEND wrong "${file}: use quotation marks in: ${line}")
            endif()
            if(NOT line MATCHES "include[ \t]*\"([^\"]*)\"")
                continue()
            endif()
            math(EXPR count "${count} + 1")
            set(to ${CMAKE_MATCH_1})
            check_include(${root} ${file} ${room} ${to})
            if(room STREQUAL "service/audit" AND to STREQUAL "service/win32/cng.h")
                list(APPEND cng_users ${file})
            endif()
        endforeach()
    endforeach()

    list(LENGTH cng_users cng_count)
    if(cng_count GREATER cng_most)
        list(APPEND wrong
            "service/audit uses service/win32/cng.h in ${cng_count} files, at most ${cng_most}: ${cng_users}")
    endif()
    set(${ret_wrong} "${wrong}" PARENT_SCOPE)
    set(${ret_count} ${count} PARENT_SCOPE)
endfunction()

function(write_good root)
    foreach(there proto/a.h service/policy/a.h service/win32/cng.h service/audit/a.h service/broker/a.h
            client/lib/a.h client/ctl/a.h tests/a/a.h)
        file(WRITE ${root}/${there} "")
    endforeach()
endfunction()

check_tree(800 includes)
if(SELF_CHECK)
    must_be(proto/b.c "#include \"service/policy/a.h\"" "proto must not use service/policy")
    must_be(service/policy/b.c "#include \"service/win32/cng.h\""
        "service/policy must not use service/win32")
    must_be(service/win32/b.c "#include \"service/audit/a.h\"" "service/win32 must not use service/audit")
    must_be(service/audit/b.c "#include \"service/policy/a.h\"" "service/audit must not use service/policy")
    must_be(client/lib/b.c "#include \"service/audit/a.h\"" "client/lib must not use service/audit")
    must_be(client/ctl/b.c "  # include \"service/broker/a.h\"" "client/ctl must not use service/broker")
    must_be(client/report/b.h "#include \"client/lib/a.h\"" "client/report must not use client/lib")
    must_be(service/broker/b.c "#include \"client/lib/a.h\"" "service/broker must not use client/lib")
    must_be(client/ctl/b.c "#include \"tests/a/a.h\"" "client/ctl must not use tests")
    must_be(client/lib/b.c "#include \"a.h\"" "does not name its room")
    must_be(client/lib/b.c "#include \"../lib/a.h\"" "must not use [.][.]/lib")
    must_be(client/lib/b.c "#include \"proto/nothing.h\"" "there is no proto/nothing.h")
    must_be(client/lib/b.c "#include <proto/a.h>" "use quotation marks")
    must_be(tests/a/b.c "#include <spawn_broker.h>" "is the installed name")
    must_be(service/new/b.c "#include \"proto/a.h\"" "is in no room")
    set(cng_most 0)
    must_be(service/audit/b.c "#include \"service/win32/cng.h\"" "in 1 files, at most 0")
endif()
message("${count} includes follow the arrows")
