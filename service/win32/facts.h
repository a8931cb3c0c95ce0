/* Answers what a policy asks about Windows: files, tokens, folders and upper case. */
#ifndef SB_SERVICE_WIN32_FACTS_H
#define SB_SERVICE_WIN32_FACTS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "service/policy/policy.h"
#include "service/win32/image.h"

#include <windows.h>

/* The parser's options: upper case as Windows has it (RtlUpcaseUnicodeChar), folders from the registry (never
 * from an environment variable), and Windows' parser of security descriptors. The text of folders goes into
 * the arena. */
policy_options facts_options(arena *a);
/* The folder SystemRoot, ProgramFiles, ProgramFiles(x86) or ProgramData. NULL: unknown. */
const char *facts_folder(arena *a, const char *name);

/* ---- facts about a launch: facts_oracle, whose context is a facts ---- */

typedef struct facts {
    arena *memory;
    const char *application;  /* the program that the request names */
    const char *directory;    /* the one that the request names; NULL: it is not known */
    const char *caller_image; /* the caller's program, for its signer */
    HANDLE impersonate;       /* impersonation token that opens files; NULL: this process opens them */
    const io_bound *bound;    /* how long calls about files may take; NULL: any time */
    volatile LONG
        *hung; /* counts threads that cannot close the program (nt_close_files); NULL: nobody does */
    LONG most_hung;
    policy_hash hash; /* which programs are hashed */
    HANDLE token;     /* impersonation token for membership; NULL: groups is the list */
    const char *const *groups;
    size_t group_count;
    bool (*handles)(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why);
    void *context; /* for handles */
    /* Filled by the first question about the program: */
    image_file image; /* open until facts_close, so that the file stays as it is */
    const char *path; /* the true path of image */
    fault failed;     /* why it could not be opened, or looked at in time; kind FAULT_NONE: neither */
    const char *true_directory; /* that of directory, in the form that policies use; NULL: nobody has asked */
} facts;

extern const policy_oracle facts_oracle;
void facts_close(facts *f);
/* Whether the requested path is the true path: then it cannot come to mean another file. */
bool facts_path_is_true(const facts *f);

/* The name of the signer of a file; "": it has no good signature. file is open for reading; path is its name.
 */
DWORD facts_signer(arena *a, HANDLE file, const wchar_t *path, const char **ret);

#endif
