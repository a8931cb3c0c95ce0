/* Tests sb_connect against servers that are untrustworthy or are not brokers. */
#include "tests/client/fake.h"

#include "tests/support/check.h"
#include "service/win32/token.h"

static void expect(const fake *f, DWORD timeout_ms, DWORD code, sb_stage at) {
    sb_client *client = NULL;
    sb_error error = {0};
    CHECK_INT(fake_connect(f, timeout_ms, &client, &error), code);
    CHECK_INT(error.code, code);
    CHECK_INT(error.stage, at);
    CHECK(code == ERROR_SUCCESS || error.message[0]);
    CHECK((client != NULL) == (code == ERROR_SUCCESS));
    if (code) CHECK(error.handle_index == SIZE_MAX);
    sb_disconnect(client);
}

static void wrong_owners(void) {
    static const char *const wrong[] = {"O:WDD:(A;;GA;;;WD)", "O:BGD:(A;;GA;;;WD)", "O:LSD:(A;;GA;;;WD)",
                                        "O:BUD:(A;;GA;;;WD)", "O:AUD:(A;;GA;;;WD)"};
    static const char *const right[] = {"O:BAD:(A;;GA;;;WD)", "O:SYD:(A;;0x12019b;;;WD)"};
    static fake fakes[sizeof wrong / sizeof *wrong + sizeof right / sizeof *right + 2];
    fake *f = fakes;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++, f++) {
        check_case("owner %s", wrong[i]);
        fake_start(f, wrong[i], 3);
        expect(f, 20000, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
        Sleep(20);
        CHECK_INT(f->bytes, 0);
    }

    for (size_t i = 0; i < sizeof right / sizeof *right; i++, f++) {
        check_case("owner %s", right[i]);
        fake_start(f, right[i], 1); /* whom it admits as a client need not be able to make another instance */
        expect(f, 20000, ERROR_SUCCESS, SB_STAGE_NONE);
    }

    check_case("a broker of this process's rights");
    fake_start(f++, NULL, 3);
    expect(f - 1, 20000, ERROR_SUCCESS, SB_STAGE_NONE);
    /* Any program of this user can create such a pipe. An elevated client must not trust it. */

    check_case("owner is this user");
    fake_start(f, fake_user_sddl(), 3);
    if (token_elevated()) expect(f, 20000, ERROR_INVALID_OWNER, SB_STAGE_VERIFY);
    else expect(f, 20000, ERROR_SUCCESS, SB_STAGE_NONE);
    CHECK(!token_elevated() || !f->bytes);
}

static bool silent(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f, (void)pipe, (void)request;
    return true;
}

static bool hang_up(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f, (void)pipe, (void)request;
    return false;
}

static bool half(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f, (void)request;
    fake_write(pipe, "\x40\0\0\0{\"json", 10);
    FlushFileBuffers(pipe);
    return false;
}

static bool half_and_silent(fake *f, HANDLE pipe, const msg_request *request) {
    (void)f, (void)request;
    return fake_write(pipe, "\x40\0\0\0{\"json", 10);
}

#define GARBAGE(name, text)                                              \
    static bool name(fake *f, HANDLE pipe, const msg_request *request) { \
        (void)f, (void)request;                                          \
        return fake_write(pipe, text, sizeof text - 1);                  \
    }
GARBAGE(huge, "\xFF\xFF\xFF\xFFxxxxxxxx")
GARBAGE(empty, "\0\0\0\0")
GARBAGE(not_json, "\x05\0\0\0hello")
GARBAGE(not_rpc, "\x02\0\0\0{}")
GARBAGE(http, "HTTP/1.1 400 Bad Request\r\n\r\n")
GARBAGE(bad_utf8, "\x03\0\0\0\"\xFF\"")

static bool version_two(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    const msg_hello_result result = {.protocol = 2, .broker = "x", .nonce = "x", .user = "x", .sid = "x"};
    (void)f;
    char *frame = msg_encode_hello_result(&request->id, &result, &length);
    return fake_reply(pipe, frame, length);
}

static bool no_version(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    fault no;
    (void)f;
    fault_set(&no, FAULT_UNKNOWN_VERSION, STAGE_DECODE, WIN32_REVISION_MISMATCH, "version 1 is too old");
    char *frame = msg_encode_fault(&request->id, &no, NULL, &length);
    return fake_reply(pipe, frame, length);
}

static bool other_shape(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    (void)f;
    const msg_children none = {0};
    char *frame = msg_encode_list_result(&request->id, &none, &length);
    return fake_reply(pipe, frame, length);
}

