/* What the files of spawnctl share. Text is UTF-8. */
#ifndef SB_CLIENT_CTL_CTL_H
#define SB_CLIENT_CTL_CTL_H

#include "proto/arena.h"
#include "client/lib/client.h"
#include "client/report/report.h" /* text for people */

#include <stdbool.h>
#include <stdint.h>

/* What spawnctl exits with; run exits with the child's code. `spawnctl run --help` lists them. */
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

/* What every command takes, and the arguments behind it. */
typedef struct ctl {
    arena *arena;        /* lives as long as the program */
    const char *command; /* for messages, and for its help */
    int count;
    const char **items;
    int next;         /* the first that is not taken yet */
    const char *pipe; /* NULL: the default */
    bool json;
    bool help;
} ctl;

int ctl_run(ctl *c);
int ctl_ps(ctl *c);
int ctl_kill(ctl *c);
int ctl_status(ctl *c);
int ctl_audit(ctl *c);
int ctl_policy(ctl *c);
int ctl_service(ctl *c);
int ctl_doctor(ctl *c);

/* ---- options.c ---- */

/* Takes name if it is the next argument. */
bool ctl_flag(ctl *c, const char *name);
/* Takes "name VALUE" or "name=VALUE". Without a value *ret is "" and the next argument stays. */
bool ctl_value(ctl *c, const char *name, const char **ret);
/* Takes the next argument when it is no option. */
bool ctl_word(ctl *c, const char **ret);
/* Takes --pipe, --json or --help. */
bool ctl_common(ctl *c);
/* After the options of a command without operands: CTL_EXIT_OK, or the message and CTL_EXIT_USAGE. */
int ctl_end(ctl *c);
/* Says what is wrong with the command line and where help is; CTL_EXIT_USAGE. */
int ctl_usage(const ctl *c, const char *format, ...);
/* "1.5", "500ms", "2s", "3m" as milliseconds, 1 to INFINITE - 1. */
bool ctl_duration(const char *text, DWORD *ret_ms);
/* A decimal number from 1 to most. */
bool ctl_number(const char *text, uint32_t most, uint32_t *ret);

void ctl_help(const char *command);
extern const char ctl_help_audit[];

/* ---- broker_call.c ---- */

/* A connection of the library; on failure the message has been printed, and CTL_EXIT_FAILED is the result. */
int ctl_connect(const ctl *c, sb_client **ret_client);
/* Prints an error on standard error, as JSON where asked for. */
void ctl_error(const ctl *c, const sb_error *error);
/* A request without parameters, or what encode makes of its context, and its reply. */
int ctl_call(const ctl *c, char *(*encode)(int64_t id, const void *context, size_t *ret_length),
             const void *context, msg_reply *ret_reply);
/* The same on a connection that stays. */
int ctl_exchange(const ctl *c, sb_client *client,
                 char *(*encode)(int64_t id, const void *context, size_t *ret_length), const void *context,
                 msg_reply *ret_reply);
/* The same, saying nothing. */
DWORD ctl_ask(sb_client *client, char *(*encode)(int64_t id, const void *context, size_t *ret_length),
              const void *context, msg_reply *ret_reply, sb_error *ret_error);
/* The result of a reply as the broker gave it, on standard output. */
int ctl_print_json(msg_reply *reply);
/* A reply that is not of its shape. */
int ctl_bad_reply(const ctl *c, const msg_reply *reply);

/* ---- output.c ---- */

/* To standard output or error (STD_OUTPUT_HANDLE ...): as UTF-16 to a console, else as it is. False: nobody
 * reads it. */
bool out_write(DWORD std, const char *text, size_t length);
void out_printf(DWORD std, const char *format, ...);
bool out_is_console(DWORD std);

/* To standard output, gathered; out_flush writes it, and says whether anybody reads it. */
extern const report_sink out_sink;
bool out_flush(void);
/* Columns of the terminal, else what COLUMNS says, else 0. */
size_t out_width(void);
/* Whether standard output is a terminal that shows colours, which then is made ready; never with NO_COLOR. */
bool out_colour(void);

/* Microseconds since 1970, and the machine's own zone. */
int64_t out_now(void);
extern const when_zone out_local;
/* "2025-01-31 23:59:59Z"; "-" of 0. */
const char *out_time(arena *a, int64_t us);
/* Rows of columns cells, each row's last cell not padded; the first row is the head. */
void out_table(const char *const *cells, size_t rows, size_t columns);

#endif
