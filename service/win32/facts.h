/* What a policy asks of Windows: about files, tokens, folders and letters. */
#ifndef SB_SERVICE_WIN32_FACTS_H
#define SB_SERVICE_WIN32_FACTS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "service/policy/policy.h"

#include <windows.h>

/* For the parser: Windows' own upper case (RtlUpcaseUnicodeChar), the machine's folders as the registry has
 * them, never an environment variable, and its reader of security descriptors. The folders' text goes into
 * the arena. */
policy_options facts_options(arena *a);
/* One of those folders: SystemRoot, ProgramFiles, ProgramFiles(x86) or ProgramData. NULL: Windows does not
 * say. */
const char *facts_folder(arena *a, const char *name);

/* ---- facts about a launch: the functions of a policy_oracle, with a facts as context ---- */

typedef struct facts {
    arena *memory;
    const char *application;  /* that is asked for */
    const char *caller_image; /* whose signer is asked for */
    HANDLE impersonate;       /* the caller, to open files with; NULL: this process */
    HANDLE token;             /* an impersonation token, for groups; NULL: groups is the list */
    const char *const *groups;
    size_t group_count;
    bool (*handles)(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why);
    void *context; /* of handles */
    /* What was opened for them: */
    HANDLE image; /* kept open, so that the file stays what it is: facts_close */
    WORD machine;
    const char *path; /* of image */
    fault failed;     /* why it could not be opened; kind FAULT_NONE: it was not tried, or was */
} facts;

extern const policy_oracle facts_oracle;
void facts_close(facts *f);
/* Whether the path that was asked for is the true one already: then nobody can make it another file's. */
bool facts_path_is_true(const facts *f);

/* A file of whom: who signed it, as far as the signature is good; "" where it has none. */
DWORD facts_signer(arena *a, const wchar_t *path, const char **ret);

#endif
