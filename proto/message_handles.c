#include "proto/message_check.h"

#include <stdio.h>
#include <string.h>

/* The low two bits of a handle belong to programs; Windows ignores them. */
enum { TAG_BITS = 3 };
#define LOWEST_PSEUDO UINT32_C(0xFFFFFFFA)

/* -1 and down. */
static const char *const pseudo_names[] = {
    "INVALID_HANDLE_VALUE, or GetCurrentProcess()",
    "GetCurrentThread()",
    "the current session",
    "GetCurrentProcessToken()",
    "GetCurrentThreadToken()",
    "GetCurrentThreadEffectiveToken()",
};

static fault_kind check_value(const char *who, uint32_t value, fault *ret_fault) {
    if (value >= LOWEST_PSEUDO)
        return fault_set(ret_fault, FAULT_BAD_HANDLE, STAGE_DECODE, WIN32_INVALID_HANDLE,
                         "%s: 0x%08X is no handle but %s: give a real one, made with DuplicateHandle", who,
                         (unsigned)value, pseudo_names[UINT32_MAX - value]);
    if ((value & ~(uint32_t)TAG_BITS) == 0)
        return fault_set(ret_fault, FAULT_BAD_HANDLE, STAGE_DECODE, WIN32_INVALID_HANDLE,
                         "%s: %u is no handle: was it opened?", who, (unsigned)value);
    return FAULT_NONE;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return lower(*a) == lower(*b);
}

static fault_kind check_name(const char *name, size_t i, fault *ret_fault) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = name ? strlen(name) : 0;
    if (length > LIMIT_NAME_CHARS)
        return fault_set(ret_fault, FAULT_TOO_LONG, STAGE_DECODE, WIN32_INVALID_NAME,
                         "handle %zu: its name is longer than %d characters", i, LIMIT_NAME_CHARS);
    if (!length || strspn(name, allowed) != length)
        return fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_NAME,
                         "handle %zu: a name is 1 to %d of A-Z a-z 0-9 _ . -", i, LIMIT_NAME_CHARS);
    return FAULT_NONE;
}

/* Handle i against those before it. */
static fault_kind check_distinct(const msg_handle *handles, size_t i, fault *ret_fault) {
    const msg_handle *h = &handles[i];
    for (const msg_handle *other = handles; other < h; other++) {
        const char *field = NULL;
        if (same_name(other->name, h->name)) field = "name";
        else if (((other->value ^ h->value) & ~(uint32_t)TAG_BITS) == 0) field = "value";
        else if (h->fd && other->fd == h->fd) field = "fd";
        if (!field) continue;
        bool is_name = field[0] == 'n';
        fault_set(ret_fault, FAULT_DUPLICATE, STAGE_DECODE,
                  is_name ? WIN32_DUP_NAME : WIN32_INVALID_PARAMETER,
                  "handle \"%s\": \"%s\" has the same %s%s", h->name, other->name, field,
                  is_name ? ", but for upper and lower case" : "");
        return message_fault_at(ret_fault, (int)i, "params.handles[%zu].%s", i, field);
    }
    return FAULT_NONE;
}

static fault_kind check_handle(const msg_handle *handles, size_t i, fault *ret_fault) {
    const msg_handle *h = &handles[i];
    char who[LIMIT_NAME_CHARS + 16];
    if (check_name(h->name, i, ret_fault))
        return message_fault_at(ret_fault, (int)i, "params.handles[%zu].name", i);
    snprintf(who, sizeof who, "handle \"%s\"", h->name);
    if (check_value(who, h->value, ret_fault))
        return message_fault_at(ret_fault, (int)i, "params.handles[%zu].value", i);
    if (h->fd != 0 && (h->fd < 3 || h->fd > LIMIT_FD)) {
        fault_set(ret_fault, FAULT_OUT_OF_RANGE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "%s: fd %d is not 3 to %d; 0 to 2 are the standard handles", who, h->fd, LIMIT_FD);
        return message_fault_at(ret_fault, (int)i, "params.handles[%zu].fd", i);
    }
    if (h->fd_text && !h->fd) {
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "%s: fd_text is for a handle with an fd, and there is none", who);
        return message_fault_at(ret_fault, (int)i, "params.handles[%zu].fd_text", i);
    }
    return check_distinct(handles, i, ret_fault);
}

fault_kind message_check_handles(const msg_spawn *spawn, fault *ret_fault) {
    static const char *const names[] = {"input", "output", "error"};
    if (spawn->handle_count > LIMIT_HANDLES) {
        fault_set(ret_fault, FAULT_TOO_MANY, STAGE_DECODE, WIN32_BAD_LENGTH, "%zu handles; the most is %d",
                  spawn->handle_count, LIMIT_HANDLES);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.handles");
    }
    for (size_t i = 0; i < spawn->handle_count; i++)
        if (check_handle(spawn->handles, i, ret_fault)) return ret_fault->kind;
    for (int i = 0; i < MSG_STD_COUNT; i++) {
        char who[32];
        snprintf(who, sizeof who, "standard %s", names[i]);
        if (spawn->std[i] && check_value(who, spawn->std[i], ret_fault))
            return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.std.%s", names[i]);
    }
    return FAULT_NONE;
}
