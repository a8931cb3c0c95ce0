#include "tests/proto/slow_line.h"

#include <ctype.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Counts the backslashes before line[i], back to line[from]. */
static size_t backslashes_before(const char *line, size_t from, size_t i) {
    size_t count = 0;
    while (i > from && line[i - 1] == '\\') i--, count++;
    return count;
}

/* Reads the program's name, where a backslash is always a character. */
static char *take_name(arena *a, const char *line, size_t *at) {
    char *name = arena_copy(a, line, strlen(line));
    char *end = *name == '"' ? strchr(name + 1, '"') : strpbrk(name, " \t");
    bool quoted = *name == '"';
    *at = end ? (size_t)(end - name) + quoted : strlen(name);
    if (end) *end = 0;
    return name + quoted;
}

/* Reads an argument from line[*at]. */
static char *take(arena *a, const char *line, size_t *at) {
    char *word = arena_alloc(a, strlen(line) + 1);
    size_t used = 0, from = *at, i = *at;
    bool quoted = false;

    for (; line[i] && (quoted || !is_blank(line[i])); i++) {
        if (line[i] != '"') {
            word[used++] = line[i];
            continue;
        }
        size_t slashes = backslashes_before(line, from, i);
        used -= slashes - slashes / 2; /* of 2n or 2n + 1 backslashes, n stay */
        if (slashes % 2) {
            word[used++] = '"';
        } else if (quoted && line[i + 1] == '"') {
            word[used++] = '"';
            from = ++i + 1;
        } else {
            quoted = !quoted;
        }
    }

    word[used] = 0;
    *at = i;
    return word;
}

void slow_split(arena *a, const char *line, slow_words *ret) {
    size_t at = 0;
    *ret = (slow_words){.at = arena_array(a, strlen(line) + 2, sizeof *ret->at)};
    ret->at[ret->count++] = take_name(a, line, &at);
    while (is_blank(line[at])) at++;
    while (line[at]) {
        ret->at[ret->count++] = take(a, line, &at);
        while (is_blank(line[at])) at++;
    }
}

static bool begins(const char *text, const char *with) {
    for (; *with; text++, with++)
        if (tolower((unsigned char)*text) != *with) return false;
    return true;
}

static bool equals(const char *text, const char *with) {
    return strlen(text) == strlen(with) && begins(text, with);
}

static bool contains(const char *text, const char *part) {
    for (; *text; text++)
        if (begins(text, part)) return true;
    return false;
}

const char *slow_redacted(arena *a, const slow_words *words, size_t i) {
    static const char password[] = "--password=";
    const char *word = words->at[i];
    if (i == 0) return word;
    if (contains(word, "accountkey=")) return "[redacted]";
    if (i >= 2 && equals(words->at[i - 1], "--api-key")) return "[redacted]";
    if (!begins(word, password)) return word;
    return arena_printf(a, "%.*s[redacted]", (int)strlen(password), word);
}

bool slow_is_ascii(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80) return false;
    return true;
}

const char *slow_marks(arena *a, const char *line, const char *const *names, const char *const *values,
                       size_t count) {
    static const char mark[] = "{handle:";
    const char *start = strstr(line, mark), *name = start ? start + strlen(mark) : NULL;
    const char *end = name ? strchr(name, '}') : NULL;
    if (!end) return line;
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) != (size_t)(end - name) || memcmp(names[i], name, strlen(names[i])) != 0)
            continue;
        const char *rest = slow_marks(a, end + 1, names, values, count);
        return rest ? arena_printf(a, "%.*s%s%s", (int)(start - line), line, values[i], rest) : NULL;
    }
    return NULL;
}
