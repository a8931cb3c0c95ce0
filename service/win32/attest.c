#include "service/win32/attest.h"

#include "service/win32/nt.h"
#include "service/win32/win.h"

#include <stdlib.h>

static const child_handle *find(HANDLE value, const child_handle *expected, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (expected[i].value == value) return &expected[i];
    return NULL;
}

/* Whether the child's handle of that value refers to the same object as our handle. */
static DWORD same_in_child(HANDLE child, const child_handle *handle, bool *ret_same) {
    HANDLE copy;
    if (!DuplicateHandle(child, handle->value, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return win_error();
    *ret_same = nt_same_object(copy, handle->own);
    CloseHandle(copy);
    return ERROR_SUCCESS;
}

static fault_kind refuse(fault *ret_fault, HANDLE value, const char *what) {
    return fault_set(
        ret_fault, FAULT_LAUNCH_FAILED, STAGE_ATTEST, ERROR_INVALID_HANDLE,
        "the child's handles are not exactly those requested: 0x%lx %s; the child was terminated",
        (unsigned long)(ULONG_PTR)value, what);
}

fault_kind attest_child(HANDLE child, DWORD pid, const child_handle *expected, size_t count,
                        fault *ret_fault) {
    nt_handle *table = NULL;
    size_t entries = 0, inherited = 0;
    fault_kind kind = FAULT_NONE;
    DWORD err = nt_handle_table(child, pid, &table, &entries);
    if (err) {
        kind =
            win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_ATTEST, err, "cannot read the child's handles");
        goto done;
    }

    for (size_t i = 0; i < entries; i++) {
        bool same = false;
        HANDLE value = table[i].value;
        if (!table[i].inheritable) continue; /* Windows made it for the child itself */

        const child_handle *wanted = find(value, expected, count);
        if (!wanted) {
            kind = refuse(ret_fault, value, "was not requested");
            goto done;
        }
        if ((err = same_in_child(child, wanted, &same))) {
            kind = win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_ATTEST, err,
                             "cannot read the child's handle 0x%lx", (unsigned long)(ULONG_PTR)value);
            goto done;
        }
        if (!same) {
            kind = refuse(ret_fault, value, "refers to another object");
            goto done;
        }
        inherited++;
    }

    if (inherited == count) goto done;
    kind = fault_set(ret_fault, FAULT_LAUNCH_FAILED, STAGE_ATTEST, ERROR_INVALID_HANDLE,
                     "the child has %zu of %zu handles; the child was terminated", inherited, count);
done:
    free(table);
    return kind;
}
