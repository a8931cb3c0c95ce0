/* Which bad requests the library sends, so that the broker records them, and which it rejects itself. */
#include "tests/client/fake.h"

#include "tests/support/check.h"

#include <stdlib.h>

static bool refuse(fake *f, HANDLE pipe, const msg_request *request) {
    size_t length;
    fault no = request->fault;
    (void)f;
    if (no.kind == FAULT_NONE)
        fault_set(&no, FAULT_DENIED, STAGE_DECIDE, 1260, "no: %s", request->u.spawn.application);
    char *frame = msg_encode_fault(&request->id, &no, "00000000-0000-4000-8000-000000000000", &length);
    return fake_reply(pipe, frame, length);
}

/* sent: whether the request reached the fake. */
static void refused(sb_client *client, fake *f, const sb_spawn_options *options, bool sent, DWORD code,
                    size_t index) {
    sb_process process = {0};
    sb_error error = {0};
    LONG before = f->served;
    CHECK_INT(sb_spawn(client, options, &process, &error), code);
    CHECK_INT(error.code, code);
    CHECK_INT(f->served - before, sent);
    CHECK_INT(error.handle_index, index);
    CHECK(error.message[0] && !process.process);
}

static void refusals(void) {
    static fake f = {.serve = refuse};
    sb_client *client = NULL;
    sb_handle handles[2] = {{.name = L"a", .handle = (HANDLE)4}, {.name = L"b", .handle = (HANDLE)8}};
    const sb_spawn_options good = {
        .size = sizeof good,
        .application = L"C:\\windows\\system32\\cmd.exe",
        .handles = handles,
        .handle_count = 2,
    };
    sb_spawn_options o = good;

    fake_start(&f, NULL, 3);
    if (!CHECK_INT(fake_connect(&f, 20000, &client, NULL), ERROR_SUCCESS)) return;

    check_case("denied by the broker");
    refused(client, &f, &o, true, ERROR_ACCESS_DISABLED_BY_POLICY, SIZE_MAX);

    check_case("NULL handle");
    handles[1].handle = NULL;
    refused(client, &f, &o, true, ERROR_INVALID_HANDLE, 1);

    check_case("INVALID_HANDLE_VALUE");
    handles[1].handle = INVALID_HANDLE_VALUE;
    refused(client, &f, &o, true, ERROR_INVALID_HANDLE, 1);

    check_case("a handle of more than 32 bits");
    handles[1].handle = (HANDLE)((ULONG_PTR)1 << (sizeof(void *) > 4 ? 32 : 31));
    if (sizeof(void *) > 4) refused(client, &f, &o, false, ERROR_INVALID_HANDLE, 1);
    handles[1].handle = (HANDLE)8;

    check_case("a program that is not there");
    o.application = NULL;
    o.command_line = L"no-such-program-here x";
    refused(client, &f, &o, true, ERROR_FILE_NOT_FOUND, SIZE_MAX);

    check_case("a lone surrogate");
    o = good;
    o.command_line = L"x \xD800 y";
    refused(client, &f, &o, false, ERROR_NO_UNICODE_TRANSLATION, SIZE_MAX);
    o = good;
    handles[0].name = L"\xDC00";
    refused(client, &f, &o, false, ERROR_NO_UNICODE_TRANSLATION, 0);
    handles[0].name = L"a";

    check_case("parameters");
    o.lifetime = (sb_lifetime)7;
    refused(client, &f, &o, false, ERROR_INVALID_PARAMETER, SIZE_MAX);
    o = good;
    o.handles = NULL;
    refused(client, &f, &o, false, ERROR_INVALID_PARAMETER, SIZE_MAX);
    o = good;
    o.size = 3;
    refused(client, &f, &o, false, ERROR_INVALID_PARAMETER, SIZE_MAX);
    refused(client, &f, NULL, false, ERROR_INVALID_PARAMETER, SIZE_MAX);
    o = good;

    check_case("larger than a frame");
    wchar_t *line = calloc(LIMIT_FRAME_BYTES + 1, sizeof *line);
    for (size_t i = 0; line && i < LIMIT_FRAME_BYTES; i++) line[i] = L'x';
    o.command_line = line;
    refused(client, &f, &o, false, ERROR_BAD_LENGTH, SIZE_MAX);
    free(line);
    sb_disconnect(client);
}

int main(void) {
    refusals();
    return check_report();
}
