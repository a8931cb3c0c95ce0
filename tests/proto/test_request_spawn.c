/* Encodes and decodes a spawn request and compares it, and looks at what remains of a bad one. */
#include "tests/proto/wire.h"

static void check_spawn(const msg_spawn *got, const msg_spawn *wanted) {
    CHECK_TEXT(got->application, wanted->application);
    CHECK_TEXT(got->command_line, wanted->command_line);
    CHECK_INT(got->expand, wanted->expand);
    CHECK_TEXT(got->directory, wanted->directory);
    if (CHECK_INT(got->environment_count, wanted->environment_count))
        for (size_t i = 0; i < got->environment_count; i++)
            CHECK_TEXT(got->environment[i], wanted->environment[i]);

    if (CHECK_INT(got->handle_count, wanted->handle_count))
        for (size_t i = 0; i < got->handle_count; i++) {
            CHECK_TEXT(got->handles[i].name, wanted->handles[i].name);
            CHECK_INT(got->handles[i].value, wanted->handles[i].value);
            CHECK_INT(got->handles[i].access, wanted->handles[i].access);
            CHECK_INT(got->handles[i].fd, wanted->handles[i].fd);
            CHECK_INT(got->handles[i].fd_text, wanted->handles[i].fd_text);
        }

    for (int i = 0; i < MSG_STD_COUNT; i++) CHECK_INT(got->std[i], wanted->std[i]);
    CHECK_INT(got->creation_flags, wanted->creation_flags);
    CHECK_INT(got->lifetime, wanted->lifetime);
    CHECK_INT(got->limits.process_memory_bytes, wanted->limits.process_memory_bytes);
    CHECK_INT(got->limits.job_memory_bytes, wanted->limits.job_memory_bytes);
    CHECK_INT(got->limits.cpu_percent, wanted->limits.cpu_percent);
    CHECK_INT(got->limits.max_processes, wanted->limits.max_processes);
    CHECK_TEXT(got->desktop, wanted->desktop);
    CHECK_INT(got->timeout_ms, wanted->timeout_ms);
    CHECK_INT(got->attributes.affinity, wanted->attributes.affinity);
    CHECK_INT(got->attributes.mitigations[0], wanted->attributes.mitigations[0]);
    CHECK_INT(got->attributes.mitigations[1], wanted->attributes.mitigations[1]);
    CHECK_INT(got->attributes.no_child_processes, wanted->attributes.no_child_processes);
    CHECK_INT(got->reduce.drop_privileges, wanted->reduce.drop_privileges);
    CHECK_INT(got->reduce.low_integrity, wanted->reduce.low_integrity);
    CHECK_INT(got->reduce.restricted, wanted->reduce.restricted);
    if (CHECK_INT(got->reduce.deny_group_count, wanted->reduce.deny_group_count))
        for (size_t i = 0; i < got->reduce.deny_group_count; i++)
            CHECK_TEXT(got->reduce.deny_groups[i], wanted->reduce.deny_groups[i]);
    CHECK_INT(got->job, wanted->job);
    CHECK_INT(got->has_show_window, wanted->has_show_window);
    CHECK_INT(got->show_window, wanted->show_window);
}

static void spawn(void) {
    static const char *const environment[] = {"=C:=C:\\x", "A=", "PATH=C:\\\xE2\x82\xAC;\xF0\x9F\x98\x80",
                                              "E==="};
    static const char *const groups[] = {"S-1-5-32-544", "S-1-1-0"};
    static const msg_handle handles[] = {{"log", 0x10, 0, 0, false},
                                         {"Z_.-9", 0xFFFFFFF0u, 0x80000000u, 3, true},
                                         {"x", 0x14, 0x120089, LIMIT_FD, false}};

    const msg_spawn sent[] = {
        {.application = "C:\\a.exe", .directory = "C:\\"},
        {.application = "\\\\?\\C:\\\xC3\xA9.exe",
         .command_line = "\"a\" {handle:log}",
         .expand = true,
         .directory = "\\\\server\\share",
         .environment = environment,
         .environment_count = 4,
         .handles = handles,
         .handle_count = 3,
         .std = {0x20, 0, 0x20},
         .creation_flags = 0x08004604,
         .lifetime = MSG_LIFETIME_DETACHED,
         .limits = {INT64_C(9007199254740991), 4096, 100, 0xFFFFFFFFu},
         .desktop = "winsta0\\default",
         .timeout_ms = 0xFFFFFFFFu,
         .attributes = {UINT64_MAX, {UINT64_C(0x0123456789abcdef), 0x10}, true},
         .reduce = {true, groups, 2, true, true},
         .job = true,
         .has_show_window = true,
         .show_window = UINT16_MAX},
        {.application = "C:\\a.exe",
         .command_line = "",
         .directory = "C:\\",
         .lifetime = MSG_LIFETIME_BROKER,
         .attributes = {.affinity = 1},
         .reduce = {.low_integrity = true},
         .has_show_window = true}, /* SW_HIDE is 0 */
    };

    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        size_t length = 0;
        msg_request got;
        check_case("spawn %zu", i);
        wire_request_frame(msg_encode_spawn(1, &sent[i], &length), &length, &got);
        CHECK_INT(got.method, MSG_SPAWN);
        check_spawn(&got.u.spawn, &sent[i]);
        msg_request_free(&got);
    }
}

