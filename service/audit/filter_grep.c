/* Finds any part of a text. For each group of three characters, a word, the index
 * (https://sqlite.org/fts5.html, "The Trigram Tokenizer", detail=none) knows which launches have it. The
 * statement checks the launches that have the rarest words of the wanted text. Asking for common words too
 * would take longer than it saves. */
#include "proto/utf.h"
#include "service/audit/filter.h"

#include <string.h>

enum { WORDS_MOST = 24, WORDS_ASKED = 5, WORD_ROWS = 100 };

typedef struct word {
    const char *match; /* quoted, as the index expects it */
    filter_probe probe;
} word;

/* Copies the three characters at p. NULL: there are fewer (*ret_end is set), or memory ran out. */
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

/* Keeps the list sorted, the rarest first. */
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
        if (!one.probe.count) break; /* no launch has it */
    }

    t->values[0].text = words[0].match;
    for (int i = 1; i < count && i < WORDS_ASKED && words[0].probe.count; i++)
        if (!(t->values[0].text = arena_printf(a, "%s AND %s", t->values[0].text, words[i].match)))
            goto no_memory;

    return true;
no_memory:
    return db_refuse(d, DB_NO_MEMORY, "reading the audit database", "out of memory", ret_error);
}
