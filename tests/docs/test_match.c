/* Tests which output matches the documentation, and which does not. */
#include "tests/support/check.h"
#include "tests/docs/pages.h"

static char noted[200];

static void note(void *context, const char *shown, size_t shown_length, const char *got, size_t got_length) {
    (void)context;
    snprintf(noted + strlen(noted), sizeof noted - strlen(noted), "%.*s=%.*s ", (int)shown_length, shown,
             (int)got_length, got);
}

int main(void) {
    static const struct {
        const char *shown, *got;
        bool same;
    } cases[] = {
        {"installed and running\n", "installed and running\n", true},
        {"installed and running\n", "installed\n", false},
        {"installed\n", "installed and running\n", false},
        {"SEQ  PID   NAME\n12   960   tool.exe\n", "SEQ PID NAME\n7   1160  tool.exe\n", true},
        {"12   960   tool.exe\n", "7   1160  other.exe\n", false},
        {"12   960   tool.exe\n", "7   -  tool.exe\n", false},
        {"exited with 0\n", "exited with 0\n", true},
        {"exited with 0\n", "exited with 1\n", false},
        {"exited with 0xC0000005\n", "exited with 0\n", false},
        {"2026-11-24 15:02:11+01:00  DESK\\ann host.exe[960]\n",
         "2027-01-02 03:04:05+00:00 VM\\root host.exe[8]\n", true},
        {"DESK\\ann\n", "nobody\n", false},
        {"C:\\Tools\\a.exe is there\n", "Z:\\tmp\\b.exe is there\n", true},
        {"head 0cf4d60f0146f85cccbc87207358adb5:90:2380\n", "head f1f4d60f0146f85cccbc87207358adb5:3:aa\n",
         true},
        {"failed at resolve: ...\n", "failed at resolve: no such file\n", true},
        {"failed at resolve: ...\n", "failed at create: no such file\n", false},
        {"first\n...\nlast\n", "first\nlast\n", true},
        {"first\n...\nlast\n", "first\n2\n3\nlast\n", true},
        {"first\n...\nlast\n", "first\n2\n3\n", false},
        {"one\n", "one\ntwo\n", false},
        {"", "", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case("%s", cases[i].shown);
        CHECK_INT(page_lines_match(cases[i].shown, cases[i].got, NULL, NULL), cases[i].same);
    }

    check_case("what is noted");
    CHECK(page_lines_match("4987  b.exe\n", "12 b.exe\n", note, NULL));
    CHECK_TEXT(noted, "4987=12 ");
    return check_report();
}