/* Reaches every limit in one request. */
static void largest_spawn(void) {
    char *line = malloc(LIMIT_COMMAND_LINE_UNITS + 1), *path = malloc(LIMIT_PATH_UNITS + 1);
    const char **environment = malloc(LIMIT_ENVIRONMENT_ENTRIES * sizeof *environment);
    msg_handle *handles = malloc(LIMIT_HANDLES * sizeof *handles);

    char(*names)[LIMIT_NAME_CHARS + 1] = malloc(LIMIT_HANDLES * sizeof *names);
    if (!line || !path || !environment || !handles || !names) abort();
    memset(line, 'x', LIMIT_COMMAND_LINE_UNITS - 1);
    line[LIMIT_COMMAND_LINE_UNITS - 1] = '\0';
    memset(path, 'p', LIMIT_PATH_UNITS - 1);
    memcpy(path, "C:\\", 3);
    path[LIMIT_PATH_UNITS - 1] = '\0';
    for (int i = 0; i < LIMIT_ENVIRONMENT_ENTRIES; i++) environment[i] = "NAME=VALUE";
    for (int i = 0; i < LIMIT_HANDLES; i++) {
        snprintf(names[i], sizeof names[i], "%0*d", LIMIT_NAME_CHARS, i);
        handles[i] = (msg_handle){names[i], (uint32_t)(i + 1) * 4, 0, i + 3, false};
    }

    msg_spawn sent = {.application = path,
                      .command_line = line,
                      .directory = path,
                      .environment = environment,
                      .environment_count = LIMIT_ENVIRONMENT_ENTRIES,
                      .handles = handles,
                      .handle_count = LIMIT_HANDLES};
    size_t length = 0;
    msg_request got;

    check_case("largest spawn");
    wire_request_frame(msg_encode_spawn(1, &sent, &length), &length, &got);
    check_spawn(&got.u.spawn, &sent);
    msg_request_free(&got);
    free(line), free(path), free(environment), free(handles), free(names);
}

/* After a fault, the record still has what was read before it. */
static void kept_after_a_fault(void) {
    msg_request got;

    check_case("kept after a fault in a handle");
    wire_request("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"spawn\",\"params\":{\"nonsense\":1,"
                 "\"application\":\"C:\\\\a.exe\","
                 "\"environment\":[\"A=1\",2,\"B=1\"],\"handles\":[{\"name\":\"a\",\"value\":4},{\"name\":5,"
                 "\"value\":8}],"
                 "\"creation_flags\":4,\"directory\":7}}",
                 &got);
    CHECK_TEXT(fault_name(got.fault.kind), "unknown_field");
    CHECK_TEXT(got.fault.field, "params.nonsense");
    CHECK_TEXT(got.id.text, "x");
    CHECK_INT(got.method, MSG_SPAWN);
    CHECK_TEXT(got.u.spawn.application, "C:\\a.exe");
    CHECK(got.u.spawn.directory == NULL);
    CHECK_INT(got.u.spawn.environment_count, 1);
    CHECK_INT(got.u.spawn.handle_count, 1);
    CHECK_INT(got.u.spawn.creation_flags, 4);
    msg_request_free(&got);

    check_case("a handle's place");
    wire_request(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"spawn\",\"params\":{\"application\":\"C:\\\\a.exe\","
        "\"directory\":\"C:\\\\\",\"environment\":[],\"handles\":[{\"name\":\"a\",\"value\":4},"
        "{\"name\":\"b\",\"value\":\"8\"}]}}",
        &got);
    CHECK_TEXT(fault_name(got.fault.kind), "wrong_type");
    CHECK_TEXT(got.fault.field, "params.handles[1].value");
    CHECK_INT(got.fault.handle_index, 1);
    CHECK_TEXT(got.fault.message, "params.handles[1].value is not a whole number");
    CHECK_INT(got.fault.stage, STAGE_DECODE);
    msg_request_free(&got);
}

int main(void) {
    spawn();
    largest_spawn();
    kept_after_a_fault();
    return check_report();
}
