# What the checks of the source tree share. A check defines look(root ret_wrong ret_count), which sets
# ret_wrong to what is wrong in the tree and ret_count to how many things it read, and write_good(root), which
# writes a small tree with nothing wrong in it.

# Checks the tree of ROOT. With fewer than `least` things, ROOT is the wrong directory.
macro(check_tree least things)
    look(${ROOT} wrong count)
    foreach(problem IN LISTS wrong)
        message(SEND_ERROR "${problem}")
    endforeach()
    if(count LESS ${least})
        message(SEND_ERROR
            "got ${count} ${things}, wanted at least ${least}: is ${ROOT} the source directory?")
    endif()
endmacro()

# Checks a good tree with this file added, which must be wrong for that reason. Without a reason it must be
# right.
function(must_be file text reason)
    get_filename_component(check ${CMAKE_SCRIPT_MODE_FILE} NAME_WE)
    set(root ${CMAKE_CURRENT_BINARY_DIR}/${check}.tree)
    file(REMOVE_RECURSE ${root})
    write_good(${root})
    file(WRITE ${root}/${file} "${text}\n")
    look(${root} wrong count)
    file(REMOVE_RECURSE ${root})
    if((NOT reason AND wrong) OR NOT "${wrong}" MATCHES "${reason}")
        message(SEND_ERROR "self-check: ${file} with ${text}: got \"${wrong}\", wanted \"${reason}\"")
    endif()
endfunction()
