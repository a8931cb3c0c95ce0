/* A launch whose connection was lost in the middle: the client asks what became of it, by its key. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONG_MS = 20000, MOST = 8 };

typedef enum say { HANG_UP, STARTED, NOT_STARTED, UNDER_WAY, DENIED, NO_SUCH_FIELD } say;

/* What the fake does with one request after the other. It hangs up on those after. */
typedef struct script {
    const char *what;
    say says[MOST];
    DWORD timeout_ms;
    DWORD wanted;        /* result of sb_spawn */
    LONG launches, asks; /* how many of each request the fake must get; -1: any number */
} script;

static const script *now;
static volatile LONG at, launches, asks;
static char keys[MOST][SB_KEY_CHARS + 1]; /* of the launches; "": none */
static char asked[SB_KEY_CHARS + 1];

static bool say_fault(HANDLE pipe, const msg_request *request, fault_kind kind, DWORD code) {
    size_t length;
    fault f;
    fault_set(&f, kind, STAGE_RECEIVE, code, "the script says so");
    char *frame = msg_encode_fault(&request->id, &f, NULL, &length);
    return fake_reply(pipe, frame, length);
}

static bool play(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f;
    LONG n = InterlockedIncrement(&at) - 1;
    const say says = n < MOST ? now->says[n] : HANG_UP;
    bool spawn = request->method == MSG_SPAWN;
    bool without = spawn ? request->u.spawn.no_handles : request->u.outcome.no_handles;
    const char *key = spawn ? request->u.spawn.key : request->u.outcome.key;

    if (request->method == MSG_AUDIT_QUERY)
        return say_fault(pipe, request, FAULT_DENIED, ERROR_ACCESS_DISABLED_BY_POLICY);
    if (spawn) {
        LONG number = InterlockedIncrement(&launches) - 1;
        if (number < MOST) snprintf(keys[number], sizeof keys[number], "%s", key ? key : "");
    } else {
        InterlockedIncrement(&asks);
        snprintf(asked, sizeof asked, "%s", key);
    }

    switch (says) {
    case STARTED:
        return fake_launched(pipe, request, 44, without ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL),
                             without ? NULL : CreateEventW(NULL, TRUE, FALSE, NULL), NULL);
    case NOT_STARTED: return say_fault(pipe, request, FAULT_NOT_STARTED, ERROR_NOT_FOUND);
    case UNDER_WAY: return say_fault(pipe, request, FAULT_UNDER_WAY, ERROR_IO_PENDING);
    case DENIED: return say_fault(pipe, request, FAULT_DENIED, ERROR_ACCESS_DISABLED_BY_POLICY);
    case NO_SUCH_FIELD: return say_fault(pipe, request, FAULT_UNKNOWN_FIELD, ERROR_INVALID_PARAMETER);
    default: return false;
    }
}

static DWORD launch(sb_client *client, DWORD timeout_ms, char *key, sb_process *ret, sb_error *ret_error) {
    sb_spawn_options options = {.size = sizeof options,
                                .application = L"C:\\windows\\system32\\cmd.exe",
                                .timeout_ms = timeout_ms,
                                .key = key};
    return sb_spawn(client, &options, ret, ret_error);
}

static void run(const script *s) {
    static fake fakes[16];
    static int used;
    fake *f = &fakes[used++];
    sb_client *client = NULL;
    sb_process process = {0};
    sb_error error = {0};
    char key[SB_KEY_CHARS + 1] = "x";

    check_case("%s", s->what);
    now = s;
    at = launches = asks = 0;
    f->serve = play;
    fake_start(f, NULL, 4);
    if (!CHECK_INT(fake_connect(f, LONG_MS, &client, NULL), ERROR_SUCCESS)) return;
    if (!CHECK_INT(launch(client, s->timeout_ms, key, &process, &error), s->wanted))
        printf("    %ls\n", error.message);
    if (s->launches >= 0) CHECK_INT(launches, s->launches);
    if (s->asks >= 0) CHECK_INT(asks, s->asks);
    if (launches && launches <= MOST) CHECK_TEXT(key, keys[launches - 1]);
    for (LONG i = 1; i < launches && i < MOST; i++) CHECK(strcmp(keys[i], keys[i - 1]) != 0);
    if (asks) CHECK(strspn(asked, "0123456789abcdef") == SB_KEY_CHARS);
    CHECK(s->wanted ? !process.process && error.message[0] != 0 : process.process_id == 44);
    sb_process_close(&process);
    sb_disconnect(client);
}

/* Nobody knows what became of the launch until much later. */
static void asked_later(void) {
    static const script never = {"never", {HANG_UP}, 0, 0, 0, 0},
                        later = {"later", {STARTED, STARTED, STARTED}, 0, 0, 0, 0};
    static fake f = {.serve = play};
    sb_client *client = NULL;
    sb_process process = {0};
    sb_error error = {0};
    char key[SB_KEY_CHARS + 1] = "";

    check_case("no broker that knows comes back in time");
    now = &never;
    at = launches = asks = 0;
    fake_start(&f, NULL, 4);
    if (!CHECK_INT(fake_connect(&f, LONG_MS, &client, NULL), ERROR_SUCCESS)) return;
    CHECK_INT(launch(client, 1000, key, &process, &error), ERROR_BROKEN_PIPE);
    CHECK(wcsstr(error.message, L"may have started") != NULL);
    CHECK_INT(launches, 1);
    CHECK(asks > 1 && asks < 60); /* with pauses */
    CHECK_TEXT(key, keys[0]);
    CHECK_TEXT(asked, key);

    now = &later;
    at = asks = 0;
    check_case("sb_spawn_outcome finds out later");
    CHECK_INT(sb_spawn_outcome(client, key, &process, &error), ERROR_SUCCESS);
    CHECK_TEXT(asked, key);
    CHECK_INT(process.process_id, 44);
    CHECK(process.process && process.thread);
    sb_process_close(&process);
    sb_disconnect(client);
}

int main(void) {
    static const script scripts[] = {
        {"it has started", {HANG_UP, STARTED}, 0, ERROR_SUCCESS, 1, 1},
        {"the question is lost, too", {HANG_UP, HANG_UP, HANG_UP, STARTED}, 0, ERROR_SUCCESS, 1, 3},
        {"it is under way", {HANG_UP, UNDER_WAY, UNDER_WAY, STARTED}, 0, ERROR_SUCCESS, 1, 3},
        {"it has not started: it is sent again with another key",
         {HANG_UP, NOT_STARTED, HANG_UP, NOT_STARTED, STARTED},
         LONG_MS,
         ERROR_SUCCESS,
         3,
         2},
        {"it was denied", {HANG_UP, DENIED}, LONG_MS, ERROR_ACCESS_DISABLED_BY_POLICY, 1, 1},
        {"an older broker, which knows no keys", {NO_SUCH_FIELD, STARTED}, 0, ERROR_SUCCESS, 2, 0},
        {"an older broker, and the connection is lost", {NO_SUCH_FIELD, HANG_UP}, 0, ERROR_BROKEN_PIPE, 2, 0},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) run(&scripts[i]);
    asked_later();
    return check_report();
}
