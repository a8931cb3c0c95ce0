/* Source: "Parsing C command-line arguments", the page of the Microsoft C runtime. The program is always
 * quoted, for it ends at the next quotation mark with no escapes; the others where they need it: 2n
 * backslashes before a quotation mark stand for n. */
#include "client/ctl/quote.h"

#include <stdbool.h>
#include <string.h>

static bool needs_quotes(const char *argument) {
    return !*argument || strpbrk(argument, " \t\n\v\"");
}

static char *put(char *out, char c, size_t count) {
    memset(out, c, count);
    return out + count;
}

static char *put_argument(char *out, const char *argument) {
    size_t backslashes = 0;
    if (!needs_quotes(argument)) {
        size_t length = strlen(argument);
        memcpy(out, argument, length);
        return out + length;
    }

    *out++ = '"';
    for (; *argument; argument++) {
        if (*argument == '\\') {
            backslashes++;
            continue;
        }
        out = put(out, '\\', *argument == '"' ? 2 * backslashes + 1 : backslashes);
        backslashes = 0;
        *out++ = *argument;
    }

    out = put(out, '\\', 2 * backslashes);
    *out++ = '"';
    return out;
}

char *quote_join(arena *a, const char *const *arguments, size_t count) {
    size_t size = 1;
    if (!count || strchr(arguments[0], '"')) return NULL;
    for (size_t i = 0; i < count; i++) size += 2 * strlen(arguments[i]) + 3;
    char *line = arena_alloc(a, size), *out = line;
    if (!line) return NULL;
    size_t program = strlen(arguments[0]);
    *out++ = '"';
    memcpy(out, arguments[0], program);
    out += program;
    *out++ = '"';
    for (size_t i = 1; i < count; i++) {
        *out++ = ' ';
        out = put_argument(out, arguments[i]);
    }
    *out = 0;
    return line;
}
