#include "ctl.h"

#include <string.h>

static const char general[] =
    "spawnctl: launch programs through Spawn Broker, and see what it launched.\n"
    "\n"
    "  spawnctl run [options] -- PROGRAM [ARGUMENT]...   launch a program and wait for it\n"
    "  spawnctl ps                                       the broker's live children\n"
    "  spawnctl kill LAUNCH_ID|PID                       end a child and all that it started\n"
    "  spawnctl status                                   the broker's figures\n"
    "  spawnctl audit list|tail|show|tree|summary|export what was launched, by whom, and what became of it\n"
    "  spawnctl audit verify|head                        has anybody been at the audit?\n"
    "  spawnctl audit backup|disk-usage|prune            its upkeep\n"
    "  spawnctl policy check FILE                        is it a good policy?\n"
    "  spawnctl policy explain [options] -- PROGRAM ...  may it be launched, by which rule, why not by another?\n"
    "  spawnctl policy reload                            the broker reads its policy.json again\n"
    "  spawnctl version\n"
    "  spawnctl help [COMMAND]                           or: spawnctl COMMAND --help\n"
    "\n"
    "Options of every command:\n"
    "  --pipe NAME   the broker's pipe; else the variable SPAWN_BROKER_PIPE, else SpawnBroker\n"
    "  --json        JSON instead of text\n"
    "  --help\n"
    "\n"
    "Exit codes: 0 done; 2 wrong usage; 125 the broker could not be reached, or refused.\n"
    "run exits with the code of the program: see spawnctl run --help.\n";

static const char run[] =
    "spawnctl run [options] [--] PROGRAM [ARGUMENT]...\n"
    "\n"
    "Launches PROGRAM, found as CreateProcess finds it, with your standard handles, directory and "
    "environment,\n"
    "and with the handles that you name; waits for it, and exits with its exit code. The program finds a "
    "named\n"
    "handle with sb_inherited_handle; {handle:NAME} in an argument becomes its value.\n"
    "\n"
    "  --handle NAME[@FD]=FILE[:r|w|rw]\n"
    "                               open FILE and give it as NAME, and as the C runtime's descriptor FD (3 and up). r (the default) reads an existing file, w "
    "makes or\n"
    "                               empties one, rw reads and writes one and makes it where there is none. A "
    "file\n"
    "                               whose own name ends in one of these needs the mode behind it.\n"
    "  --cwd DIRECTORY              the program's directory\n"
    "  --env NAME=VALUE             set a variable in the program's environment\n"
    "  --timeout TIME               end the program after that time: seconds (2, 0.5), or 500ms, 30s, 5m\n"
    "  --detach                     do not wait: the program outlives spawnctl. A standard handle that is a "
    "console\n"
    "                               is NUL for it\n"
    "  --priority PRIORITY          idle, below-normal, normal, above-normal or high\n"
    "  --affinity MASK              the processors it may run on, a bit for each, such as 0x3\n"
    "  --desktop DESKTOP            NAME or STATION\\NAME instead of yours\n"
    "  --mitigation MASK[,MASK]     PROCESS_CREATION_MITIGATION_POLICY_... and ..._POLICY2_... for it\n"
    "  --no-child-processes         it may start no programs itself\n"
    "  --limit NAME=VALUE           for it and all that it starts; again for another: memory=512M (of all together),\n"
    "                               process-memory=64M (of each), cpu=50 (percent of the machine), processes=8\n"
    "  --drop-privileges            it has none of your privileges but to pass through directories\n"
    "  --deny-group SID             that group of yours only denies it things, such as S-1-5-32-544 (any number)\n"
    "  --low-integrity              it cannot write what does not say that such programs may\n"
    "  --restricted                 it may, of what you may, what Everyone, Users, RESTRICTED and your logon may\n"
    "  --json                       one line of JSON about the launch, on standard error (standard output is "
    "the\n"
    "                               program's): launch_id, process_id, exit_code (null where there is none), "
    "ended\n"
    "                               (\"exited\", \"timeout\", \"interrupted\", \"detached\"); or an error\n"
    "  --pipe NAME\n"
    "\n"
    "Where a standard handle of yours is a console, which no other process can be given, spawnctl relays "
    "through a\n"
    "pipe. Ctrl+C and Ctrl+Break end the program. What the program started ends with spawnctl.\n"
    "\n"
    "Exit codes: the program's; or of spawnctl itself: 2 wrong usage; 124 the time had passed; 125 the "
    "broker could\n"
    "not be reached, or refused; 126 the program was found but cannot be run; 127 it was not found; 130 "
    "Ctrl+C.\n"
    "\n"
    "Examples:\n"
    "  spawnctl run -- node.exe -e \"console.log(1)\" > out.txt\n"
    "  spawnctl run --handle log=C:\\logs\\today.txt:w --timeout 30s -- tool.exe --log-handle {handle:log}\n"
    "  spawnctl run --priority idle --affinity 0x1 -- backup.exe\n"
    "  spawnctl run --handle in@3=C:\\data\\in.json --limit memory=1G --limit processes=4 -- node.exe worker.js\n"
    "  spawnctl run --env LANG=C --cwd C:\\data -- cmd.exe /c dir\n";

