/* The few things that all Windows code here needs: one way to read errors, close handles and tell time. */
#ifndef SB_SERVICE_WIN32_WIN_H
#define SB_SERVICE_WIN32_WIN_H

#include "proto/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* GetLastError on the line that failed; ERROR_GEN_FAILURE where the failure left 0. */
DWORD win_error(void);

/* Paces a loop that allocates what must not be lost: for (int i = 0; !p && win_wait_for_memory(i); i++).
 * Returns true at once for attempt 0, after 10 ms for attempts 1 to 49, and false for 50. */
bool win_wait_for_memory(int attempt);

/* Closes *handle unless it is NULL, and sets it to NULL. */
void win_close(HANDLE *handle);

/* fault_set with the system's text for error and its number behind the sentence. Returns kind. */
fault_kind win_fault(fault *ret_fault, fault_kind kind, stage s, DWORD error, const char *format, ...);

/* Microseconds since 1970-01-01 UTC. */
int64_t win_now_us(void);
int64_t win_filetime_us(FILETIME time);

/* Microseconds of a clock that only runs forward. */
int64_t win_ticks_us(void);

#endif
