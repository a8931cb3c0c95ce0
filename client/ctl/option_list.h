/* Every option of spawnctl: one row each, from which parsing, --help, completion and docs/spawnctl.md come.
 */
#ifndef SB_CLIENT_CTL_OPTION_LIST_H
#define SB_CLIENT_CTL_OPTION_LIST_H

#include "client/report/report.h"
#include "proto/message.h"

/* The choices of an option that a list elsewhere defines: each name with a blank behind it. */
#define OPTION_CHOICE(name) #name " "

/* X(id, groups, long name or NULL, short name or NULL, value or NULL, choices or NULL, help)
 * id: option_value(c, OPT_id) is its value. groups: a command takes it when one of its own groups is among
 * them (commands.h). value: what help calls it; "[TIME]" may be left out. choices: the only values, with
 * blanks between them. help: whole sentences, which the programs wrap. */
#define OPTION_LIST(X)                                                                                        \
    X(handle, TAKES_RUN, "--handle", NULL, "NAME[@FD]=FILE[:r|w|rw]", NULL,                                   \
      "Open FILE and give the program the handle under NAME and, with @FD, as descriptor FD (3 to 2047) "     \
      "of its C runtime. Mode r (the default) reads an existing file; w creates or empties the file; rw "     \
      "reads and writes it, and creates it if necessary. If the file's own name ends in a mode, write "       \
      "the mode again. Repeatable.")                                                                          \
    X(cwd, TAKES_RUN, "--cwd", NULL, "DIRECTORY", NULL,                                                       \
      "Start the program in this directory instead of yours.")                                                \
    X(env, TAKES_RUN, "--env", NULL, "NAME=VALUE", NULL,                                                      \
      "Set a variable in the program's environment. Repeatable; the last value of a name wins.")              \
    X(timeout, TAKES_RUN, "--timeout", NULL, "TIME", NULL,                                                    \
      "Terminate the program after this time: seconds (2, 0.5), or a number with a unit (500ms, 30s, 5m).")   \
    X(detach, TAKES_RUN, "--detach", NULL, NULL, NULL,                                                        \
      "Do not wait: the program outlives spawnctl. A standard handle that is a console becomes NUL.")         \
    X(priority, TAKES_RUN, "--priority", NULL, "PRIORITY", "idle below-normal normal above-normal high",      \
      "Run the program with this priority class.")                                                            \
    X(affinity, TAKES_RUN, "--affinity", NULL, "MASK", NULL,                                                  \
      "Run the program on these processors only: a bit for each, such as 0x3.")                               \
    X(desktop, TAKES_RUN, "--desktop", NULL, "DESKTOP", NULL,                                                 \
      "Run the program on this desktop instead of yours: NAME or STATION\\NAME.")                             \
    X(mitigation, TAKES_RUN, "--mitigation", NULL, "MASK[,MASK]", NULL,                                       \
      "Set process mitigations: the values of PROCESS_CREATION_MITIGATION_POLICY_..., and after the comma "   \
      "those of PROCESS_CREATION_MITIGATION_POLICY2_...")                                                     \
    X(no_child_processes, TAKES_RUN, "--no-child-processes", NULL, NULL, NULL,                                \
      "Do not let the program start other programs.")                                                         \
    X(limit, TAKES_RUN, "--limit", NULL, "NAME=VALUE", NULL,                                                  \
      "Limit the program and its descendants: memory=512M (all of them together), process-memory=64M (each "  \
      "process), cpu=50 (percent of the machine) or processes=8. Repeatable.")                                \
    X(drop_privileges, TAKES_RUN, "--drop-privileges", NULL, NULL, NULL,                                      \
      "Take all your privileges from the program except passing through directories "                         \
      "(SeChangeNotifyPrivilege).")                                                                           \
    X(deny_group, TAKES_RUN, "--deny-group", NULL, "SID", NULL,                                               \
      "Let this group of yours only deny the program access, never allow it, such as S-1-5-32-544. "          \
      "Repeatable.")                                                                                          \
    X(low_integrity, TAKES_RUN, "--low-integrity", NULL, NULL, NULL,                                          \
      "Run the program at low integrity: it may write only objects whose label permits it.")                  \
    X(restricted, TAKES_RUN, "--restricted", NULL, NULL, NULL,                                                \
      "Run the program with a restricted token: it can use only what you and, in addition, Everyone, "        \
      "Users, RESTRICTED or your logon session may use.")                                                     \
                                                                                                              \
    X(watch, TAKES_STATUS, "--watch", NULL, "[TIME]", NULL,                                                   \
      "Repeat until Ctrl+C, every 2 seconds or every TIME (1, 0.5, 500ms). A terminal is redrawn in place.")  \
    X(times, TAKES_STATUS, NULL, "-n", "COUNT", NULL, "With --watch: stop after COUNT times.")                \
    X(prometheus, TAKES_STATUS, "--prometheus", NULL, NULL, NULL,                                             \
      "Print Prometheus's text format, for a scraper's textfile or exec collector.")                          \
                                                                                                              \
    X(since, TAKES_FILTERS, "--since", NULL, "TIME", NULL, "The launch was requested at TIME or later.")      \
    X(until, TAKES_FILTERS, "--until", NULL, "TIME", NULL, "The launch was requested before TIME.")           \
    X(user, TAKES_FILTERS, "--user", NULL, "USER", NULL,                                                      \
      "This user requested the launch: a SID, NAME or DOMAIN\\NAME.")                                         \
    X(caller_pid, TAKES_FILTERS, "--caller-pid", NULL, "N", NULL,                                             \
      "The process with this id requested the launch.")                                                       \
    X(caller_image, TAKES_FILTERS, "--caller-image", NULL, "FILE", NULL,                                      \
      "This program requested the launch: a file name or a full path.")                                       \
    X(image, TAKES_FILTERS, "--image", NULL, "FILE", NULL,                                                    \
      "This program was launched: a file name or a full path.")                                               \
    X(child_pid, TAKES_FILTERS, "--child-pid", NULL, "N", NULL, "The child had this process id.")             \
    X(outcome, TAKES_FILTERS, "--outcome", NULL, "OUTCOME", OUTCOME_LIST(OPTION_CHOICE),                      \
      "The launch had this outcome.")                                                                         \
    X(rule, TAKES_FILTERS, "--rule", NULL, "NAME", NULL, "This rule of the policy decided.")                  \
    X(label, TAKES_FILTERS, "--label", NULL, "LABEL", NULL, "The caller gave it exactly this label.")         \
    X(exit_code, TAKES_FILTERS, "--exit-code", NULL, "N", NULL,                                               \
      "The child exited with this code: decimal, or hexadecimal such as 0xC0000005.")                         \
    X(handle_name, TAKES_FILTERS, "--handle-name", NULL, "NAME", NULL,                                        \
      "The child received a handle of this name.")                                                            \
    X(handle_type, TAKES_FILTERS, "--handle-type", NULL, "TYPE", NULL,                                        \
      "The child received a handle of this type (File, Section, ...). With --handle-name: one handle has "    \
      "both.")                                                                                                \
    X(grep, TAKES_FILTERS, "--grep", NULL, "TEXT", NULL,                                                      \
      "The command line, the program or the caller's program contains TEXT, which has 3 characters or more.") \
                                                                                                              \
    X(format, TAKES_FORMAT, "--output", "-o", "FORMAT", REPORT_FORMAT_LIST(OPTION_CHOICE),                    \
      "Print in this format. table fits the terminal and wide does not; ocsf is OCSF 1.8 process activity, "  \
      "one line for each event. --json is -o json.")                                                          \
    X(wide, TAKES_LIST, "--wide", NULL, NULL, NULL, "The same as -o wide.")                                   \
    X(fields, TAKES_FIELDS, "--fields", NULL, "A,B,C", NULL,                                                  \
      "Print these columns of the view launches, and handles.")                                               \
    X(rows, TAKES_LIST, NULL, "-n", "N", NULL, "Print at most N launches (20; export: all).")                 \
    X(reverse, TAKES_LIST, "--reverse", "-r", NULL, NULL, "Print the launches in the opposite order.")        \
    X(follow, TAKES_LIST, "--follow", "-f", NULL, NULL,                                                       \
      "Keep running, and print later launches once their outcome is known.")                                  \
    X(cursor, TAKES_LIST, "--cursor", NULL, NULL, NULL,                                                       \
      "Print a cursor at the end, which says where to continue. Launches without an outcome are left for "    \
      "later.")                                                                                               \
    X(after_cursor, TAKES_LIST, "--after-cursor", NULL, "N", NULL, "Print only launches after this cursor.")  \
    X(by, TAKES_BY, "--by", NULL, "WHAT", SUMMARY_LIST(OPTION_CHOICE), "Count the launches by this.")         \
    X(file, TAKES_REPORT, "--output", "-o", "FILE", NULL,                                                     \
      "Write the report to FILE; - is standard output. Required.")                                            \
    X(force, TAKES_REPORT, "--force", NULL, NULL, NULL, "Replace the file if it exists.")                     \
    X(no_verify, TAKES_REPORT, "--no-verify", NULL, NULL, NULL, "With --db: do not verify the records.")      \
    X(db, TAKES_DB, "--db", NULL, "FILE", NULL, "Read this database, without a broker.")                      \
    X(head, TAKES_VERIFY, "--head", NULL, "HEAD", NULL,                                                       \
      "Check that no record is missing up to this head, which you kept elsewhere (spawnctl audit head).")     \
    X(public_key, TAKES_VERIFY, "--public-key", NULL, "FILE", NULL,                                           \
      "Trust the public key in this PEM file. Default: the running broker's, else audit.pub beside the "      \
      "database.")                                                                                            \
    X(utc, TAKES_FORMAT | TAKES_REPORT, "--utc", NULL, NULL, NULL,                                            \
      "Read and print times in UTC. JSON and CSV always have UTC.")                                           \
    X(host, TAKES_FIELDS, "--host", NULL, "NAME", NULL,                                                       \
      "Name this machine in OCSF events instead of the one you are on.")                                      \
    X(keep_days, TAKES_PRUNE, "--keep-days", NULL, "N", NULL,                                                 \
      "Delete the records that are older than N days (1 to 36500).")                                          \
    X(keep_bytes, TAKES_PRUNE, "--keep-bytes", NULL, "SIZE", NULL,                                            \
      "Delete the oldest records until the database is not larger than SIZE (512MiB, 2GiB).")                 \
                                                                                                              \
    X(policy, TAKES_EXPLAIN, "--policy", NULL, "FILE", NULL,                                                  \
      "Evaluate this policy, without a broker. Default: the running broker's policy.")                        \
    X(as, TAKES_EXPLAIN, "--as", NULL, "SID", NULL,                                                           \
      "Evaluate for this user at medium integrity, as a member of Everyone, of Authenticated Users and of "   \
      "each --group. A running broker answers this only to administrators.")                                  \
    X(group, TAKES_EXPLAIN, "--group", NULL, "SID", NULL, "With --as: a group of that user. Repeatable.")     \
    X(handles, TAKES_EXPLAIN, "--handles", NULL, "N", NULL, "Evaluate a launch with N handles (0).")          \
                                                                                                              \
    X(none, TAKES_RELOAD, "--none", NULL, NULL, NULL,                                                         \
      "Go back to the built-in policy. Fails while policy.json exists: remove it first.")                     \
                                                                                                              \
    X(data, TAKES_INSTALL, "--data", NULL, "DIRECTORY", NULL,                                                 \
      "Keep audit.db and policy.json there instead of in %ProgramData%\\SpawnBroker.")                        \
    X(start, TAKES_INSTALL, "--start", NULL, NULL, NULL, "Start the service, too.")                           \
    X(purge, TAKES_UNINSTALL, "--purge", NULL, NULL, NULL,                                                    \
      "Delete the audit and the policy as well: the files audit.* and policy.json in the data directory, "    \
      "and the directory.")                                                                                   \
                                                                                                              \
    X(markdown, TAKES_HELP, "--markdown", NULL, NULL, NULL,                                                   \
      "Print the help of all commands as one page of Markdown (docs/spawnctl.md).")                           \
                                                                                                              \
    X(json, TAKES_COMMON, "--json", NULL, NULL, NULL, "Print JSON instead of text.")                          \
    X(pipe, TAKES_COMMON, "--pipe", NULL, "NAME", NULL,                                                       \
      "Use the broker of this pipe. Default: the variable SPAWN_BROKER_PIPE, else the service's.")            \
    X(help, TAKES_COMMON, "--help", "-h", NULL, NULL, "Print the help of the command.")

typedef enum option_id {
#define X(id, groups, name, brief, value, choices, help) OPT_##id,
    OPTION_LIST(X)
#undef X
        OPTION_COUNT
} option_id;

#endif
