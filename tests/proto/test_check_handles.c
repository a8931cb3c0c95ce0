/* Tests the rules of msg_spawn_check for handles, just inside and just outside. */
#include "tests/proto/spawn_good.h"

static void check_second(msg_handle second, fault_kind wanted, uint32_t win32, const char *field) {
    const msg_handle handles[] = {{"first", 0x10, 0, 5, false}, second};
    msg_spawn s = good;
    fault f = {.kind = FAULT_NONE, .handle_index = FAULT_NO_HANDLE};
    s.handles = handles, s.handle_count = 2;
    check_it(&s, wanted, win32, field);
    msg_spawn_check(&s, &f);
    CHECK_INT(f.handle_index, wanted == FAULT_NONE ? FAULT_NO_HANDLE : 1);
}

static void handles(void) {
    static const char name64[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    static const char *const bad_names[] = {"", "a b", "a/b", "\xC3\xA9", "a=b", "a;b", "a\n", "{x}"};
    char name65[66];
    snprintf(name65, sizeof name65, "%s-", name64);
    check_case("handle names");
    check_second((msg_handle){name64, 0x14, 0, 0, false}, FAULT_NONE, 0, "");
    check_second((msg_handle){name65, 0x14, 0, 0, false}, FAULT_TOO_LONG, WIN32_INVALID_NAME,
                 "params.handles[1].name");
    check_second((msg_handle){NULL, 0x14, 0, 0, false}, FAULT_BAD_VALUE, WIN32_INVALID_NAME,
                 "params.handles[1].name");
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
        check_second((msg_handle){bad_names[i], 0x14, 0, 0, false}, FAULT_BAD_VALUE, WIN32_INVALID_NAME,
                     "params.handles[1].name");
    check_second((msg_handle){"first", 0x14, 0, 0, false}, FAULT_DUPLICATE, WIN32_DUP_NAME,
                 "params.handles[1].name");
    check_second((msg_handle){"FIRST", 0x14, 0, 0, false}, FAULT_DUPLICATE, WIN32_DUP_NAME,
                 "params.handles[1].name");
    check_second((msg_handle){"firs", 0x14, 0, 0, false}, FAULT_NONE, 0, "");
    check_second((msg_handle){"first1", 0x14, 0, 0, false}, FAULT_NONE, 0, "");

    for (uint32_t value = 0xFFFFFFF0u; value >= 0xFFFFFFF0u; value++) {
        bool pseudo = value >= 0xFFFFFFFAu;
        check_case("handle value 0x%08X", (unsigned)value);
        check_second((msg_handle){"x", value, 0, 0, false}, pseudo ? FAULT_BAD_HANDLE : FAULT_NONE,
                     pseudo ? WIN32_INVALID_HANDLE : 0, pseudo ? "params.handles[1].value" : "");
        msg_spawn s = good;
        s.std[MSG_STD_ERROR] = value;
        check_it(&s, pseudo ? FAULT_BAD_HANDLE : FAULT_NONE, pseudo ? WIN32_INVALID_HANDLE : 0,
                 pseudo ? "params.std.error" : "");
    }
    for (uint32_t value = 0; value < 4; value++) {
        check_case("handle value %u", (unsigned)value);
        check_second((msg_handle){"x", value, 0, 0, false}, FAULT_BAD_HANDLE, WIN32_INVALID_HANDLE,
                     "params.handles[1].value");
        msg_spawn s = good;
        s.std[MSG_STD_INPUT] = value;
        check_it(&s, value ? FAULT_BAD_HANDLE : FAULT_NONE, value ? WIN32_INVALID_HANDLE : 0,
                 value ? "params.std.input" : "");
    }
    for (uint32_t value = 0x10; value < 0x14; value++) {
        check_case("the first handle's value with tag bits: 0x%X", (unsigned)value);
        check_second((msg_handle){"x", value, 0, 0, false}, FAULT_DUPLICATE, WIN32_INVALID_PARAMETER,
                     "params.handles[1].value");
    }
    static const int bad_fds[] = {-1, 1, 2, LIMIT_FD + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof bad_fds / sizeof *bad_fds; i++) {
        check_case("fd %d", bad_fds[i]);
        check_second((msg_handle){"x", 0x14, 0, bad_fds[i], false}, FAULT_OUT_OF_RANGE,
                     WIN32_INVALID_PARAMETER, "params.handles[1].fd");
    }
    check_case("fds");
    check_second((msg_handle){"x", 0x14, 0, 3, false}, FAULT_NONE, 0, "");
    check_second((msg_handle){"x", 0x14, 0, LIMIT_FD, false}, FAULT_NONE, 0, "");
    check_second((msg_handle){"x", 0x14, 0, 5, false}, FAULT_DUPLICATE, WIN32_INVALID_PARAMETER,
                 "params.handles[1].fd");

    check_case("text mode");
    check_second((msg_handle){"x", 0x14, 0, 3, true}, FAULT_NONE, 0, "");
    check_second((msg_handle){"x", 0x14, 0, 0, true}, FAULT_BAD_VALUE, WIN32_INVALID_PARAMETER,
                 "params.handles[1].fd_text");

    msg_spawn s = good;
    s.handle_count = LIMIT_HANDLES + 1;
    check_case("too many handles");
    check_it(&s, FAULT_TOO_MANY, WIN32_BAD_LENGTH, "params.handles");
    static const msg_handle one = {"out", 0x20, 0, 0, false};
    s = good, s.handles = &one, s.handle_count = 1;
    s.std[MSG_STD_OUTPUT] = s.std[MSG_STD_ERROR] = 0x20;
    check_case("one handle for several");
    check_it(&s, FAULT_NONE, 0, "");
}

int main(void) {
    handles();
    return check_report();
}
