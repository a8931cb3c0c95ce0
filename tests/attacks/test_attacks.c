/* Runs the attacks on a broker, each by its name (docs/security.md): test_attacks [--drops N] [NAME...] runs
 * the named ones, or all. --documented FILE checks that the file names them all. --exit is what a swapped-in
 * program does. */
#include "tests/attacks/attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ATTACK_LIST(X)               \
    X(pipe_squatted_before_start)    \
    X(service_squatted)              \
    X(pipe_squatted_after_start)     \
    X(pipe_access_list)              \
    X(server_with_less_rights)       \
    X(remote_client)                 \
    X(callers_at_the_pipe)           \
    X(dead_connections)              \
    X(reused_process_id)             \
    X(handed_connection)             \
    X(token_without_impersonation)   \
    X(impersonating_caller)          \
    X(blind_writer)                  \
    X(restricted_caller)             \
    X(other_token)                   \
    X(privileges_at_rest)            \
    X(guessed_handles)               \
    X(pseudo_handles)                \
    X(handed_back_rights)            \
    X(swapped_program)               \
    X(spaces_in_the_path)            \
    X(batch_files)                   \
    X(brokers_environment)           \
    X(dlls_beside_the_broker)        \
    X(dlls_in_the_callers_directory) \
    X(connect_and_drop)              \
    X(stalled_frame)                 \
    X(silent_clients)                \
    X(held_bytes)                    \
    X(unread_replies)                \
    X(flood)                         \
    X(failing_launches)              \
    X(endless_hashes)                \
    X(endless_explains)              \
    X(pipe_as_program)               \
    X(closes_that_wait)              \
    X(opens_that_wait)

static const struct {
    const char *name;
    void (*run)(void);
} attacks[] = {
#define X(name) {#name, attack_##name},
    ATTACK_LIST(X)
#undef X
};

enum { ATTACK_COUNT = sizeof attacks / sizeof *attacks };

static void run(size_t i) {
    check_about(attacks[i].name);
    attacks[i].run();
}

static void run_named(const wchar_t *name) {
    char text[64] = "";
    size_t i = 0;
    WideCharToMultiByte(CP_UTF8, 0, name, -1, text, sizeof text, NULL, NULL);
    while (i < ATTACK_COUNT && strcmp(attacks[i].name, text) != 0) i++;
    if (i < ATTACK_COUNT) run(i);
    else if (!CHECK(i < ATTACK_COUNT)) printf("there is no attack %s\n", text);
}

static void documented(const wchar_t *path) {
    enum { MOST = 256 * 1024 };
    DWORD got = 0;
    char *text = calloc(1, MOST + 1);
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && text && ReadFile(file, text, MOST, &got, NULL));
    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    for (size_t i = 0; text && i < ATTACK_COUNT; i++) {
        check_about(attacks[i].name);
        if (!CHECK(strstr(text, attacks[i].name) != NULL)) printf("%ls does not name it\n", path);
    }
    free(text);
}

static int act(const wchar_t *what, const wchar_t *name) {
    if (!wcscmp(what, L"connect")) return attack_act_connect(name);
    if (!wcscmp(what, L"squat")) return attack_act_squat(name);
    if (!wcscmp(what, L"open")) return attack_act_open(name);
    if (!wcscmp(what, L"hello")) return attack_act_say_hello(name);
    return attack_act_serve(name);
}

int wmain(int argc, wchar_t **argv) {
    bool some = false;
    if (argc == 4 && !wcscmp(argv[1], L"act")) return act(argv[2], argv[3]);
    if (argc == 2 && !wcsncmp(argv[1], L"exit:", 5)) return EVIL_EXIT;
    for (int i = 1; i < argc; i++) {
        if (!wcscmp(argv[i], L"--drops") && i + 1 < argc) {
            attack_drops = (int)wcstol(argv[++i], NULL, 10);
        } else if (!wcscmp(argv[i], L"--documented") && i + 1 < argc) {
            documented(argv[++i]);
            some = true;
        } else {
            run_named(argv[i]);
            some = true;
        }
    }
    for (size_t i = 0; !some && i < ATTACK_COUNT; i++) run(i);
    return check_report();
}
