/* Compares the matching of patterns with the obvious way, which tries everything. */
#include "tests/support/check.h"
#include "service/policy/glob.h"
#include "service/policy/paths.h"

#include <string.h>

/* Matches a text pattern by trying every length for each star. */
static bool slow_text(const char *p, const char *t) {
    if (!*p) return !*t;
    if (*p == '*') {
        for (;; t++) {
            if (slow_text(p + 1, t)) return true;
            if (!*t) return false;
        }
    }
    return *t && (*p == '?' || *p == *t) && slow_text(p + 1, t + 1);
}

/* Matches one component; text has no separator. */
static bool slow_component(const char *p, size_t pn, const char *t, size_t tn) {
    if (!pn) return !tn;
    if (*p == '*') {
        for (size_t skip = 0; skip <= tn; skip++)
            if (slow_component(p + 1, pn - 1, t + skip, tn - skip)) return true;
        return false;
    }
    return tn && (*p == '?' || *p == *t) && slow_component(p + 1, pn - 1, t + 1, tn - 1);
}

/* Matches component by component; "**" matches any number of them, and at the end any text. */
static bool slow_path(const char *p, const char *t) {
    size_t pn = strcspn(p, "\\"), tn = strcspn(t, "\\");
    bool two = pn == 2 && p[0] == '*' && p[1] == '*';
    if (two && !p[pn]) return true;
    if (two) {
        for (;;) {
            if (slow_path(p + 3, t)) return true;
            size_t skip = strcspn(t, "\\");
            if (!t[skip]) return false;
            t += skip + 1;
        }
    }
    if (!slow_component(p, pn, t, tn)) return false;
    if (!p[pn] || !t[tn]) return !p[pn] && !t[tn];
    return slow_path(p + pn + 1, t + tn + 1);
}

static uint32_t state = 12345;

static unsigned below(unsigned n) {
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % n;
}

static void random_text(char *out, const char *letters, unsigned most) {
    unsigned length = below(most + 1);
    for (unsigned i = 0; i < length; i++) *out++ = letters[below((unsigned)strlen(letters))];
    *out = '\0';
}

static void random_path(char *out, const char *letters, bool pattern) {
    unsigned components = below(5) + 1;
    for (unsigned i = 0; i < components; i++) {
        if (i) *out++ = '\\';
        if (pattern && !below(4)) strcpy(out, "**");
        else do
                random_text(out, letters, 4);
            while (!*out || strstr(out, "**"));
        out += strlen(out);
    }
    *out = '\0';
}

static bool fast(bool path, const char *pattern, const char *text) {
    arena a = {0};
    codepoints p, t;
    glob g = {0};
    bool good = codepoints_make(&a, pattern, strlen(pattern), NULL, &p) &&
                codepoints_make(&a, text, strlen(text), NULL, &t) &&
                (path ? glob_make_path(&a, p, &g) : glob_make_text(&a, p, &g));
    bool matches = good && glob_matches(&g, t);
    arena_free(&a);
    return matches;
}

static void generated(void) {
    char pattern[64], text[64];
    unsigned matched = 0;
    for (int i = 0; i < 60000; i++) {
        random_text(pattern, "ab*?", 8);
        random_text(text, "ab", 10);
        check_case("text \"%s\" against \"%s\"", text, pattern);
        CHECK_INT(fast(false, pattern, text), slow_text(pattern, text));
        random_path(pattern, "ab*?", true);
        random_path(text, "ab", false);
        check_case("path \"%s\" against \"%s\"", text, pattern);
        bool wanted = slow_path(pattern, text);
        CHECK_INT(fast(true, pattern, text), wanted);
        matched += wanted;
    }
    check_case("as many matches as make sense");
    CHECK(matched > 3000 && matched < 57000);
}

static void characters(void) {
    check_case("a question mark is a character");
    CHECK(fast(false, "?", "\xC3\xA9"));
    CHECK(!fast(false, "??", "\xC3\xA9"));
    CHECK(fast(true, "C:\\?.exe", "C:\\\xF0\x9F\x98\x80.exe"));
}

/* A pattern of many stars is matched quickly against a long text; trying everything would take years. */
static void long_text(void) {
    static char pattern[GLOB_LIMIT + 1], text[16384];
    check_case("many stars");
    for (size_t i = 0; i + 1 < GLOB_LIMIT; i += 2) memcpy(pattern + i, "*a", 3);
    pattern[GLOB_LIMIT - 1] = 'b';
    memset(text, 'a', sizeof text - 1);
    CHECK(!fast(false, pattern, text));
}

int main(void) {
    generated();
    characters();
    long_text();
    return check_report();
}
