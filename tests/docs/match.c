/* Compares the output that the documentation shows with the output of a program. */
#include "tests/docs/pages.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static size_t word_length(const char *at) {
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || (at[length] && strchr(":.+-_", at[length]))) length++;
    return length;
}

/* Returns the length of a number, time or id, which begins with a digit or is long and hexadecimal; else 0.
 */
static size_t value_length(const char *at) {
    size_t length = word_length(at);
    if (isdigit((unsigned char)*at)) return length;
    return length >= 16 && strspn(at, "0123456789abcdef:-") >= length ? length : 0;
}

/* Returns the length of a user or a path; else 0. */
static size_t place_length(const char *at) {
    size_t length = strcspn(at, " \t\n\",;)");
    return memchr(at, '\\', length) ? length : 0;
}

typedef struct matcher {
    page_note *note;
    void *context;
} matcher;

/* Compares up to the ends of both lines; start is where the shown line begins. */
static bool match(const matcher *m, const char *start, const char *shown, const char *got) {
    for (;;) {
        bool ended = !*shown || *shown == '\n', got_ended = !*got || *got == '\n';

        if (!strncmp(shown, "...", 3)) {
            for (;; got++) {
                if (match(m, start, shown + 3, got)) return true;
                if (!*got || *got == '\n') return false;
            }
        }

        if (is_blank(*shown) || is_blank(*got)) {
            if (is_blank(*shown) != is_blank(*got) && !ended && !got_ended) return false;
            while (is_blank(*shown)) shown++;
            while (is_blank(*got)) got++;
            continue;
        }

        if (ended || got_ended) return ended && got_ended;
        bool begins = shown == start || !isalnum((unsigned char)shown[-1]);
        size_t here = begins ? place_length(shown) : 0, there = here ? place_length(got) : 0;
        if (!there) {
            bool exact = shown - start >= 5 && !strncmp(shown - 5, "with ", 5);
            here = exact ? 0 : value_length(shown);
            there = here ? value_length(got) : 0;
            if (there && m->note && shown == start) m->note(m->context, shown, here, got, there);
        }

        if (there) {
            shown += here;
            got += there;
        } else if (*shown++ != *got++) {
            return false;
        }
    }
}

bool page_line_matches(const char *shown, const char *got, page_note *note, void *context) {
    return match(&(matcher){note, context}, shown, shown, got);
}

static const char *next_line(const char *at) {
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

bool page_lines_match(const char *shown, const char *got, page_note *note, void *context) {
    while (*shown) {
        if (!strncmp(shown, "...\n", 4)) {
            for (;; got = next_line(got)) {
                if (page_lines_match(next_line(shown), got, note, context)) return true;
                if (!*got) return false;
            }
        }
        if (!*got || !page_line_matches(shown, got, note, context)) return false;
        shown = next_line(shown);
        got = next_line(got);
    }
    return !*got;
}
