/* The commands of spawnctl and their options: the one table from which parsing, --help, the overview, shell
 * completion and docs/spawnctl.md come. A new option is a row of option_list.h; a new command a row of
 * commands.c. */
#ifndef SB_CLIENT_CTL_COMMANDS_H
#define SB_CLIENT_CTL_COMMANDS_H

#include "client/ctl/option_list.h"
#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct ctl;

/* Groups of options, for option_list.h and commands.c. */
typedef enum command_takes {
    TAKES_COMMON = 1 << 0, /* every command */
    TAKES_RUN = 1 << 1,
    TAKES_STATUS = 1 << 2,
    TAKES_FILTERS = 1 << 3, /* which launches */
    TAKES_FORMAT = 1 << 4,
    TAKES_FIELDS = 1 << 5,
    TAKES_LIST = 1 << 6,
    TAKES_BY = 1 << 7,
    TAKES_REPORT = 1 << 8,
    TAKES_DB = 1 << 9,
    TAKES_VERIFY = 1 << 10,
    TAKES_PRUNE = 1 << 11,
    TAKES_EXPLAIN = 1 << 12,
    TAKES_INSTALL = 1 << 13,
    TAKES_UNINSTALL = 1 << 14,
    TAKES_HELP = 1 << 15,
    TAKES_RELOAD = 1 << 16
} command_takes;

typedef struct ctl_option {
    const char *name, *brief; /* "--reverse", "-r"; one of them may be NULL */
    const char *value;        /* NULL: it has none; "[TIME]": the command line may leave it out */
    const char *choices;      /* NULL: any value */
    const char *help;
    unsigned groups;
} ctl_option;

/* By option_id. */
extern const ctl_option ctl_options[OPTION_COUNT];

/* What stands behind the options of a command. */
typedef enum command_operands {
    OPERANDS_NONE,
    OPERANDS_SOME,   /* at most most_operands words, anywhere */
    OPERANDS_PROGRAM /* the rest of the command line, from the first word or behind "--" */
} command_operands;

typedef struct ctl_command {
    const char *name; /* "audit list" */
    /* NULL: a word before other commands, such as audit. Called after parsing; the result is the exit code.
     */
    int (*run)(struct ctl *c);
    unsigned takes; /* groups of options besides TAKES_COMMON */
    command_operands kind;
    int least_operands, most_operands;
    const char *operands; /* as help shows them; NULL: none */
    const char *summary;  /* for the overview: no capital letter, no full stop */
    const char *text;     /* paragraphs, a line each */
    const char *exits;    /* exit codes; NULL: the usual ones */
    const char *examples; /* a command line on each line, without "spawnctl " */
} ctl_command;

extern const ctl_command ctl_commands[];
extern const size_t ctl_command_count;

/* NULL: there is no such command. */
const ctl_command *command_named(const char *name);
/* Whether command is "group ...". */
bool command_is_in(const ctl_command *command, const ctl_command *group);
bool command_takes_option(const ctl_command *command, const ctl_option *option);
/* The option that word names, for that command: "--name", "-n", or either with "=..." behind it. command
 * NULL: one of every command. OPTION_COUNT: there is none. */
option_id command_option(const ctl_command *command, const char *word);
/* "a, b or c". NULL: out of memory. */
const char *option_choices(arena *a, const ctl_option *option);

#endif
