#ifndef SB_TESTS_SUPPORT_HELPER_H
#define SB_TESTS_SUPPORT_HELPER_H

#include <windows.h>

enum { CONTINUE = -1 }; /* an action returns CONTINUE, or the exit code of the program */

typedef struct helper_verb {
    const wchar_t *name;
    int (*act)(const wchar_t *a, const wchar_t *b);
} helper_verb;

/* Prints text as UTF-8, and a line end. */
void helper_print(const wchar_t *text);

/* helper_named.c: uses what the launch gave by name. */
int named_list(const wchar_t *a, const wchar_t *b);   /* prints each name with type and access */
int named_find(const wchar_t *a, const wchar_t *b);   /* A: prints "found", or the error */
int named_fill(const wchar_t *a, const wchar_t *b);   /* A, a section: prints its text, then writes B */
int named_signal(const wchar_t *a, const wchar_t *b); /* A, an event: sets it */
int named_wait(const wchar_t *a, const wchar_t *b);   /* A, an event: waits for it */
int named_write(const wchar_t *a, const wchar_t *b);  /* A, a pipe or file: writes B */

/* helper_caller.c: the child is itself a caller of a broker. */
/* Launches a long sleep with lifetime B on pipe A, or without a broker if A is "local". Prints its id. */
int caller_launch(const wchar_t *a, const wchar_t *b);
/* Launches without end on pipe A, and is terminated after B ms. */
int caller_die(const wchar_t *a, const wchar_t *b);
/* Launches a long sleep as caller_launch does, prints its id and waits. */
int caller_host(const wchar_t *a, const wchar_t *b);

/* Launches this program with the remaining arguments through a broker, with its own standard output. Waits
 * for it, and returns its exit code. where: "pipe:lifetime". If the launch fails, prints the error and its
 * text. */
int caller_through(wchar_t *where, const wchar_t *rest);

/* helper_attributes.c: each function prints what the process has. */
int attribute_priority(const wchar_t *a, const wchar_t *b);
int attribute_affinity(const wchar_t *a, const wchar_t *b);
int attribute_desktop(const wchar_t *a, const wchar_t *b);
int attribute_mitigations(const wchar_t *a, const wchar_t *b);
int attribute_launch(const wchar_t *a, const wchar_t *b);   /* prints "launched", or why not */
int attribute_allocate(const wchar_t *a, const wchar_t *b); /* A megabytes: prints "allocated" or "refused" */
/* Starts a sleeper in a job that terminates it when the job is closed. Prints its id and waits for it. */
int attribute_nest(const wchar_t *a, const wchar_t *b);

/* helper_token.c: each function prints what the token of this process has. */
int token_privileges(const wchar_t *a, const wchar_t *b); /* their names, one a line */
int token_group(const wchar_t *a, const wchar_t *b); /* SID A: prints "grants", "denies", "off" or "none" */
int token_integrity(const wchar_t *a, const wchar_t *b);  /* in hexadecimal */
int token_restricted(const wchar_t *a, const wchar_t *b); /* prints "restricted" or "whole" */

#endif
