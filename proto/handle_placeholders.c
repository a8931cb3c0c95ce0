#include "proto/handle_placeholders.h"

#include "proto/proto_limits.h"
#include "proto/utf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char opening[] = "{handle:";

/* Returns the position of the handle with that name, or handle_count. */
static size_t find_name(const msg_spawn *spawn, const char *name, size_t length) {
    size_t i = 0;
    while (i < spawn->handle_count &&
           (strlen(spawn->handles[i].name) != length || memcmp(spawn->handles[i].name, name, length)))
        i++;
    return i;
}

static fault_kind no_such(fault *ret_fault, const char *name, size_t length) {
    int shown = (int)utf8_cut(name, length, LIMIT_NAME_CHARS);
    fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_CREATE, WIN32_INVALID_PARAMETER,
              "the command line asks for {handle:%.*s}, and no handle has that name", shown, name);
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.command_line");
    return ret_fault->kind;
}

fault_kind handle_placeholders_replace(arena *a, const char *text, const msg_spawn *spawn,
                                       const uint32_t *values, const char **ret, fault *ret_fault) {
    /* A placeholder has a name of at least one character, so 10 bytes, and the longest value has 10 digits.
     */
    size_t size = strlen(text) + 1, used = 0;
    char *out = arena_alloc(a, size);
    if (!out) return fault_set(ret_fault, FAULT_INTERNAL, STAGE_CREATE, WIN32_OUT_OF_MEMORY, "out of memory");

    while (*text) {
        const char *end = strncmp(text, opening, sizeof opening - 1) ? NULL : strchr(text, '}');
        if (!end) {
            out[used++] = *text++;
            continue;
        }
        const char *name = text + sizeof opening - 1;
        size_t index = find_name(spawn, name, (size_t)(end - name));
        if (index == spawn->handle_count) return no_such(ret_fault, name, (size_t)(end - name));
        used += (size_t)snprintf(out + used, size - used, "%" PRIu32, values[index]);
        text = end + 1;
    }
    *ret = out; /* it ends with a NUL, since the arena is zeroed */
    return FAULT_NONE;
}
