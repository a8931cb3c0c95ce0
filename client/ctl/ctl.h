/* What the files of spawnctl share. Text is UTF-8. */
#ifndef SB_CLIENT_CTL_CTL_H
#define SB_CLIENT_CTL_CTL_H

#include "client/ctl/commands.h"
#include "client/lib/client.h"
#include "proto/arena.h"
#include "client/report/report.h" /* text for people */

#include <stdbool.h>
#include <stdint.h>

/* Exit codes of spawnctl; run exits with the child's. `spawnctl run --help` lists them. */
typedef enum ctl_exit {
    CTL_EXIT_OK = 0,
    CTL_EXIT_NO_MATCH = 1,
    CTL_EXIT_USAGE = 2,
    CTL_EXIT_TIMED_OUT = 124,
    CTL_EXIT_FAILED = 125,
    CTL_EXIT_CANNOT_RUN = 126,
    CTL_EXIT_NOT_FOUND = 127,
    CTL_EXIT_INTERRUPTED = 130
} ctl_exit;

/* An option as it was given. */
typedef struct ctl_given {
    option_id id;
    const char *value; /* NULL: a flag, or a value that was left out */
} ctl_given;

/* The command line. */
typedef struct ctl {
    arena *arena; /* lives as long as the program */
    int count;
    const char **items;
    int next; /* the first item that has not been parsed */

    /* Filled by ctl_parse: */
    const char *command; /* such as "audit list": for messages, and for its help */
    const ctl_command *spec;
    ctl_given *given; /* in their order */
    size_t given_count;
    const char *const *operands; /* at least as many as the command requires, and none of those is "" */
    size_t operand_count;
    const char *pipe; /* NULL: the default */
    bool json;
} ctl;

/* The commands (commands.c). Each returns the exit code of spawnctl. */
int ctl_run(ctl *c);
int ctl_ps(ctl *c);
int ctl_kill(ctl *c);
int ctl_status(ctl *c);
int ctl_audit_list(ctl *c);
int ctl_audit_tail(ctl *c);
int ctl_audit_show(ctl *c);
int ctl_audit_tree(ctl *c);
int ctl_audit_summary(ctl *c);
int ctl_audit_export(ctl *c);
int ctl_audit_report(ctl *c);
int ctl_audit_verify(ctl *c);
int ctl_audit_head(ctl *c);
int ctl_audit_backup(ctl *c);
int ctl_audit_usage(ctl *c);
int ctl_audit_prune(ctl *c);
int ctl_policy_check(ctl *c);
int ctl_policy_explain(ctl *c);
int ctl_policy_reload(ctl *c);
int ctl_service_install(ctl *c);
int ctl_service_uninstall(ctl *c);
int ctl_service_start(ctl *c);
int ctl_service_stop(ctl *c);
int ctl_service_status(ctl *c);
int ctl_doctor(ctl *c);
int ctl_completion(ctl *c);
int ctl_version(ctl *c);
int ctl_help(ctl *c);

/* ---- options.c ---- */

/* Finds the command in the command line, and parses its options and operands. CTL_EXIT_OK, or CTL_EXIT_USAGE
 * after a message. *ret_help: help was asked for, and nothing has been checked; spec may then be NULL (the
 * overview) or a word before other commands. */
int ctl_parse(ctl *c, bool *ret_help);
/* Whether the option was given. */
bool option_given(const ctl *c, option_id id);
/* The last value of an option; NULL: it was not given. A value is never "". */
const char *option_value(const ctl *c, option_id id);
/* All values of an option, in the arena. NULL: out of memory. */
const char **option_values(const ctl *c, option_id id, size_t *ret_count);
/* Prints what is wrong with the command line and where help is; CTL_EXIT_USAGE. */
int ctl_usage(const ctl *c, const char *format, ...);
/* "1.5", "500ms", "2s", "3m" as milliseconds, 1 to INFINITE - 1. */
bool ctl_duration(const char *text, DWORD *ret_ms);
/* A decimal number from 1 to most. */
bool ctl_number(const char *text, uint32_t most, uint32_t *ret);

/* ---- help.c ---- */

/* Prints the help of a command or of a group of commands; NULL: the overview. */
void help_print(ctl *c, const ctl_command *command);

/* ---- broker_call.c ---- */

/* Connects to the broker. On failure prints the message and returns CTL_EXIT_FAILED. */
int ctl_connect(const ctl *c, sb_client **ret_client);
/* Prints an error on standard error, as JSON with --json. */
void ctl_error(const ctl *c, const sb_error *error);
/* Sends the request that encode makes of context on a new connection, and waits for its reply. On failure
 * prints the message and returns CTL_EXIT_FAILED. */
int ctl_call(const ctl *c, char *(*encode)(int64_t id, const void *context, size_t *ret_length),
             const void *context, msg_reply *ret_reply);
/* The same on a connection that stays open. */
int ctl_exchange(const ctl *c, sb_client *client,
                 char *(*encode)(int64_t id, const void *context, size_t *ret_length), const void *context,
                 msg_reply *ret_reply);
/* The same without a message. */
DWORD ctl_ask(sb_client *client, char *(*encode)(int64_t id, const void *context, size_t *ret_length),
              const void *context, msg_reply *ret_reply, sb_error *ret_error);
/* Prints the result of a reply as the broker sent it. */
int ctl_print_json(msg_reply *reply);
/* Prints that a reply has not the expected form. Returns CTL_EXIT_FAILED. */
int ctl_bad_reply(const ctl *c, const msg_reply *reply);

/* ---- output.c ---- */

/* Writes to standard output or error (STD_OUTPUT_HANDLE, STD_ERROR_HANDLE): UTF-16 to a console, whatever its
 * code page is, and UTF-8 to anything else. False: it cannot be written. */
bool out_write(DWORD std, const char *text, size_t length);
void out_printf(DWORD std, const char *format, ...);

/* Buffers text for standard output. out_flush writes it; false: it cannot be written. */
extern const report_sink out_sink;
bool out_flush(void);
/* Returns the columns of the terminal, else the variable COLUMNS, else 0. */
size_t out_width(void);
/* Makes a terminal on standard output show colours. False: it is none, it cannot, or NO_COLOR is set. */
bool out_colour(void);

/* Microseconds since 1970, and the machine's own zone. */
int64_t out_now(void);
extern const when_zone out_local;
/* Formats a time in UTC: "2025-01-31 23:59:59Z"; "-" for 0. */
const char *out_time(arena *a, int64_t us);
/* Prints rows of cells, the first row being the head. */
void out_table(const char *const *cells, size_t rows, size_t columns);

#endif
