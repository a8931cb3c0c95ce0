/* An access check against a pipe's descriptor, as the token of the process or of the thread, or one that a
 * test gives the process by name. */
#ifndef SB_TESTS_RULES_ACCESS_H
#define SB_TESTS_RULES_ACCESS_H

#include "tests/rules/shared.h"

/* Copies a descriptor, or that of a pipe without one (NULL), into a pipe's row. */
void access_keep(void *descriptor, BYTE *ret);
/* Changes the parts of a row's descriptor that `what` names to those of another. */
void access_change(BYTE *descriptor, SECURITY_INFORMATION what, void *to);
/* Returns whether the access is granted; that of a client's open, without FILE_CREATE_PIPE_INSTANCE. */
bool access_allowed(BYTE *descriptor, DWORD wanted);
bool access_allowed_client(BYTE *descriptor, DWORD wanted);

#endif
