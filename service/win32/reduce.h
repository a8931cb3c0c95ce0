/* A child's token with less than its caller's: never with more. */
#ifndef SB_SERVICE_WIN32_REDUCE_H
#define SB_SERVICE_WIN32_REDUCE_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* Whether anything is to be taken away. */
bool reduce_wanted(const msg_reduce *what);

/* A primary token, for CloseHandle: that of base (which needs TOKEN_DUPLICATE, TOKEN_QUERY and
 * TOKEN_ADJUST_DEFAULT) without what is to go. It is read back: where something has not gone, or it has what
 * base has not, that is a fault. Faults: stage create; field params.reduce.... */
fault_kind reduce_token(arena *a, HANDLE base, const msg_reduce *what, HANDLE *ret, fault *ret_fault);

/* Whether process has that token, or less (of a program with a low label, Windows lowers the integrity):
 * ERROR_BAD_TOKEN_TYPE when not. */
DWORD reduce_check(HANDLE token, HANDLE process);

#endif
