/* Proof of what a suspended child holds. */
#ifndef SB_SERVICE_WIN32_ATTEST_H
#define SB_SERVICE_WIN32_ATTEST_H

#include "service/win32/child_view.h"
#include "proto/fault.h"

#include <windows.h>

/* Reads the frozen child's own handle table and matches every inherited handle in it to expected, by object:
 * FAULT_NONE when they are exactly these. Else the fault names the handle that is too much or missing.
 * child needs PROCESS_QUERY_INFORMATION and PROCESS_DUP_HANDLE. Stage attest. */
fault_kind attest_child(HANDLE child, DWORD pid, const child_handle *expected, size_t count,
                        fault *ret_fault);

#endif
