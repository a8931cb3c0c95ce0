/* Tests each other rule of msg_spawn_check, just inside and just outside. */
#include "tests/proto/spawn_good.h"

#include <stdlib.h>

static void applications(void) {
    static const struct {
        const char *path;
        uint32_t win32;
    } cases[] = {
        {"C:\\a.exe", 0},
        {"c:/dir/a.exe", 0},
        {"\\\\server\\share\\a.exe", 0},
        {"//server/share/a.exe", 0},
        {"\\\\?\\C:\\a.exe", 0},
        {"\\\\?\\UNC\\server\\share\\a.exe", 0},
        {"C:\\a b\\\xC3\xA9.com", 0},
        {"C:\\a.bat.exe", 0},
        {"C:\\x.bat\\a.exe", 0},
        {"C:\\bat", 0},
        {"C:\\a.batx", 0},
        {"C:\\acmd", 0},
        {"C:\\a.exe:stream", 0},
        {"C:\\", 0},
        {"", WIN32_INVALID_PARAMETER},
        {"a.exe", WIN32_FILE_NOT_FOUND},
        {"\\a.exe", WIN32_FILE_NOT_FOUND},
        {"C:a.exe", WIN32_FILE_NOT_FOUND},
        {"C:", WIN32_FILE_NOT_FOUND},
        {"..\\a.exe", WIN32_FILE_NOT_FOUND},
        {"1:\\a.exe", WIN32_FILE_NOT_FOUND},
        {"\\\\server", WIN32_FILE_NOT_FOUND},
        {"\\\\server\\", WIN32_FILE_NOT_FOUND},
        {"\\\\server\\\\x", WIN32_FILE_NOT_FOUND},
        {"\\\\\\share\\x", WIN32_FILE_NOT_FOUND},
        {" C:\\a.exe", WIN32_FILE_NOT_FOUND},
        {"\\", WIN32_FILE_NOT_FOUND},
        {"\\\\", WIN32_FILE_NOT_FOUND},
        {"/bin/sh", WIN32_FILE_NOT_FOUND},
        {"\\\\.\\C:\\a.exe", WIN32_BAD_PATHNAME},
        {"//./pipe/x", WIN32_BAD_PATHNAME},
        {"\\\\?\\GLOBALROOT\\Device\\x", WIN32_BAD_PATHNAME},
        {"\\\\?\\a.exe", WIN32_BAD_PATHNAME},
        {"\\\\?\\UNC\\server", WIN32_BAD_PATHNAME},
        {"\\??\\C:\\a.exe", WIN32_BAD_PATHNAME},
        {"\\\\?\\", WIN32_BAD_PATHNAME},
        {"\\\\?\\Volume{x}\\a.exe", WIN32_BAD_PATHNAME},
        {"C:\\a?.exe", WIN32_INVALID_NAME},
        {"C:\\a\".exe", WIN32_INVALID_NAME},
        {"C:\\a\n.exe", WIN32_INVALID_NAME},
        {"C:\\a|b", WIN32_INVALID_NAME},
        {"C:\\<a>", WIN32_INVALID_NAME},
        {"C:\\*.exe", WIN32_INVALID_NAME},
        {"C:\\a.bat", WIN32_BAD_EXE_FORMAT},
        {"C:\\a.CmD", WIN32_BAD_EXE_FORMAT},
        {"C:\\.bat", WIN32_BAD_EXE_FORMAT},
        {"C:\\a.bat. . ", WIN32_BAD_EXE_FORMAT},
        {"C:\\a.bat::$DATA", WIN32_BAD_EXE_FORMAT},
        {"C:\\a.bat .:x", WIN32_BAD_EXE_FORMAT},
        {"C:\\a.exe:b.cmd", WIN32_BAD_EXE_FORMAT},
        {"\\\\?\\C:\\a.bat", WIN32_BAD_EXE_FORMAT},
        {"\\\\server\\share\\a.cmd", WIN32_BAD_EXE_FORMAT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        msg_spawn s = good;
        s.application = cases[i].path;
        check_case("application %s", cases[i].path);
        check_it(&s, cases[i].win32 ? FAULT_BAD_VALUE : FAULT_NONE, cases[i].win32,
                 cases[i].win32 ? "params.application" : "");

        s = good;
        s.directory = cases[i].path;
        uint32_t wanted = cases[i].win32;
        if (wanted == WIN32_FILE_NOT_FOUND || wanted == WIN32_INVALID_PARAMETER) wanted = WIN32_DIRECTORY;
        if (wanted == WIN32_BAD_EXE_FORMAT) wanted = 0;
        check_case("directory %s", cases[i].path);
        check_it(&s, wanted ? FAULT_BAD_VALUE : FAULT_NONE, wanted, wanted ? "params.directory" : "");
    }

    msg_spawn s = good;
    check_case("NULL paths");
    s.application = NULL;
    check_it(&s, FAULT_BAD_VALUE, WIN32_INVALID_PARAMETER, "params.application");
    s = good, s.directory = NULL;
    check_it(&s, FAULT_BAD_VALUE, WIN32_DIRECTORY, "params.directory");
}

/* Makes units - 1 UTF-16 units; a character outside the BMP is two. */
static char *text_of(int units, const char *start) {
    char *text = malloc((size_t)units * 4 + 8), *at = text;
    if (!text) abort();
    at += sprintf(at, "%s", start);
    int left = units - 1 - (int)strlen(start);
    for (; left >= 2; left -= 2) at += sprintf(at, "\xF0\x9F\x98\x80");
    if (left) at += sprintf(at, "e");
    return text;
}

static void lengths(void) {
    static const char *const fields[] = {"params.application", "params.command_line", "params.directory"};
    for (int field = 0; field < 3; field++)
        for (int over = 0; over < 2; over++) {
            msg_spawn s = good;
            int limit = field == 1 ? LIMIT_COMMAND_LINE_UNITS : LIMIT_PATH_UNITS;
            char *text = text_of(limit + over, "C:\\");
            if (field == 0) s.application = text;
            if (field == 1) s.command_line = text;
            if (field == 2) s.directory = text;
            check_case("%s, %d past the limit", fields[field], over);
            check_it(&s, over ? FAULT_TOO_LONG : FAULT_NONE, over ? WIN32_FILENAME_EXCED_RANGE : 0,
                     over ? fields[field] : "");
            free(text);
        }
}

static void environments(void) {
    static const char *const entries[] = {"A=1", "=C:=C:\\x", "A=", "==", "A", "", "=", "=A"};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const char *list[] = {"X=1", entries[i]};
        msg_spawn s = good;
        s.environment = list, s.environment_count = 2;
        check_case("environment entry \"%s\"", entries[i]);
        check_it(&s, i < 4 ? FAULT_NONE : FAULT_BAD_VALUE, i < 4 ? 0 : WIN32_INVALID_PARAMETER,
                 i < 4 ? "" : "params.environment[1]");
    }
    msg_spawn s = good;
    s.environment_count = LIMIT_ENVIRONMENT_ENTRIES + 1;
    check_case("too many environment entries");
    check_it(&s, FAULT_TOO_MANY, WIN32_BAD_LENGTH, "params.environment");
}

