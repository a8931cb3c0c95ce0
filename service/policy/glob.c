#include "service/policy/glob.h"

typedef enum kind {
    EXACT, /* the character c */
    ONE,   /* any character but a separator */
    ONE_ANY,
    MANY, /* any number of characters that are not separators */
    MANY_ANY,
    OPTIONAL2 /* the next two tokens may be left out */
} kind;

struct glob_token {
    kind kind;
    uint32_t c;
};

/* A component "**" becomes three tokens. */
enum { TOKENS = GLOB_LIMIT + 2, SEPARATOR = '\\' };

bool glob_make_text(arena *a, codepoints pattern, glob *ret) {
    glob_token *tokens = arena_array(a, pattern.count + 1, sizeof *tokens);
    size_t count = 0;
    if (!tokens) return false;
    for (size_t i = 0; i < pattern.count; i++) {
        uint32_t c = pattern.at[i];
        if (c == '*' && count && tokens[count - 1].kind == MANY_ANY) continue;
        tokens[count++] = (glob_token){c == '*' ? MANY_ANY : c == '?' ? ONE_ANY : EXACT, c};
    }
    ret->tokens = tokens;
    ret->count = count;
    return true;
}

/* Whether the component that starts at i is "**". */
static bool is_two_stars(codepoints p, size_t i) {
    return (i == 0 || p.at[i - 1] == SEPARATOR) && i + 1 < p.count && p.at[i] == '*' && p.at[i + 1] == '*' &&
           (i + 2 == p.count || p.at[i + 2] == SEPARATOR);
}

bool glob_make_path(arena *a, codepoints pattern, glob *ret) {
    glob_token *tokens = arena_array(a, pattern.count + 1, sizeof *tokens);
    size_t count = 0;
    if (!tokens) return false;

    for (size_t i = 0; i < pattern.count; i++) {
        uint32_t c = pattern.at[i];
        if (is_two_stars(pattern, i)) {
            bool last = i + 2 == pattern.count;
            if (!last) tokens[count++] = (glob_token){OPTIONAL2, 0}; /* a\**\b matches a\b too */
            tokens[count++] = (glob_token){MANY_ANY, 0};
            if (!last) tokens[count++] = (glob_token){EXACT, SEPARATOR};
            i += last ? 1 : 2;
        } else if (c != '*' || !count || tokens[count - 1].kind != MANY) {
            tokens[count++] = (glob_token){c == '*' ? MANY : c == '?' ? ONE : EXACT, c};
        }
    }
    ret->tokens = tokens;
    ret->count = count;
    return true;
}

/* All the tokens that may match next. */
typedef struct states {
    uint16_t list[TOKENS + 1];
    size_t count;
    uint32_t round;            /* of seen */
    uint32_t seen[TOKENS + 1]; /* the round in which a token was added last */
} states;

static void put(const glob *g, states *s, size_t i) {
    if (s->seen[i] == s->round) return;
    s->seen[i] = s->round;
    s->list[s->count++] = (uint16_t)i;
    if (i == g->count) return;
    kind k = g->tokens[i].kind;
    if (k == MANY || k == MANY_ANY || k == OPTIONAL2) put(g, s, i + 1);
    if (k == OPTIONAL2) put(g, s, i + 3);
}

static void take(const glob *g, states *next, size_t i, uint32_t c) {
    if (i == g->count) return;
    const glob_token *t = &g->tokens[i];
    bool inside = c != SEPARATOR;
    switch (t->kind) {
    case EXACT:
        if (c == t->c) put(g, next, i + 1);
        break;
    case ONE:
        if (inside) put(g, next, i + 1);
        break;
    case ONE_ANY: put(g, next, i + 1); break;
    case MANY:
        if (inside) put(g, next, i);
        break;
    case MANY_ANY: put(g, next, i); break;
    case OPTIONAL2: break; /* the tokens after it are in the list too */
    }
}

bool glob_matches(const glob *g, codepoints text) {
    states both[2], *now = &both[0], *next = &both[1];
    for (int k = 0; k < 2; k++) {
        both[k].count = 0;
        both[k].round = 1;
        for (size_t i = 0; i <= g->count; i++) both[k].seen[i] = 0;
    }

    put(g, now, 0);
    for (size_t at = 0; at < text.count && now->count; at++) {
        next->count = 0;
        next->round++;
        for (size_t k = 0; k < now->count; k++) take(g, next, now->list[k], text.at[at]);
        states *swap = now;
        now = next;
        next = swap;
    }

    return now->count && now->seen[g->count] == now->round;
}

size_t glob_before_star(const glob *g) {
    for (size_t i = 0; i < g->count; i++)
        if (g->tokens[i].kind >= MANY) return i;
    return GLOB_NO_STAR;
}
