#include "proto/fields.h"
#include "proto/message_check.h"

#include <stdio.h>
#include <string.h>

/* The low two bits of a handle belong to programs; Windows ignores them. */
enum { TAG_BITS = 3 };
#define LOWEST_PSEUDO UINT32_C(0xFFFFFFFA)

/* The pseudo handles from -1 downwards. */
static const char *const pseudo_names[] = {
    "INVALID_HANDLE_VALUE, or GetCurrentProcess()",
    "GetCurrentThread()",
    "the current session",
    "GetCurrentProcessToken()",
    "GetCurrentThreadToken()",
    "GetCurrentThreadEffectiveToken()",
};

/* Returns the kind of the fault; its place is the element's member. */
static fault_kind at_member(fault *ret_fault, size_t i, const char *member) {
    const char *list = FIELD_NAME(msg_spawn, handles);
    return message_fault_at(ret_fault, (int)i, "params.%s[%zu].%s", list, i, member);
}

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

/* Compares handle i with the handles before it. */
static fault_kind check_distinct(const msg_handle *handles, size_t i, fault *ret_fault) {
    const msg_handle *h = &handles[i];
    for (const msg_handle *other = handles; other < h; other++) {
        const char *same = NULL;
        bool is_name = same_name(other->name, h->name);
        if (is_name) same = FIELD_NAME(msg_handle, name);
        else if (((other->value ^ h->value) & ~(uint32_t)TAG_BITS) == 0) same = FIELD_NAME(msg_handle, value);
        else if (h->fd && other->fd == h->fd) same = FIELD_NAME(msg_handle, fd);
        if (!same) continue;

        fault_set(ret_fault, FAULT_DUPLICATE, STAGE_DECODE,
                  is_name ? WIN32_DUP_NAME : WIN32_INVALID_PARAMETER,
                  "handle \"%s\": \"%s\" has the same %s%s", h->name, other->name, same,
                  is_name ? ", but for upper and lower case" : "");
        return at_member(ret_fault, i, same);
    }
    return FAULT_NONE;
}

static fault_kind check_handle(const msg_handle *handles, size_t i, fault *ret_fault) {
    const msg_handle *h = &handles[i];
    char who[LIMIT_NAME_CHARS + 16];

    if (check_name(h->name, i, ret_fault)) return at_member(ret_fault, i, FIELD_NAME(msg_handle, name));
    snprintf(who, sizeof who, "handle \"%s\"", h->name);
    if (check_value(who, h->value, ret_fault)) return at_member(ret_fault, i, FIELD_NAME(msg_handle, value));

    if (h->fd != 0 && (h->fd < 3 || h->fd > LIMIT_FD)) {
        fault_set(ret_fault, FAULT_OUT_OF_RANGE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "%s: fd %d is not 3 to %d; 0 to 2 are the standard handles", who, h->fd, LIMIT_FD);
        return at_member(ret_fault, i, FIELD_NAME(msg_handle, fd));
    }
    if (h->fd_text && !h->fd) {
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "%s: fd_text is for a handle with an fd, and there is none", who);
        return at_member(ret_fault, i, FIELD_NAME(msg_handle, fd_text));
    }
    return check_distinct(handles, i, ret_fault);
}

fault_kind message_check_handles(const msg_spawn *spawn, fault *ret_fault) {
    static const char *const names[MSG_STD_COUNT] = {
#define X(id, name) #name,
        STD_LIST(X)
#undef X
    };
    if (spawn->handle_count > LIMIT_HANDLES) {
        fault_set(ret_fault, FAULT_TOO_MANY, STAGE_DECODE, WIN32_BAD_LENGTH, "%zu handles; the most is %d",
                  spawn->handle_count, LIMIT_HANDLES);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, handles));
    }

    for (size_t i = 0; i < spawn->handle_count; i++)
        if (check_handle(spawn->handles, i, ret_fault)) return ret_fault->kind;
    for (int i = 0; i < MSG_STD_COUNT; i++) {
        char who[32];
        snprintf(who, sizeof who, "standard %s", names[i]);
        if (spawn->std[i] && check_value(who, spawn->std[i], ret_fault))
            return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s.%s", FIELD_NAME(msg_spawn, std),
                                    names[i]);
    }
    return FAULT_NONE;
}