static const char ps[] = "spawnctl ps [--json] [--pipe NAME]\n"
                         "\n"
                         "Lists the live children of the broker that you may see.\n"
                         "\n"
                         "Exit codes: 0; 2 wrong usage; 125 the broker could not be reached, or refused.\n"
                         "\n"
                         "Examples:\n"
                         "  spawnctl ps\n"
                         "  spawnctl ps --json --pipe MyBroker\n";

static const char kill[] =
    "spawnctl kill LAUNCH_ID|PID [--json] [--pipe NAME]\n"
    "\n"
    "Ends a live child of the broker and all that it started, with exit code 1: one of your own, or, for an\n"
    "administrator, anybody's. A process id is looked up among the broker's live children alone.\n"
    "\n"
    "Exit codes: 0; 2 wrong usage; 125 the broker could not be reached, or there is no such child.\n"
    "\n"
    "Examples:\n"
    "  spawnctl kill 4711\n"
    "  spawnctl kill 019a9c51-1f4e-7a9e-9c5f-0d6f3e0b7a11\n";

static const char status[] =
    "spawnctl status [--json] [--pipe NAME]\n"
    "\n"
    "Prints the broker's version, pipe, database and counters.\n"
    "\n"
    "Exit codes: 0; 2 wrong usage; 125 the broker could not be reached, or refused.\n"
    "\n"
    "Examples:\n"
    "  spawnctl status\n"
    "  spawnctl status --json\n";

static const char policy[] =
    "spawnctl policy check FILE [--json]\n"
    "spawnctl policy explain [--policy FILE] [--as SID [--group SID]...] [--handles N] [--json] [--] PROGRAM [ARGUMENT]...\n"
    "spawnctl policy reload [--json]\n"
    "\n"
    "check reads a policy as the broker would, and says line and column of what is wrong. No broker is asked.\n"
    "\n"
    "explain says what would happen to a launch, by which rule, and which condition of each rule before did not hold.\n"
    "\n"
    "  --policy FILE  by that policy, without a broker; else by the running broker's\n"
    "  --as SID       as another user, at medium integrity: a member of Everyone, of Authenticated Users and of each\n"
    "                 --group SID. A running broker answers it to administrators\n"
    "  --handles N    with N handles (0)\n"
    "\n"
    "reload makes the broker read policy.json, which it does by itself when the file changes. A wrong file is refused, and\n"
    "the policy that held goes on holding. It needs the right to administer.\n"
    "\n"
    "Exit codes: 0, also where the launch would be refused; 1 the file is wrong or cannot be read; 2 wrong usage; 125 the\n"
    "broker could not be reached, or refused; 127 the program was not found.\n"
    "\n"
    "Examples:\n"
    "  spawnctl policy check policy.json\n"
    "  spawnctl policy explain --policy new.json -- cmd.exe /c dir\n"
    "  spawnctl policy explain --as S-1-5-21-1-2-3-1104 --group BU --json -- C:\\Tools\\build.exe\n";

void ctl_help(const char *command) {
    static const struct {
        const char *command, *text;
    } pages[] = {{"run", run}, {"ps", ps}, {"kill", kill}, {"status", status}, {"audit", ctl_help_audit},
                 {"policy", policy}};
    const char *text = general;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (!strcmp(pages[i].command, command)) text = pages[i].text;
    out_write(STD_OUTPUT_HANDLE, text, strlen(text));
}
