/* Any part of a text. The index (https://sqlite.org/fts5.html, "The Trigram Tokenizer", detail=none) knows
 * which launches have each word of three characters somewhere: those that have some rare ones of the wanted
 * text are looked at. Asking for the common ones too would take longer than it saves. */
#include "proto/utf.h"
#include "service/audit/filter.h"

#include <string.h>

enum { WORDS_MOST = 24, WORDS_ASKED = 5, WORD_ROWS = 100 };

typedef struct word {
    const char *match; /* in quotation marks, as the index is asked */
    filter_probe probe;
} word;

/* The three characters at p; NULL: there are not so many (*ret_end), or no memory. */
static const char *word_at(arena *a, const char *p, bool *ret_end) {
    const char *second = p + utf8_skip(p, 1), *third = second + utf8_skip(second, 1);
    char *match, *to;
    *ret_end = !*second || !*third;
    if (*ret_end || !(match = to = arena_alloc(a, 3 * 4 * 2 + 3))) return NULL;
    *to++ = '"';
    for (const char *end = third + utf8_skip(third, 1); p < end; p++) {
        if (*p == '"') *to++ = '"';
        *to++ = *p;
    }
    *to = '"';
    return match;
}

/* Puts it where it belongs: the rarest first. */
static void insert(word *words, int count, word one) {
    for (; count && filter_is_better(&one.probe, &words[count - 1].probe); count--)
        words[count] = words[count - 1];
    words[count] = one;
}

bool filter_grep(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before, audit_error *ret_error) {
    filter_term *t = &plan->terms[plan->grep];
    word words[WORDS_MOST];
    int count = 0;
    bool end = false;
    for (const char *p = t->values[1].text; count < WORDS_MOST; p += utf8_skip(p, 1)) {
        word one = {.match = word_at(a, p, &end)};
        if (end) break;
        if (!one.match) goto no_memory;
        t->values[0].text = one.match;
        if (!filter_ask(d, t, plan->oldest_first, WORD_ROWS, after, before, &one.probe, ret_error))
            return false;
        insert(words, count++, one);
        if (!one.probe.count) break; /* nothing has it */
    }
    t->values[0].text = words[0].match;
    for (int i = 1; i < count && i < WORDS_ASKED && words[0].probe.count; i++)
        if (!(t->values[0].text = arena_printf(a, "%s AND %s", t->values[0].text, words[i].match)))
            goto no_memory;
    return true;
no_memory:
    return db_refuse(d, DB_NO_MEMORY, "reading the audit database", "out of memory", ret_error);
}
