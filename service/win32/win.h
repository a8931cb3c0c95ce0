/* What all Windows code here uses: one way to read errors, to close handles and to tell the time. */
#ifndef SB_SERVICE_WIN32_WIN_H
#define SB_SERVICE_WIN32_WIN_H

#include "proto/fault.h"

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* Returns GetLastError, or ERROR_GEN_FAILURE where the failure left 0. Call it on the line that failed. */
DWORD win_error(void);

/* Paces a loop that allocates what must not be lost: for (int i = 0; !p && win_wait_for_memory(i); i++).
 * Returns true at once for attempt 0, after 10 ms for attempts 1 to 49, and false for 50. */
bool win_wait_for_memory(int attempt);

/* Closes *handle unless it is NULL, and sets it to NULL. */
void win_close(HANDLE *handle);

/* The handle that the 32 bits of a message stand for: Windows sign-extends them. */
HANDLE win_handle(uint32_t value);

/* Calls fault_set; the message is the sentence, the system's text for error, and its number. Returns kind. */
fault_kind win_fault(fault *ret_fault, fault_kind kind, stage s, DWORD err, const char *format, ...);

/* The time now, and a file time, in microseconds since 1970-01-01 UTC. */
int64_t win_now_us(void);
int64_t win_filetime_us(FILETIME time);

/* The microseconds of a clock that never goes back. */
int64_t win_ticks_us(void);

#endif
