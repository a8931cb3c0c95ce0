/* The parts of test_attacks. Each function is one attack on a broker that it starts. The parts that need what
 * Wine does not enforce are skipped there (check_part). */
#ifndef SB_TESTS_ATTACKS_ATTACKS_H
#define SB_TESTS_ATTACKS_ATTACKS_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "tests/support/raw.h"

enum { EVIL_EXIT = 66 }; /* this program exits with it if it is taken for another */

/* attack_pipes.c */
void attack_pipe_squatted_before_start(void);
void attack_service_squatted(void);
void attack_pipe_squatted_after_start(void);
void attack_pipe_access_list(void);
void attack_server_with_less_rights(void);
void attack_remote_client(void);
void attack_callers_at_the_pipe(void);
void attack_dead_connections(void);
/* attack_identity.c */
void attack_reused_process_id(void);
void attack_handed_connection(void);
void attack_token_without_impersonation(void);
void attack_impersonating_caller(void);
void attack_blind_writer(void);
void attack_restricted_caller(void);
void attack_other_token(void);
void attack_privileges_at_rest(void);
/* attack_handles.c */
void attack_guessed_handles(void);
void attack_pseudo_handles(void);
void attack_handed_back_rights(void);
/* attack_programs.c */
void attack_swapped_program(void);
void attack_spaces_in_the_path(void);
void attack_batch_files(void);
void attack_brokers_environment(void);
/* attack_dlls.c */
void attack_dlls_beside_the_broker(void);
void attack_dlls_in_the_callers_directory(void);
/* attack_floods.c */
extern int attack_drops; /* how often attack_connect_and_drop does so */
void attack_connect_and_drop(void);
void attack_stalled_frame(void);
void attack_silent_clients(void);
void attack_held_bytes(void);
void attack_failing_launches(void);
void attack_unread_replies(void);
void attack_flood(void);

/* attack_lanes.c */
void attack_endless_hashes(void);
void attack_endless_explains(void);
void attack_pipe_as_program(void);
void attack_closes_that_wait(void);
void attack_opens_that_wait(void);

/* ---- a mixture of attacks on one broker (tests/load/siege.c) ---- */

/* A broker that was started for the mixture, and the directories with the programs that make it wait. */
typedef struct attack_target {
    wchar_t pipe[64], directory[MAX_PATH], deaf[MAX_PATH];
} attack_target;

bool attack_target_start(test_broker *ret_broker, attack_target *ret);
/* Lets what the mixture made the broker wait for come back. Call it before the broker is stopped. */
void attack_target_calm(void);
void attack_target_remove(void);

/* attack_round_NAME makes each of these attacks once, within seconds. Its checks mean little: others attack
 * meanwhile. */
#define ATTACK_ROUNDS(X) \
    X(silence)           \
    X(drops)             \
    X(failures)          \
    X(denials)           \
    X(faults)            \
    X(held_bytes)        \
    X(unread)            \
    X(hashes)            \
    X(explains)          \
    X(slow_opens)        \
    X(deaf_opens)        \
    X(closes)            \
    X(guesses)           \
    X(squatting)
#define X(name) void attack_round_##name(const attack_target *target);
ATTACK_ROUNDS(X)
#undef X

/* How many bytes the files of the audit have. */
int64_t attack_audit_bytes(const test_broker *broker);

/* ---- attack_tools.c ---- */

/* Launches a child for another client, prints how long that takes, and checks that it is less than most_ms.
 */
void attack_meanwhile(const wchar_t *pipe, DWORD most_ms);

/* Returns a reduced token of this process, or NULL after printing why. */
HANDLE attack_reduced_token(const msg_reduce *what);
/* Returns a token of this process in which the Administrators group only denies and whose integrity is at
 * most medium. NULL after printing why. */
HANDLE attack_filtered_token(void);
/* Runs this program with these arguments under that token (NULL: its own). Returns its exit code, or
 * STILL_ACTIVE if there is none. */
DWORD attack_run(HANDLE token, const wchar_t *arguments);

/* Runs this program with these arguments and the token of that name (tests/rules/rules.h). */
DWORD attack_run_as(const wchar_t *token, const wchar_t *arguments);

/* Sends a launch and returns the kind of the reply's fault. If there is no reply, fails a check and returns
 * FAULT_COUNT. message[256] may be NULL. Closes the handles that the broker returned. */
fault_kind attack_spawn(raw_client *client, const msg_spawn *spawn, char *message);
/* Launches application through the raw protocol. Returns its exit code, or ATTACK_FAILED if the broker
 * refused. */
enum { ATTACK_FAILED = -1 };
int attack_launch(const wchar_t *pipe, const char *application, const char *command_line);

/* Starts a helper process that connects to pipe and waits. *ret_pipe is a duplicate, in this process, of its
 * handle. Returns false after printing why. */
bool attack_connected_helper(const wchar_t *pipe, PROCESS_INFORMATION *ret, HANDLE *ret_pipe);
void attack_end(PROCESS_INFORMATION *process);

/* attack_pipes.c and attack_identity.c: what another process of this program does. Each returns its exit
 * code. */
int attack_act_squat(const wchar_t *name);
int attack_act_open(const wchar_t *name);
int attack_act_connect(const wchar_t *name);
int attack_act_say_hello(const wchar_t *name);
int attack_act_serve(const wchar_t *name);

#endif
