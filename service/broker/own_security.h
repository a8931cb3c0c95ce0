/* Security descriptors of what the broker makes: the pipe, the data directory, the keys' file. */
#ifndef SB_SERVICE_BROKER_OWN_SECURITY_H
#define SB_SERVICE_BROKER_OWN_SECURITY_H

#include <windows.h>

/* Makes a security descriptor from SDDL in which both "%s" of format stand for the broker: the administrators
 * if the broker acts as one, else its user. Free ret->lpSecurityDescriptor with LocalFree. */
DWORD own_security_make(const char *format, SECURITY_ATTRIBUTES *ret);

#endif