static void flags(void) {
    const uint32_t allowed =
        0x4 | 0x8 | 0x10 | 0x200 | 0x400 | 0x04000000 | 0x08000000 | 0x20 | 0x40 | 0x80 | 0x4000 | 0x8000;
    msg_spawn s = good;
    fault f;

    for (int bit = 0; bit < 32; bit++) {
        s.creation_flags = UINT32_C(1) << bit;
        bool fine = (s.creation_flags & allowed) != 0;
        check_case("creation flag 0x%X", (unsigned)s.creation_flags);
        check_it(&s, fine ? FAULT_NONE : FAULT_BAD_VALUE, fine ? 0 : WIN32_NOT_SUPPORTED,
                 fine ? "" : "params.creation_flags");
    }
    s.creation_flags = 0x01000000 | 0x4;

    check_case("named");
    msg_spawn_check(&s, &f);
    CHECK(strstr(f.message, "CREATE_BREAKAWAY_FROM_JOB") != NULL);
    s.creation_flags = 0x4 | 0x10 | 0x200 | 0x400 | 0x04000000 | 0x08000000 | 0x8000;
    check_it(&s, FAULT_NONE, 0, "");
    s.creation_flags = 0x20 | 0x80;
    check_it(&s, FAULT_BAD_VALUE, WIN32_INVALID_PARAMETER, "params.creation_flags");
    s.creation_flags = 0x8 | 0x10;
    check_it(&s, FAULT_BAD_VALUE, WIN32_INVALID_PARAMETER, "params.creation_flags");
}

static void the_rest(void) {
    static const char *const desktops[] = {"default", "winsta0\\default", "\xC3\xA9", "", "\\", "a\\",
                                           "\\b",     "a\\b\\c"};
    char longer[258] = "";
    msg_spawn s = good;

    for (size_t i = 0; i < sizeof desktops / sizeof *desktops; i++) {
        s.desktop = desktops[i];
        check_case("desktop \"%s\"", desktops[i]);
        check_it(&s, i < 3 ? FAULT_NONE : FAULT_BAD_VALUE, i < 3 ? 0 : WIN32_INVALID_NAME,
                 i < 3 ? "" : "params.desktop");
    }

    check_case("desktop of 256 and 257 units");
    memset(longer, 'd', 256);
    s.desktop = longer;
    check_it(&s, FAULT_NONE, 0, "");
    longer[256] = 'd';
    check_it(&s, FAULT_TOO_LONG, WIN32_FILENAME_EXCED_RANGE, "params.desktop");

    check_case("limits and lifetime");
    s = good, s.limits = (msg_limits){UINT64_MAX, UINT64_MAX, 100, UINT32_MAX};
    check_it(&s, FAULT_NONE, 0, "");
    s.limits.cpu_percent = 101;
    check_it(&s, FAULT_OUT_OF_RANGE, WIN32_INVALID_PARAMETER, "params.limits.cpu_percent");
    s = good, s.lifetime = (msg_lifetime)3;
    check_it(&s, FAULT_BAD_VALUE, WIN32_INVALID_PARAMETER, "params.lifetime");
    CHECK(msg_lifetime_name((msg_lifetime)3) == NULL);
    CHECK_TEXT(msg_lifetime_name(MSG_LIFETIME_DETACHED), "detached");

    check_case("the order");
    s = good, s.application = "x", s.creation_flags = 1;
    check_it(&s, FAULT_BAD_VALUE, WIN32_FILE_NOT_FOUND, "params.application");
}

int main(void) {
    applications();
    lengths();
    environments();
    flags();
    the_rest();
    return check_report();
}
