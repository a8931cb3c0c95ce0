/* Declares the names that the pieces of C in the documentation use and the text around them explains. */
#ifndef SB_TESTS_DOCS_PRELUDE_H
#define SB_TESTS_DOCS_PRELUDE_H

#include <spawn_broker.h>
#include <stdio.h>

static sb_client *client;
static sb_error error;
static sb_process process;
static sb_spawn_options options;
static HANDLE section, event, pipe, log;

/* Each piece uses some of the names only; this uses all. */
static inline void prelude_used(void) {
    (void)client, (void)error, (void)process, (void)options, (void)section, (void)event, (void)pipe,
        (void)log;
}

#endif
