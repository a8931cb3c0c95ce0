/* The ways to write a path differently, and what may be a pattern. */
#include "tests/support/check.h"
#include "service/policy/paths.h"
#include "service/policy/codepoints.h"

#include <string.h>

static const char *folder(void *context, const char *name) {
    (void)context;
    return !strcmp(name, "SystemRoot")     ? "C:\\Windows"
           : !strcmp(name, "ProgramFiles") ? "D:\\Program Files"
                                           : NULL;
}

static void canonical(void) {
    static const char *const list[][2] = {
        {"C:\\a\\b.exe", "C:\\a\\b.exe"},
        {"C:/a//b.exe", "C:\\a\\b.exe"},
        {"\\\\?\\C:\\a\\b.exe", "C:\\a\\b.exe"},
        {"\\\\?\\UNC\\server\\share\\b.exe", "\\\\server\\share\\b.exe"},
        {"//?/unc/server/share/b.exe", "\\\\server\\share\\b.exe"},
        {"\\\\server\\share\\b.exe", "\\\\server\\share\\b.exe"},
        {"C:\\a\\b.exe.", "C:\\a\\b.exe"},
        {"C:\\a\\b.exe . .", "C:\\a\\b.exe"},
        {"C:\\a.\\b .\\c.exe", "C:\\a\\b\\c.exe"},
        {"\\\\?\\C:\\a\\b.exe.",
         "C:\\a\\b.exe."}, /* with that prefix Windows keeps the dot: it is another file */
        {"C:\\a\\.\\x\\..\\b.exe", "C:\\a\\b.exe"},
        {"C:\\..\\..\\b.exe", "C:\\b.exe"},
        {"C:\\a\\b.exe::$DATA", "C:\\a\\b.exe"},
        {"C:\\a\\b.exe::$data", "C:\\a\\b.exe"},
        {"C:\\a\\b.txt:evil.exe", "C:\\a\\b.txt:evil.exe"},
        {"C:\\", "C:\\"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        arena a = {0};
        check_case("%s", list[i][0]);
        CHECK_TEXT(paths_canonical(&a, list[i][0]), list[i][1]);
        arena_free(&a);
    }

    CHECK(paths_has_stream("C:\\a\\b.txt:evil.exe"));
    CHECK(paths_has_stream("\\\\server\\share\\b:c"));
    CHECK(paths_has_stream("C::c"));
    CHECK(!paths_has_stream("C:\\a\\b.exe"));
    CHECK(!paths_has_stream("C:\\"));
    CHECK(!paths_has_stream(""));
}

/* wanted: the pattern as it is compared or, after '!', a part of the error message. */
static void patterns(void) {
    static const char *const list[][2] = {
        {"C:\\a\\**", "C:\\a\\**"},
        {"C:/a/*.exe", "C:\\a\\*.exe"},
        {"?:\\a\\b.exe", "?:\\a\\b.exe"},
        {"**\\b.exe", "**\\b.exe"},
        {"**", "**"},
        {"\\\\?\\C:\\a", "C:\\a"},
        {"\\\\?\\UNC\\s\\h\\a", "\\\\s\\h\\a"},
        {"\\\\server\\share\\**", "\\\\server\\share\\**"},
        {"%SystemRoot%\\system32\\*.exe", "C:\\Windows\\system32\\*.exe"},
        {"%ProgramFiles%\\a b\\c.exe", "D:\\Program Files\\a b\\c.exe"},
        {"C:\\a\\x~y.exe", "C:\\a\\x~y.exe"},
        {"C:\\a\\longerthan~1.exe", "C:\\a\\longerthan~1.exe"},
        {"%TEMP%\\a.exe", "!has a %"},
        {"%ProgramData%\\a.exe", "!names a folder"},
        {"50%\\a.exe", "!has a %"},
        {"b.exe", "!does not begin"},
        {"\\a\\b.exe", "!does not begin"},
        {"C:b.exe", "!does not begin"},
        {"*\\b.exe", "!does not begin"},
        {"", "!does not begin"},
        {"C:\\a\\..\\b.exe", "!ends in a dot"},
        {"C:\\a\\b.exe.", "!ends in a dot"},
        {"C:\\a \\b.exe", "!or a space"},
        {"C:\\a\\\\b.exe", "!empty component"},
        {"C:\\a\\", "!empty component"},
        {"C:\\a\\b.txt:c.exe", "!stream"},
        {"C:\\a\\b.exe::$DATA", "!stream"},
        {"C:\\a\\b|c.exe", "!character"},
        {"C:\\a**\\b.exe", "!** beside"},
        {"C:\\***\\b.exe", "!** beside"},
        {"C:\\PROGRA~1\\b.exe", "!short"},
        {"C:\\a\\LONGNA~2.EXE", "!short"},
    };
    const policy_options options = {.folder = folder};

    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        arena a = {0};
        const char *what = NULL, *wanted = list[i][1];
        check_case("pattern %s", list[i][0]);
        const char *got = paths_pattern(&a, list[i][0], &options, &what);
        if (*wanted != '!') CHECK_TEXT(got, wanted);
        else if (CHECK(!got) && !CHECK(what && strstr(what, wanted + 1)))
            fprintf(stderr, "    got %s\n", what);
        arena_free(&a);
    }
}

static void upcase(void) {
    static const uint16_t list[][2] = {{'a', 'A'},     {'z', 'Z'},     {'[', '['},     {0xE9, 0xC9},
                                       {0xF7, 0xF7},   {0xFF, 0x178},  {0xDF, 0xDF},   {0x17E, 0x17D},
                                       {0x131, 0x131}, {0x3B1, 0x391}, {0x3C2, 0x3C2}, {0x44F, 0x42F},
                                       {0x451, 0x401}, {0x142, 0x141}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        check_case("U+%04X", list[i][0]);
        CHECK_INT(codepoints_upcase(list[i][0]), list[i][1]);
        CHECK_INT(codepoints_upcase(list[i][1]), list[i][1]);
    }
}

int main(void) {
    canonical();
    patterns();
    upcase();
    return check_report();
}
