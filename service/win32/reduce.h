/* Makes a token for a child that gives less than its caller's, and never more. */
#ifndef SB_SERVICE_WIN32_REDUCE_H
#define SB_SERVICE_WIN32_REDUCE_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/message.h"

#include <stdbool.h>
#include <windows.h>

/* Whether the request takes anything away. */
bool reduce_wanted(const msg_reduce *what);

/* Makes a primary token, for CloseHandle, that gives what base gives except for what the request takes away.
 * base needs TOKEN_DUPLICATE, TOKEN_QUERY and TOKEN_ADJUST_DEFAULT. The new token is read back; a reduction
 * that Windows did not apply, or a right that base lacks, is a fault. Faults: stage create; field
 * params.reduce....
 */
fault_kind reduce_token(arena *a, HANDLE base, const msg_reduce *what, HANDLE *ret, fault *ret_fault);

/* Checks that process has the rights of token or less: for a program file with a low label, Windows lowers
 * the integrity. ERROR_BAD_TOKEN_TYPE: it has more. */
DWORD reduce_check(HANDLE token, HANDLE process);

#endif
