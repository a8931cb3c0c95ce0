# Reads the mutants of this directory's *.txt. cmake -DROOT=<source directory> -DDO=<what> -P table.cmake,
# where what is
#   check    every mutant's text is in its file exactly once, and the mutant says what it needs to (a test
#   does this)
#   list     prints a line a mutant: name, kind (native, wine or equivalent), its tests or the reason
#   file     prints the file of the mutant -DNAME=...
#   apply    writes the mutant -DNAME=... into the tree at -DROOT, and prints the file
# -DTABLES=<directory> reads other tables.
#
# A mutant is a small bug that some test must notice:
#   mutant NAME              unique
#   promise TEXT             what it breaks, and where that is promised
#   file PATH                from the root
#   -LINE                    what the file has there, exactly; several lines follow each other in the file
#   +LINE                    what replaces it; none: nothing does
#   native TEST...           the tests that should notice, natively; or
#   wine TEST...             as Windows programs; TEST:SECTION: only this section of test_launch or
#                            test_policy; or
#   equivalent REASON        why no test here can notice it
cmake_minimum_required(VERSION 3.25)
if(NOT TABLES)
    set(TABLES ${CMAKE_CURRENT_LIST_DIR})
endif()
set(least 120)

# Takes the next line off `rest`, both in the caller.
macro(next_line)
    string(FIND "${rest}" "\n" end)
    string(SUBSTRING "${rest}" 0 ${end} line)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${rest}" ${end} -1 rest)
endmacro()

# Appends a line to a variable of the caller, the lines being joined by \n.
function(add_line variable text)
    if(DEFINED ${variable})
        string(APPEND ${variable} "\n" "${text}")
        set(${variable} "${${variable}}" PARENT_SCOPE)
    else()
        set(${variable} "${text}" PARENT_SCOPE)
    endif()
endfunction()

# Reads all tables: names is the list; of each, NAME_promise, NAME_file, NAME_old, NAME_new, NAME_kind,
# NAME_how.
macro(read_tables)
    file(GLOB table_files ${TABLES}/*.txt)
    foreach(table IN LISTS table_files)
        file(READ ${table} rest)
        string(APPEND rest "\n")
        set(name "")
        while(NOT rest STREQUAL "")
            next_line()
            string(LENGTH "${line}" length)
            if(length EQUAL 0)
                continue()
            endif()
            string(SUBSTRING "${line}" 0 1 first)
            string(SUBSTRING "${line}" 1 -1 behind)
            if(first STREQUAL "#")
                continue()
            elseif(first STREQUAL "-")
                add_line(${name}_old "${behind}")
            elseif(first STREQUAL "+")
                add_line(${name}_new "${behind}")
            elseif(line MATCHES "^mutant ([a-z0-9_]+)$")
                set(name ${CMAKE_MATCH_1})
                list(APPEND names ${name})
            elseif(line MATCHES "^(promise|file) (.+)$")
                set(${name}_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
            elseif(line MATCHES "^(native|wine|equivalent) (.+)$")
                set(${name}_kind ${CMAKE_MATCH_1})
                set(${name}_how "${CMAKE_MATCH_2}")
            else()
                message(SEND_ERROR "${table}: this line begins with no known word: ${line}")
            endif()
        endwhile()
    endforeach()
endmacro()

# Sets ret_count to how often the text `part` is in the file.
function(count_in file part ret_count)
    file(READ ${file} rest)
    set(count 0)
    string(LENGTH "${part}" length)
    string(FIND "${rest}" "${part}" at)
    while(NOT at EQUAL -1)
        math(EXPR count "${count} + 1")
        math(EXPR at "${at} + ${length}")
        string(SUBSTRING "${rest}" ${at} -1 rest)
        string(FIND "${rest}" "${part}" at)
    endwhile()
    set(${ret_count} ${count} PARENT_SCOPE)
endfunction()

# Says what is wrong with a mutant.
function(check_mutant name)
    foreach(part promise file old kind how)
        if(NOT DEFINED ${name}_${part})
            message(SEND_ERROR "mutant ${name} has no ${part}")
            return()
        endif()
    endforeach()
    if(NOT EXISTS ${ROOT}/${${name}_file})
        message(SEND_ERROR "mutant ${name}: there is no ${${name}_file}")
        return()
    endif()
    count_in(${ROOT}/${${name}_file} "${${name}_old}" count)
    if(NOT count EQUAL 1)
        message(SEND_ERROR "mutant ${name}: its text is ${count} times in ${${name}_file}, wanted once")
    endif()
    if("${${name}_old}" STREQUAL "${${name}_new}")
        message(SEND_ERROR "mutant ${name} changes nothing")
    endif()
endfunction()

set(names "")
read_tables()
if(DO STREQUAL "check")
    set(unique ${names})
    list(REMOVE_DUPLICATES unique)
    list(LENGTH unique unique_count)
    list(LENGTH names count)
    if(NOT unique_count EQUAL count)
        message(SEND_ERROR "two mutants have the same name")
    endif()
    if(count LESS least)
        message(SEND_ERROR "got ${count} mutants, wanted at least ${least}")
    endif()
    foreach(name IN LISTS names)
        check_mutant(${name})
    endforeach()
    message("${count} mutants apply")
elseif(DO STREQUAL "list")
    foreach(name IN LISTS names)
        execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${name}\t${${name}_kind}\t${${name}_how}")
    endforeach()
elseif(DO MATCHES "^(file|apply)$")
    if(NOT NAME IN_LIST names)
        message(FATAL_ERROR "there is no mutant ${NAME}; tests/mutate/*.txt have them")
    endif()
    if(DO STREQUAL "file")
        message("${${NAME}_file}")
        return()
    endif()
    check_mutant(${NAME})
    file(READ ${ROOT}/${${NAME}_file} text)
    string(REPLACE "${${NAME}_old}" "${${NAME}_new}" text "${text}")
    file(WRITE ${ROOT}/${${NAME}_file} "${text}")
    message("${${NAME}_file}")
else()
    message(FATAL_ERROR "-DDO=check, list, file or apply")
endif()
