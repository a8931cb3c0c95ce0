/* Whether the owner of something is trusted: who owns an object may change its access list. */
#ifndef SB_SERVICE_WIN32_OWNER_H
#define SB_SERVICE_WIN32_OWNER_H

#include <windows.h>

typedef enum owner_kind {
    OWNER_MACHINE, /* the system or the administrators: only an administrator can create what they own */
    OWNER_SELF,    /* the user that this process runs as */
    OWNER_OTHER    /* somebody else; or the process's own token cannot be read */
} owner_kind;

/* owner is a SID; NULL is OWNER_OTHER. The token is the process's, not that of a thread which impersonates.
 */
owner_kind owner_of(PSID owner);

#endif
