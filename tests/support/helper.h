#ifndef SB_TESTS_SUPPORT_HELPER_H
#define SB_TESTS_SUPPORT_HELPER_H

#include <windows.h>

enum { CONTINUE = -1 }; /* what an action returns; anything else is the exit code */

typedef struct helper_verb {
    const wchar_t *name;
    int (*act)(const wchar_t *a, const wchar_t *b);
} helper_verb;

/* Text as UTF-8 and a line end. */
void helper_print(const wchar_t *text);

/* helper_named.c: what was given by name. */
int named_list(const wchar_t *a, const wchar_t *b); /* each name with type and access */
int named_find(const wchar_t *a, const wchar_t *b); /* A: "found", or the error */
int named_fill(const wchar_t *a, const wchar_t *b); /* A, a section: its text is printed, then B is written */
int named_signal(const wchar_t *a, const wchar_t *b); /* A, an event: set */
int named_wait(const wchar_t *a, const wchar_t *b);   /* A, an event: waited for */
int named_write(const wchar_t *a, const wchar_t *b);  /* A, a pipe or file: B is written */

/* helper_caller.c: the child as a caller of a broker itself. */
int caller_launch(const wchar_t *a,
                  const wchar_t *b); /* on pipe A, or "local", a long sleep with lifetime B; prints its id */
int caller_die(const wchar_t *a,
               const wchar_t *b); /* launches without end on pipe A, and is ended B ms later */

/* helper_caller.c: the same, of this process's own helper where A is "local"; then it waits. Prints the
 * id. */
int caller_host(const wchar_t *a, const wchar_t *b);

/* helper_attributes.c: each prints what the process has. */
int attribute_priority(const wchar_t *a, const wchar_t *b);
int attribute_affinity(const wchar_t *a, const wchar_t *b);
int attribute_desktop(const wchar_t *a, const wchar_t *b);
int attribute_mitigations(const wchar_t *a, const wchar_t *b);
int attribute_launch(const wchar_t *a, const wchar_t *b);   /* by itself: "launched", or why not */
int attribute_allocate(const wchar_t *a, const wchar_t *b); /* A megabytes: "allocated" or "refused" */
/* Starts a sleeper in a job of its own, which kills when closed, prints its id and waits for it. */
int attribute_nest(const wchar_t *a, const wchar_t *b);

/* helper_token.c: each prints what this process's token has. */
int token_privileges(const wchar_t *a, const wchar_t *b); /* their names, a line each */
int token_group(const wchar_t *a, const wchar_t *b);      /* SID A: "grants", "denies", "off" or "none" */
int token_integrity(const wchar_t *a, const wchar_t *b);  /* in hexadecimal */
int token_restricted(const wchar_t *a, const wchar_t *b); /* "restricted" or "whole" */

#endif