/* Each must fail by itself and in time, and the client must close the connection. */
static void bad_hellos(void) {
    static const struct {
        const char *name;
        fake_serve *hello;
        DWORD code; /* 0: any code */
    } cases[] = {
        {"silent", silent, ERROR_TIMEOUT},
        {"hangs up", hang_up, ERROR_BROKEN_PIPE},
        {"half a frame, then hangs up", half, ERROR_BROKEN_PIPE},
        {"half a frame, then silent", half_and_silent, ERROR_TIMEOUT},
        {"huge frame", huge, 0},
        {"empty frame", empty, 0},
        {"not JSON", not_json, 0},
        {"not JSON-RPC", not_rpc, 0},
        {"HTTP", http, 0},
        {"bad UTF-8", bad_utf8, 0},
        {"version 2", version_two, ERROR_REVISION_MISMATCH},
        {"no common version", no_version, ERROR_REVISION_MISMATCH},
        {"another result", other_shape, 0},
    };
    static fake fakes[sizeof cases / sizeof *cases];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sb_client *client = NULL;
        sb_error error = {0};
        check_case("hello: %s", cases[i].name);
        fakes[i].hello = cases[i].hello;
        fake_start(&fakes[i], NULL, 3);
        ULONGLONG start = GetTickCount64();
        DWORD err = fake_connect(&fakes[i], 1000, &client, &error);
        ULONGLONG took = GetTickCount64() - start;
        CHECK(err && !client && error.code == err && error.message[0]);
        if (cases[i].code) CHECK_INT(err, cases[i].code);
        CHECK(took < 10000);
        if (err == ERROR_TIMEOUT) CHECK(took >= 900);
    }
}

static void no_server(void) {
    static fake nobody = {.name = L"sb_fake_nobody"}, one;
    sb_client *client = NULL;
    check_case("no server");
    expect(&nobody, 300, ERROR_FILE_NOT_FOUND, SB_STAGE_CONNECT);
    check_case("busy");
    fake_start(&one, NULL, 1);
    HANDLE other = INVALID_HANDLE_VALUE;
    wchar_t path[80];
    swprintf(path, 80, L"\\\\.\\pipe\\%ls", one.name);
    other = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(other != INVALID_HANDLE_VALUE);
    expect(&one, 300, ERROR_SEM_TIMEOUT, SB_STAGE_CONNECT);
    CloseHandle(other);
    check_case("one instance is enough");
    CHECK_INT(fake_connect(&one, 20000, &client, NULL), ERROR_SUCCESS);
    sb_disconnect(client);
}

static void names_and_options(void) {
    static fake f;
    sb_client *client = NULL;
    sb_error error;
    wchar_t path[80];
    static wchar_t long_name[400];

    for (int i = 0; i < 399; i++) long_name[i] = L'x';
    fake_start(&f, NULL, 3);
    swprintf(path, 80, L"\\\\.\\PIPE\\%ls", f.name);
    sb_connect_options options = {.size = sizeof options, .pipe_name = path};

    check_case("the whole name");
    CHECK_INT(sb_connect(&options, &client, NULL), ERROR_SUCCESS);
    sb_disconnect(client);
    client = NULL;

    check_case("the variable");
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", f.name);
    CHECK_INT(sb_connect(NULL, &client, &error), ERROR_SUCCESS);
    CHECK(!error.code && error.handle_index == SIZE_MAX);
    sb_disconnect(client);
    client = NULL;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", NULL);
    static const struct {
        const wchar_t *name;
        DWORD code;
    } bad[] = {{L"\\\\server\\pipe\\x", ERROR_BAD_PATHNAME},
               {L"\\\\?\\pipe\\x", ERROR_BAD_PATHNAME},
               {L"", ERROR_INVALID_NAME},
               {L"\\\\.\\pipe\\", ERROR_INVALID_NAME},
               {L"a\\b", ERROR_INVALID_NAME},
               {L"a/b", ERROR_INVALID_NAME},
               {L"\\\\.\\pipe\\..\\x", ERROR_INVALID_NAME},
               {long_name, ERROR_INVALID_NAME}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_case("name %.40ls", bad[i].name);
        options.pipe_name = bad[i].name;
        CHECK_INT(sb_connect(&options, &client, &error), bad[i].code);
        CHECK_INT(error.stage, SB_STAGE_CONNECT);
    }
    options.pipe_name = f.name;

    check_case("size 0");
    options.size = 0;
    CHECK_INT(sb_connect(&options, &client, NULL), ERROR_INVALID_PARAMETER);

    check_case("size in the middle of a member");
    options.size = offsetof(sb_connect_options, mode) + 1;
    CHECK_INT(sb_connect(&options, &client, NULL), ERROR_INVALID_PARAMETER);

    check_case("size of an older version");
    options.size = offsetof(sb_connect_options, mode);
    options.mode = (sb_mode)99;
    CHECK_INT(sb_connect(&options, &client, NULL), ERROR_SUCCESS);
    sb_disconnect(client);
    client = NULL;
    struct {
        sb_connect_options options;
        char more[16];
    } newer = {.options = {.size = sizeof newer, .pipe_name = f.name}};

    check_case("a newer version's, zero");
    CHECK_INT(sb_connect(&newer.options, &client, NULL), ERROR_SUCCESS);
    sb_disconnect(client);
    client = NULL;

    check_case("a newer version's, set");
    newer.more[15] = 1;
    CHECK_INT(sb_connect(&newer.options, &client, NULL), ERROR_INVALID_PARAMETER);

    check_case("mode");
    options.size = sizeof options;
    CHECK_INT(sb_connect(&options, &client, NULL), ERROR_INVALID_PARAMETER);

    check_case("NULL");
    CHECK_INT(sb_connect(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK(!client);
    sb_disconnect(NULL);
    sb_process_close(NULL);
}

int main(void) {
    wrong_owners();
    bad_hellos();
    no_server();
    names_and_options();
    return check_report();
}
