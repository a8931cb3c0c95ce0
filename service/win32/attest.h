/* Checks which handles a suspended child has inherited. */
#ifndef SB_SERVICE_WIN32_ATTEST_H
#define SB_SERVICE_WIN32_ATTEST_H

#include "service/win32/child_view.h"
#include "proto/fault.h"

#include <windows.h>

/* Checks that a suspended child inherited exactly the expected handles: compares each inheritable handle of
 * its table with them by value and by object. The other handles are Windows' own. child needs
 * PROCESS_QUERY_INFORMATION and PROCESS_DUP_HANDLE. A fault (stage attest) names the wrong handle or counts
 * the missing ones; the caller then terminates the child. */
fault_kind attest_child(HANDLE child, DWORD pid, const child_handle *expected, size_t count,
                        fault *ret_fault);

#endif
