#include "proto/utf.h"
#include "service/policy/args.h"
#include "service/policy/compiled.h"

#include <string.h>

static const char hidden[] = "[redacted]";

typedef struct line_words {
    argument *list;
    codepoints *folded;
    size_t count;
} line_words;

static bool words_of(const policy *p, arena *a, const char *line, line_words *ret) {
    line_words w = {0};
    if (!args_split(a, line, &w.list, &w.count)) return false;
    w.folded = arena_array(a, w.count, sizeof *w.folded);
    for (size_t i = 0; w.folded && i < w.count; i++)
        if (!codepoints_make(a, w.list[i].text, strlen(w.list[i].text), p->upcase, &w.folded[i]))
            return false;
    *ret = w;
    return w.folded != NULL;
}

/* How many characters of argument i may be shown; SIZE_MAX: all of them. */
static size_t shown_of(const redactions *by, const line_words *w, size_t i, size_t shown) {
    for (size_t k = 0; k < by->count; k++) {
        const redaction *r = &by->at[k];
        if (r->two && (i < 2 || !glob_matches(&r->first, w->folded[i - 1]))) continue;
        if (!glob_matches(&r->last, w->folded[i])) continue;
        size_t before = glob_before_star(&r->last);
        if (before < shown) shown = before;
    }
    return shown;
}

const char *policy_redact(const policy *p, const policy_rule *by, arena *a, const char *line) {
    line_words w;
    static const redactions none = {0};
    const redactions *own = by ? &by->redact : &none;
    if (!p->redact.count && !own->count) return line;
    if (!words_of(p, a, line, &w)) return NULL;
    char *out = arena_alloc(a, strlen(line) + w.count * sizeof hidden + 1);
    size_t used = 0, from = 0;
    if (!out) return NULL;

    for (size_t i = 1; i < w.count; i++) {
        size_t shown = shown_of(own, &w, i, shown_of(&p->redact, &w, i, SIZE_MAX));
        if (shown == SIZE_MAX) continue;
        size_t before = w.list[i].from - from, kept = utf8_skip(w.list[i].text, shown);
        memcpy(out + used, line + from, before);
        used += before;
        memcpy(out + used, w.list[i].text, kept);
        used += kept;
        memcpy(out + used, hidden, sizeof hidden - 1);
        used += sizeof hidden - 1;
        from = w.list[i].to;
    }

    memcpy(out + used, line + from, strlen(line + from) + 1);
    return out;
}
