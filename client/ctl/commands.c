#include "client/ctl/commands.h"
#include "client/ctl/ctl.h"

#include <string.h>

const ctl_option ctl_options[OPTION_COUNT] = {
#define X(id, in, long_name, brief_name, value_name, value_choices, text) \
    [OPT_##id] = {.name = long_name,                                      \
                  .brief = brief_name,                                    \
                  .value = value_name,                                    \
                  .choices = value_choices,                               \
                  .help = text,                                           \
                  .groups = (in)},
    OPTION_LIST(X)
#undef X
};

#define EXITS_OF_FILE "0 success; 2 wrong usage; 125 failure."
#define EXITS_OF_AUDIT                                                                                \
    "0 success; 1 no launch matches; 2 wrong usage; 125 the broker cannot be reached or refuses the " \
    "request, or the database cannot be read."
#define AUDIT_OWN "You see your own launches, and those of others if the policy lets you."

const ctl_command ctl_commands[] = {
    {.name = "run",
     .run = ctl_run,
     .takes = TAKES_RUN,
     .kind = OPERANDS_PROGRAM,
     .least_operands = 1,
     .operands = "[--] PROGRAM [ARGUMENT]...",
     .summary = "launch a program and wait for it",
     .text =
         "Launches PROGRAM, which is searched for as CreateProcess does, with your standard handles, your "
         "directory, your environment and the handles that you name. Waits for the program and exits with "
         "its exit code. The program gets a named handle with sb_inherited_handle; {handle:NAME} in an "
         "argument becomes the value of the handle.\n"
         "If a standard handle of yours is a console, which another process cannot be given, spawnctl "
         "relays it through a pipe. Ctrl+C and Ctrl+Break terminate the program. Whatever the program "
         "started ends with spawnctl.\n"
         "With --json, spawnctl prints one line of JSON on standard error, because standard output is the "
         "program's: launch_id, process_id, exit_code (null if there is none) and ended (exited, timeout, "
         "interrupted or detached); or an error.",
     .exits =
         "The program's. Of spawnctl itself: 2 wrong usage; 124 timeout; 125 the broker cannot be reached "
         "or refuses the launch; 126 the program is found but cannot be run; 127 the program is not "
         "found; 130 Ctrl+C.",
     .examples =
         "run -- node.exe -e \"console.log(1)\" > out.txt\n"
         "run --handle log=C:\\logs\\today.txt:w --timeout 30s -- tool.exe --log-handle {handle:log}\n"
         "run --priority idle --affinity 0x1 -- backup.exe\n"
         "run --handle in@3=C:\\data\\in.json --limit memory=1G -- node.exe worker.js\n"
         "run --env LANG=C --cwd C:\\data -- cmd.exe /c dir"},
    {.name = "ps",
     .run = ctl_ps,
     .summary = "list the broker's live children",
     .text = "Lists the live children of the broker that you may see.",
     .examples = "ps\nps --json --pipe MyBroker"},
    {.name = "kill",
     .run = ctl_kill,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "LAUNCH_ID|PID",
     .summary = "terminate a child and all its descendants",
     .text =
         "Terminates a live child of the broker and all its descendants with exit code 1: one of your own "
         "or, if you are an administrator, anyone's. A process id is looked up only among the broker's "
         "live children.",
     .exits = "0 success; 2 wrong usage; 125 the broker cannot be reached, or there is no such child.",
     .examples = "kill 4711\nkill 019a9c51-1f4e-7a9e-9c5f-0d6f3e0b7a11"},
    {.name = "status",
     .run = ctl_status,
     .takes = TAKES_STATUS,
     .summary = "show the broker's state and figures",
     .text =
         "Prints the broker's version, pipe and audit state; the launches that run and wait; launches, "
         "denials and failures per second; and how long each step of a launch and each commit of the audit "
         "took, in the last minute and since the start. A percentile is at most 1/16 too high.\n"
         "With --json, prints the broker's reply (docs/protocol.md); with --watch, one line each time.",
     .examples =
         "status\nstatus --watch 1\nstatus --prometheus > C:\\metrics\\spawnbroker.prom\nstatus --json"},
    {.name = "audit",
     .summary = "ask the record of launches, verify it and maintain it",
     .text = "Reads the record of launches: from the broker or, with --db, from a database file. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT " 3 verify, backup: the audit has been tampered with.",
     .examples = "audit list --since yesterday --outcome denied\n"
                 "audit tail -f --user ann\n"
                 "audit report --since -7d -o week.html"},
    {.name = "audit list",
     .run = ctl_audit_list,
     .takes = TAKES_FILTERS | TAKES_FORMAT | TAKES_FIELDS | TAKES_LIST | TAKES_DB,
     .summary = "list launches, newest first",
     .text = "Prints the latest launches, the newest first. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit list --since yesterday --outcome denied\n"
                 "audit list --handle-type Section --fields seq,application,handles -o csv\n"
                 "audit list --db C:\\copies\\audit.db --exit-code 0xC0000005"},
    {.name = "audit tail",
     .run = ctl_audit_tail,
     .takes = TAKES_FILTERS | TAKES_FORMAT | TAKES_FIELDS | TAKES_LIST | TAKES_DB,
     .summary = "list launches, newest last; -f follows",
     .text = "Prints the latest launches, the newest last. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit tail -f --user ann\naudit tail -n 5 -o line"},
    {.name = "audit show",
     .run = ctl_audit_show,
     .takes = TAKES_FORMAT | TAKES_FIELDS | TAKES_DB,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "ID",
     .summary = "show everything about one launch",
     .text =
         "Prints everything that is recorded about one launch. ID is its seq, or the first 8 characters or "
         "more of its launch_id. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit show 4981\naudit show 019a9c51 --json"},
    {.name = "audit tree",
     .run = ctl_audit_tree,
     .takes = TAKES_FORMAT | TAKES_FIELDS | TAKES_DB,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "ID",
     .summary = "show who launched a launch, and what it launched",
     .text =
         "Prints the launches that led to one launch, and those that its child requested. ID is its seq, or "
         "the first 8 characters or more of its launch_id. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit tree 4981\naudit tree 4981 --db C:\\copies\\audit.db"},
    {.name = "audit summary",
     .run = ctl_audit_summary,
     .takes = TAKES_FILTERS | TAKES_FORMAT | TAKES_BY | TAKES_DB,
     .summary = "count launches by user, program, rule ...",
     .text =
         "Counts launches, and says how long the launches that started took. Its formats are table, wide, "
         "json and jsonl. --by is required. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit summary --by image --since -7d\naudit summary --by user --outcome denied"},
    {.name = "audit export",
     .run = ctl_audit_export,
     .takes = TAKES_FILTERS | TAKES_FORMAT | TAKES_FIELDS | TAKES_LIST | TAKES_DB,
     .summary = "print all launches as JSON lines, oldest first",
     .text = "Prints all launches that match, the oldest first, as JSON lines unless -o says otherwise. "
             "Collectors continue at a cursor. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples = "audit export --since today\naudit export -o ocsf --cursor --after-cursor 4987"},
    {.name = "audit report",
     .run = ctl_audit_report,
     .takes = TAKES_FILTERS | TAKES_REPORT | TAKES_VERIFY | TAKES_DB,
     .summary = "write an HTML page to look at",
     .text = "Writes one HTML file with the latest 20,000 launches one by one and counts of the others. With "
             "--db, also verifies the records and shows the result. " AUDIT_OWN,
     .exits = EXITS_OF_AUDIT,
     .examples =
         "audit report --since -7d -o week.html\naudit report --db C:\\copies\\audit.db -o - > all.html"},
    {.name = "audit verify",
     .run = ctl_audit_verify,
     .takes = TAKES_VERIFY | TAKES_DB,
     .summary = "find out whether records were changed or removed",
     .text = "Reads every record and reports those that were changed, removed, swapped or cut off.",
     .exits = "0 the audit is whole; 2 wrong usage; 3 it is not whole; 125 the broker cannot be reached or "
              "refuses the request, or the database cannot be read.",
     .examples = "audit verify\naudit verify --db C:\\copies\\audit.db --public-key C:\\copies\\audit.pub"},
    {.name = "audit head",
     .run = ctl_audit_head,
     .takes = TAKES_DB,
     .summary = "print the head of the chain, to keep elsewhere",
     .text =
         "Prints the head of the chain of records. Keep it on another machine: spawnctl audit verify --head "
         "finds out whether records up to it are missing.",
     .examples = "audit head > D:\\heads\\today.txt"},
    {.name = "audit backup",
     .run = ctl_audit_backup,
     .takes = TAKES_DB,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "FILE",
     .summary = "copy the audit to one file and verify the copy",
     .text = "Copies the audit to FILE, which must not exist, while the broker works, and verifies the copy.",
     .exits = "0 the copy is whole; 2 wrong usage; 3 the copy is not whole; 125 failure.",
     .examples = "audit backup D:\\backup\\audit.db"},
    {.name = "audit disk-usage",
     .run = ctl_audit_usage,
     .takes = TAKES_DB,
     .summary = "show how large the audit is",
     .text = "Prints the size of the database and its parts, the number of records and their dates.",
     .examples = "audit disk-usage\naudit disk-usage --json"},
    {.name = "audit prune",
     .run = ctl_audit_prune,
     .takes = TAKES_PRUNE,
     .summary = "delete the oldest records",
     .text = "Makes the broker delete its oldest records: those older than --keep-days, and as many as "
             "--keep-bytes requires. At least one of the two is required, and the right to administer.",
     .examples = "audit prune --keep-days 90\naudit prune --keep-days 365 --keep-bytes 2GiB"},
    {.name = "policy",
     .summary = "check, explain and reload the policy",
     .text = "Works on the policy: the rules that say who may launch what.",
     .examples = "policy check policy.json\npolicy explain -- cmd.exe /c dir"},
    {.name = "policy check",
     .run = ctl_policy_check,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "FILE",
     .summary = "find mistakes in a policy file",
     .text =
         "Reads a policy as the broker would, and prints line and column of the first mistake. Warns of rules "
         "that never decide and of kinds of handles that Windows does not have. Asks no broker.",
     .exits =
         "0 the policy is good, also with warnings; 1 the file has a mistake or cannot be read; 2 wrong usage.",
     .examples = "policy check policy.json"},
    {.name = "policy explain",
     .run = ctl_policy_explain,
     .takes = TAKES_EXPLAIN,
     .kind = OPERANDS_PROGRAM,
     .least_operands = 1,
     .operands = "[--] PROGRAM [ARGUMENT]...",
     .summary = "say which rule decides a launch, and why not another",
     .text = "Prints what would happen to a launch, which rule decides it, and for each rule before that the "
             "first condition that does not hold. Launches nothing.",
     .exits = "0 success, also if the launch would be denied; 1 the policy file has a mistake or cannot be "
              "read; 2 wrong usage; 125 the broker cannot be reached or refuses the request; 127 the program "
              "is not found.",
     .examples = "policy explain -- build.exe /all\n"
                 "policy explain --policy new.json -- cmd.exe /c dir\n"
                 "policy explain --as S-1-5-21-1-2-3-1104 --group BU --json -- C:\\Tools\\build.exe"},
    {.name = "policy reload",
     .run = ctl_policy_reload,
     .takes = TAKES_RELOAD,
     .summary = "make the broker read policy.json again",
     .text =
         "Makes the broker read policy.json, which it also does by itself when the file changes. If the file "
         "has a mistake or is gone, the broker refuses it and keeps the policy that it has. Needs the right "
         "to administer.",
     .examples = "policy reload\n"
                 "policy reload --none"},
    {.name = "service",
     .summary = "install, remove, start and stop the service",
     .text = "Manages the broker as a service of this machine. All commands except status need an elevated "
             "prompt. A command that finds its work already done succeeds.",
     .exits = "0 success; 2 wrong usage; 3 status: the service does not run; 125 failure.",
     .examples = "service install --start\nservice status"},
    {.name = "service install",
     .run = ctl_service_install,
     .takes = TAKES_INSTALL,
     .summary = "register the service, or register it again",
     .text =
         "Registers spawnbroker.exe, which must be in the directory of spawnctl.exe, as the service "
         "SpawnBroker: it runs as LocalSystem with only the privileges that it needs, starts some time "
         "after Windows, and is restarted when it fails. Also registers the source of its events, and "
         "creates the data directory, which only the system and administrators can use.\n"
         "Refuses if anyone except administrators can change the program, a directory that leads to it, or "
         "the data directory. If the service is registered, registers it the same way again.\n"
         "With --pipe, the service serves that pipe. --pipe and --data are kept in the registry, as PipeName "
         "and DataDirectory under HKLM\\SYSTEM\\CurrentControlSet\\Services\\SpawnBroker\\Parameters: they stay "
         "when the service is registered again.",
     .exits = EXITS_OF_FILE,
     .examples = "service install --start\nservice install --data D:\\SpawnBroker"},
    {.name = "service uninstall",
     .run = ctl_service_uninstall,
     .takes = TAKES_UNINSTALL,
     .summary = "stop and remove the service",
     .text = "Stops the service and removes it and the source of its events. Keeps the audit and the policy.",
     .exits = EXITS_OF_FILE,
     .examples = "service uninstall\nservice uninstall --purge"},
    {.name = "service start",
     .run = ctl_service_start,
     .summary = "start the service",
     .text = "Starts the service and waits until it runs.",
     .exits = EXITS_OF_FILE,
     .examples = "service start"},
    {.name = "service stop",
     .run = ctl_service_stop,
     .summary = "stop the service",
     .text = "Stops the service and waits until its process has exited.",
     .exits = EXITS_OF_FILE,
     .examples = "service stop"},
    {.name = "service status",
     .run = ctl_service_status,
     .summary = "show how the service is registered, and whether it runs",
     .text = "Prints how the service is registered, and whether it runs. Any user may ask.",
     .exits = "0 the service runs; 2 wrong usage; 3 it does not run; 125 failure.",
     .examples = "service status\nservice status --json"},
    {.name = "doctor",
     .run = ctl_doctor,
     .summary = "diagnose problems and suggest fixes",
     .text =
         "Checks everything that a launch needs. Prints a line for each check: ok, - (not checked, and why), "
         "WARNING or ERROR, with what to do below it.\n"
         "service, settings, account, start, program, events: how the service is registered, and who could change "
         "it.\n"
         "pipe, server, connect, versions: who serves the pipe, who else could, and whether it answers.\n"
         "data, policy, disk: the data directory, its policy.json and its free space.\n"
         "audit, chain, clock: whether the audit is written, and whether it is whole (up to 100,000 "
         "records).\n"
         "launch: a real child of yours, with handles. It is recorded like any other.\n"
         "A broker in the foreground, on another pipe than the service's, is checked without the first line. "
         "What only administrators can see is not checked for other users.",
     .exits = "0 nothing is wrong; 1 warnings; 2 wrong usage; 3 errors.",
     .examples = "doctor\ndoctor --json --pipe MyBroker"},
    {.name = "completion",
     .run = ctl_completion,
     .kind = OPERANDS_SOME,
     .least_operands = 1,
     .most_operands = 1,
     .operands = "bash|powershell",
     .summary = "print a script that completes commands in a shell",
     .text =
         "Prints a script that completes the commands and options of spawnctl in bash or PowerShell. Load it "
         "from the profile of the shell.",
     .exits = "0 success; 2 wrong usage.",
     .examples = "completion bash > ~/.local/share/bash-completion/completions/spawnctl\n"
                 "completion powershell | Out-String | Invoke-Expression"},
    {.name = "version",
     .run = ctl_version,
     .summary = "print the version of spawnctl",
     .text = "Prints the version of spawnctl and of the protocol that it speaks.",
     .exits = "0 success; 2 wrong usage.",
     .examples = "version\nversion --json"},
    {.name = "help",
     .run = ctl_help,
     .takes = TAKES_HELP,
     .kind = OPERANDS_SOME,
     .most_operands = 2,
     .operands = "[COMMAND]",
     .summary = "print this overview, or the help of a command",
     .text = "Prints the overview, or the help of a command, as --help does.",
     .exits = "0 success; 2 wrong usage.",
     .examples = "help audit list\nhelp --markdown > docs/spawnctl.md"},
};
const size_t ctl_command_count = sizeof ctl_commands / sizeof *ctl_commands;

const ctl_command *command_named(const char *name) {
    for (size_t i = 0; i < ctl_command_count; i++)
        if (!strcmp(ctl_commands[i].name, name)) return &ctl_commands[i];
    return NULL;
}

bool command_is_in(const ctl_command *command, const ctl_command *group) {
    size_t length = strlen(group->name);
    return !strncmp(command->name, group->name, length) && command->name[length] == ' ';
}

bool command_takes_option(const ctl_command *command, const ctl_option *option) {
    return ((command ? command->takes : 0) | TAKES_COMMON) & option->groups;
}

/* "--name=value" names --name, if that has a value. */
static bool names(const char *word, const char *name, const char *value) {
    size_t length = name ? strlen(name) : 0;
    return name && !strncmp(word, name, length) && (!word[length] || (word[length] == '=' && value));
}

option_id command_option(const ctl_command *command, const char *word) {
    option_id id = 0;
    for (; id < OPTION_COUNT; id++) {
        const ctl_option *o = &ctl_options[id];
        bool named = names(word, o->name, o->value) || names(word, o->brief, o->value);
        if (named && command_takes_option(command, o)) break;
    }
    return id;
}

const char *option_choices(arena *a, const ctl_option *o) {
    const char *text = NULL;
    for (const char *p = o->choices; *p;) {
        int length = (int)strcspn(p, " ");
        const char *next = p + length + strspn(p + length, " ");
        text = text ? arena_printf(a, *next ? "%s, %.*s" : "%s or %.*s", text, length, p)
                    : arena_printf(a, "%.*s", length, p);
        if (!text) return NULL;
        p = next;
    }
    return text;
}
