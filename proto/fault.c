#include "proto/fault.h"

#include "proto/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const stages[] = {
#define X(id, name) name,
    STAGE_LIST(X)
#undef X
};

static const struct {
    const char *name;
    int code;
} faults[] = {
#define X(id, code, name) {name, code},
    FAULT_LIST(X)
#undef X
};

const char *stage_name(stage s) {
    return (unsigned)s < STAGE_COUNT ? stages[s] : stages[STAGE_NONE];
}

stage stage_from_name(const char *name) {
    for (int i = 0; name && i < STAGE_COUNT; i++)
        if (!strcmp(stages[i], name)) return (stage)i;
    return STAGE_NONE;
}

const char *fault_name(fault_kind kind) {
    return (unsigned)kind < FAULT_COUNT ? faults[kind].name : faults[FAULT_INTERNAL].name;
}

int fault_code(fault_kind kind) {
    return (unsigned)kind < FAULT_COUNT ? faults[kind].code : faults[FAULT_INTERNAL].code;
}

fault_kind fault_from_name(const char *name) {
    for (int i = 0; name && i < FAULT_COUNT; i++)
        if (!strcmp(faults[i].name, name)) return (fault_kind)i;
    return FAULT_INTERNAL;
}

fault_kind fault_set(fault *ret_fault, fault_kind kind, stage s, uint32_t win32, const char *format, ...) {
    fault f = {.kind = kind, .stage = s, .win32 = win32, .handle_index = FAULT_NO_HANDLE};
    va_list list;
    va_start(list, format);
    int wanted = vsnprintf(f.message, sizeof f.message, format, list);
    va_end(list);
    if (wanted < 0) f.message[0] = '\0';
    size_t length = strlen(f.message), bad;
    if (wanted >= (int)sizeof f.message) length = utf8_cut(f.message, length, length);
    memset(f.message + length, 0, sizeof f.message - length);
    while (!utf8_valid(f.message, length, &bad)) f.message[bad] = '?';
    *ret_fault = f;
    return kind;
}
