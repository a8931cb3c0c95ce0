#include "service/policy/compile.h"
#include "service/policy/paths.h"

#include <string.h>

bool compile_not_empty(compiler *c, const raw_texts *texts, const char *name) {
    if (texts->at && !texts->count)
        return compile_bad(c, "is empty: leave it out, or nothing would ever match", "%s", name);
    return true;
}

static uint16_t (*upcase_of(const compiler *c))(uint16_t) {
    return c->p->upcase;
}

/* Compiles a pattern for text. upcase NULL: case counts. */
static bool text_glob(compiler *c, const char *text, uint16_t (*upcase)(uint16_t), glob *ret,
                      const char **ret_what) {
    codepoints at;
    glob g = {.text = text};
    *ret_what = compile_memory;
    if (!codepoints_make(&c->p->memory, text, strlen(text), upcase, &at)) return false;
    *ret_what = "is longer than 1024 characters";
    if (at.count > GLOB_LIMIT) return false;
    *ret_what = compile_memory;
    if (!glob_make_text(&c->p->memory, at, &g)) return false;
    *ret = g;
    return true;
}

static bool path_glob(compiler *c, const char *text, glob *ret, const char **ret_what) {
    codepoints at;
    glob g = {.text = text};
    char *pattern = paths_pattern(&c->p->memory, text, c->options, ret_what);
    if (!pattern) return false;
    *ret_what = compile_memory;
    if (!codepoints_make(&c->p->memory, pattern, strlen(pattern), upcase_of(c), &at)) return false;
    *ret_what = "is longer than 1024 characters";
    if (at.count > GLOB_LIMIT) return false;
    *ret_what = compile_memory;
    if (!glob_make_path(&c->p->memory, at, &g)) return false;
    *ret = g;
    return true;
}

bool compile_globs(compiler *c, const raw_texts *texts, bool paths, bool ignore_case, const char *name,
                   globs *ret) {
    if (!compile_not_empty(c, texts, name)) return false;
    if (!texts->count) return true;
    glob *list = arena_array(&c->p->memory, texts->count, sizeof *list);
    if (!list) return compile_bad(c, compile_memory, "%s", name);
    for (size_t i = 0; i < texts->count; i++) {
        const char *what;
        bool good = paths ? path_glob(c, texts->at[i], &list[i], &what)
                          : text_glob(c, texts->at[i], ignore_case ? upcase_of(c) : NULL, &list[i], &what);
        if (!good) return compile_bad(c, what, "%s[%zu]", name, i);
    }
    *ret = (globs){list, texts->count};
    return true;
}

/* Compiles "--password=*", or "--password *", which hides the argument after --password. */
static bool compile_redaction(compiler *c, const char *text, redaction *ret, const char **ret_what) {
    const char *space = strchr(text, ' ');
    redaction r = {.two = space != NULL};
    const char *last = space ? space + 1 : text;
    *ret_what =
        "is neither a pattern such as --password=* nor two such as \"--password *\", with one space between";
    if (!*last || space == text || strchr(last, ' ')) return false;

    if (space) {
        const char *first = arena_copy(&c->p->memory, text, (size_t)(space - text));
        *ret_what = compile_memory;
        if (!first || !text_glob(c, first, upcase_of(c), &r.first, ret_what)) return false;
    }

    if (!text_glob(c, last, upcase_of(c), &r.last, ret_what)) return false;
    *ret_what = "has no * to mark the part that is hidden";
    if (glob_before_star(&r.last) == GLOB_NO_STAR) return false;
    *ret = r;
    return true;
}

bool compile_redactions(compiler *c, const raw_texts *texts, redactions *ret) {
    redaction *list = arena_array(&c->p->memory, texts->count + 1, sizeof *list);
    if (!list) return compile_bad(c, compile_memory, "redact");
    for (size_t i = 0; i < texts->count; i++) {
        const char *what;
        if (!compile_redaction(c, texts->at[i], &list[i], &what))
            return compile_bad(c, what, "redact[%zu]", i);
    }
    *ret = (redactions){list, texts->count};
    return true;
}
