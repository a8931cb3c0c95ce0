/* Tests quote_join against the rules of the C runtime, which are implemented here once more, in the other
 * direction. */
#include "client/ctl/quote.h"

#include "tests/support/check.h"

#include <stdlib.h>

enum { MOST = 8 };

/* Splits a line as the Microsoft C runtime does: see its page "Parsing C command-line arguments". */
static size_t split(arena *a, const char *p, const char **out) {
    size_t count = 0;
    char *word = arena_alloc(a, strlen(p) + 1), *w = word;
    p++; /* here the program is always quoted; it has no escapes */
    while (*p && *p != '"') *w++ = *p++;
    if (*p) p++;
    out[count++] = word;

    for (;;) {
        while (*p == ' ' || *p == '\t') p++;
        if (!*p || count == MOST) return count;
        bool quoted = false;
        out[count++] = w = arena_alloc(a, strlen(p) + 1);
        while (*p && (quoted || (*p != ' ' && *p != '\t'))) {
            size_t backslashes = strspn(p, "\\"), kept = backslashes;
            p += backslashes;
            if (*p == '"') kept = backslashes / 2;
            memset(w, '\\', kept);
            w += kept;
            if (*p == '"' && backslashes % 2 == 0) quoted = !quoted, p++;
            else if (*p == '"' || !backslashes) *w++ = *p++;
        }
    }
}

static void round_trip(const char *const *arguments, size_t count) {
    arena a = {0};
    const char *back[MOST];
    char *line = quote_join(&a, arguments, count);
    check_case("%s", line ? line : "(NULL)");
    if (CHECK(line) && CHECK_INT(split(&a, line, back), count))
        for (size_t i = 0; i < count; i++) CHECK_TEXT(back[i], arguments[i]);
    arena_free(&a);
}

/* Tries arguments of up to five of these characters, between a program with a blank in its path and another
 * argument. */
static void all_short(void) {
    static const char alphabet[] = "\\\" a";
    for (int n = 0; n < 1 << 12; n++) {
        char text[7] = "";
        int length = n >> 10 ? 5 : (n >> 8) & 3;
        for (int i = 0; i < length; i++) text[i] = alphabet[(n >> (2 * i)) & 3];
        const char *const arguments[] = {"C:\\Program Files\\x y.exe", text, "end"};
        round_trip(arguments, 3);
    }
}

static void exact(const char *const *arguments, size_t count, const char *wanted) {
    arena a = {0};
    CHECK_TEXT(quote_join(&a, arguments, count), wanted);
    arena_free(&a);
}

int main(void) {
    check_case("exact");
    exact((const char *const[]){"a.exe"}, 1, "\"a.exe\"");
    exact((const char *const[]){"a.exe", "b", "c d", ""}, 4, "\"a.exe\" b \"c d\" \"\"");
    exact((const char *const[]){"a", "C:\\dir with\\"}, 2, "\"a\" \"C:\\dir with\\\\\"");
    exact((const char *const[]){"a", "C:\\dir\\"}, 2, "\"a\" C:\\dir\\");
    exact((const char *const[]){"a", "say \"hi\""}, 2, "\"a\" \"say \\\"hi\\\"\"");
    exact((const char *const[]){"a", "\\\""}, 2, "\"a\" \"\\\\\\\"\"");
    exact((const char *const[]){"a", "{handle:log}", "%PATH%", "^&|"}, 4, "\"a\" {handle:log} %PATH% ^&|");
    exact((const char *const[]){"a\"b"}, 1, NULL);
    exact(NULL, 0, NULL);
    all_short();
    return check_report();
}
