#include "service/policy/args.h"

#include <string.h>

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

/* Reads the program's name as CommandLineToArgvW does: a quoted one ends at the next quote, another at the
 * first space. What is glued to a quoted name is the first argument. */
static const char *take_program(const char *p, char **out) {
    bool quoted = *p == '"';
    if (quoted) p++;
    for (; *p && (quoted ? *p != '"' : !is_space(*p)); p++) *(*out)++ = *p;
    return quoted && *p ? p + 1 : p;
}

const char *args_glued(const char *line) {
    if (*line == '"') {
        const char *end = strchr(line + 1, '"');
        return end && end[1] && !is_space(end[1]) ? end + 1 : NULL;
    }
    const char *end = line + strcspn(line, " \t\"");
    return *end == '"' ? end : NULL;
}

/* Reads an argument. Before a quote, each pair of backslashes stands for one, and an odd backslash makes the
 * quote an ordinary character. Inside quotes, "" stands for one quote. */
static const char *take_argument(const char *p, char **out) {
    bool quoted = false;
    while (*p && (quoted || !is_space(*p))) {
        size_t slashes = strspn(p, "\\");
        p += slashes;
        size_t kept = *p == '"' ? slashes / 2 : slashes;
        memset(*out, '\\', kept);
        *out += kept;

        if (*p == '"' && slashes % 2) {
            *(*out)++ = *p++;
        } else if (*p == '"' && quoted && p[1] == '"') {
            *(*out)++ = '"';
            p += 2;
        } else if (*p == '"') {
            quoted = !quoted;
            p++;
        } else if (!slashes) {
            *(*out)++ = *p++;
        }
    }
    return p;
}

bool args_split(arena *a, const char *line, argument **ret, size_t *ret_count) {
    size_t length = strlen(line), count = 0;
    /* Each argument takes a NUL, and has a space or a quote in front of the next. */
    char *out = arena_alloc(a, length + length / 2 + 3);
    argument *list = arena_array(a, length / 2 + 2, sizeof *list);
    const char *p = line;
    if (!out || !list) return false;

    while (count == 0 || *p) {
        argument *one = &list[count++];
        one->text = out;
        one->from = (size_t)(p - line);
        p = count == 1 ? take_program(p, &out) : take_argument(p, &out);
        one->to = (size_t)(p - line);
        *out++ = '\0';
        while (is_space(*p)) p++;
    }

    *ret = list;
    *ret_count = count;
    return true;
}
