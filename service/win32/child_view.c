#include "service/win32/child_view.h"

#include "proto/handle_placeholders.h"
#include "service/win32/names.h"
#include "service/win32/nt.h"
#include "service/win32/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fault_kind no_memory(fault *ret_fault) {
    return fault_set(ret_fault, FAULT_INTERNAL, STAGE_CREATE, ERROR_NOT_ENOUGH_MEMORY, "out of memory");
}

static unsigned long value_of(child_handle handle) {
    return (unsigned long)(ULONG_PTR)handle.value;
}

/* The variable: NAME_HANDLES=1;parent=PID;NAME=0xVALUE;... */
static char *variable(arena *a, const msg_spawn *spawn, const child_handles *handles, DWORD parent) {
    size_t size = 64 + spawn->handle_count * (LIMIT_NAME_CHARS + 16), used;
    char *text = arena_alloc(a, size);
    if (!text) return NULL;
    used = (size_t)snprintf(text, size, NAME_HANDLES_UTF8 "=1;parent=%lu", (unsigned long)parent);
    for (size_t i = 0; i < spawn->handle_count; i++)
        used += (size_t)snprintf(text + used, size - used, ";%s=0x%lx", spawn->handles[i].name,
                                 value_of(handles->items[i]));
    return text;
}

static bool is_ours(const wchar_t *entry) {
    size_t length = wcslen(NAME_HANDLES);
    return !_wcsnicmp(entry, NAME_HANDLES, length) && entry[length] == L'=';
}

/* An entry of the block, and its place in what the caller sent. */
typedef struct {
    wchar_t *text;
    size_t name_units, place;
} variable_entry;

static variable_entry entry_of(wchar_t *text, size_t place) {
    const wchar_t *equals = *text ? wcschr(text + 1, L'=') : NULL; /* the name of "=C:=C:\x" is "=C:" */
    return (variable_entry){text, equals ? (size_t)(equals - text) : wcslen(text), place};
}

static int compare_names(const variable_entry *a, const variable_entry *b) {
    return CompareStringOrdinal(a->text, (int)a->name_units, b->text, (int)b->name_units, TRUE) - CSTR_EQUAL;
}

static int by_name(const void *a, const void *b) {
    const variable_entry *left = a, *right = b;
    int order = compare_names(left, right);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* Lists the caller's variables and then ours, in the order that a Windows process needs to find them: by
 * name, whatever the case. */
static bool sorted_entries(arena *a, const msg_spawn *spawn, wchar_t *own, variable_entry **ret,
                           size_t *ret_count) {
    size_t count = 0;
    variable_entry *entries = arena_array(a, spawn->environment_count + 1, sizeof *entries);
    if (!entries) return false;
    for (size_t i = 0; i < spawn->environment_count; i++) {
        wchar_t *text = text_wide(a, spawn->environment[i]);
        if (!text) return false;
        if (!is_ours(text)) entries[count++] = entry_of(text, i);
    }

    if (own) entries[count++] = entry_of(own, spawn->environment_count);
    qsort(entries, count, sizeof *entries, by_name);
    *ret = entries;
    *ret_count = count;
    return true;
}

fault_kind child_environment(arena *a, const msg_spawn *spawn, const child_handles *handles, DWORD parent,
                             wchar_t **ret, fault *ret_fault) {
    size_t count, units = 2, used = 0;
    wchar_t *own = NULL, *block;
    variable_entry *entries;
    if (spawn->handle_count && !(own = text_wide(a, variable(a, spawn, handles, parent))))
        return no_memory(ret_fault);
    if (!sorted_entries(a, spawn, own, &entries, &count)) return no_memory(ret_fault);
    for (size_t i = 0; i < count; i++) units += wcslen(entries[i].text) + 1;
    if (!(block = arena_array(a, units, sizeof *block))) return no_memory(ret_fault);

    for (size_t i = 0; i < count; i++) {
        /* Of two with one name, a process finds the first. */
        if (i && !compare_names(&entries[i - 1], &entries[i])) continue;
        wcscpy(block + used, entries[i].text);
        used += wcslen(entries[i].text) + 1;
    }
    *ret = block; /* arena memory is zero: the NULs at the end are there */
    return FAULT_NONE;
}

/* The values in the child, in the order of the request. */
static uint32_t *named_values(arena *a, const msg_spawn *spawn, const child_handles *handles) {
    uint32_t *values = arena_array(a, spawn->handle_count + 1, sizeof *values);
    for (size_t i = 0; values && i < spawn->handle_count; i++)
        values[i] = (uint32_t)value_of(handles->items[i]);
    return values;
}

fault_kind child_command_line(arena *a, const msg_spawn *spawn, const child_handles *handles, wchar_t **ret,
                              fault *ret_fault) {
    const char *text = spawn->command_line;
    wchar_t *wide;
    if (!text) {
        text = arena_printf(a, "\"%s\"", spawn->application);
    } else if (spawn->expand) {
        const uint32_t *values = named_values(a, spawn, handles);
        if (!values) return no_memory(ret_fault);
        fault_kind kind = handle_placeholders_replace(a, text, spawn, values, &text, ret_fault);
        if (kind) return kind;
    }

    if (!text || !(wide = text_wide(a, text))) return no_memory(ret_fault);
    if (wcslen(wide) >= LIMIT_COMMAND_LINE_UNITS) {
        fault_set(ret_fault, FAULT_TOO_LONG, STAGE_CREATE, ERROR_FILENAME_EXCED_RANGE,
                  "the command line has %zu characters with its handle values; the limit is %d", wcslen(wide),
                  LIMIT_COMMAND_LINE_UNITS - 1);
        snprintf(ret_fault->field, sizeof ret_fault->field, "params.command_line");
        return ret_fault->kind;
    }
    *ret = wide;
    return FAULT_NONE;
}

enum { CRT_OPEN = 0x01, CRT_PIPE = 0x08, CRT_DEVICE = 0x40, CRT_TEXT = 0x80 };

/* The flags that the C runtime derives from GetFileType. A file that is being read by someone and gives no
 * answer is most likely a pipe. */
static unsigned char crt_flags(child_handle handle, bool text) {
    unsigned char flags = text ? CRT_OPEN | CRT_TEXT : CRT_OPEN;
    if (handle.device == NT_DEVICE_NAMED_PIPE || handle.device == NT_DEVICE_NO_ANSWER)
        return flags | CRT_PIPE;
    return nt_is_character_device(handle.device) ? flags | CRT_DEVICE : flags;
}

static void crt_put(BYTE *block, int count, int fd, child_handle handle, bool text) {
    block[sizeof(int) + (size_t)fd] = crt_flags(handle, text);
    memcpy(block + sizeof(int) + (size_t)count + (size_t)fd * sizeof(HANDLE), &handle.value, sizeof(HANDLE));
}

bool child_descriptors(arena *a, const msg_spawn *spawn, const child_handles *handles, BYTE **ret,
                       WORD *ret_size) {
    int count = 0;
    for (size_t i = 0; i < spawn->handle_count; i++)
        if (spawn->handles[i].fd && spawn->handles[i].fd >= count) count = spawn->handles[i].fd + 1;
    *ret = NULL;
    *ret_size = 0;
    if (!count) return true;

    size_t size = sizeof count + (size_t)count * (1 + sizeof(HANDLE));
    BYTE *block = arena_alloc(a, size);
    if (!block) return false;
    memcpy(block, &count, sizeof count);
    memset(block + sizeof count + (size_t)count, 0xFF, (size_t)count * sizeof(HANDLE)); /* no handle */

    for (int fd = 0; handles->use_std && fd < MSG_STD_COUNT; fd++) /* text mode, as without a block */
        crt_put(block, count, fd, handles->items[handles->std[fd]], true);
    for (size_t i = 0; i < spawn->handle_count; i++) {
        const msg_handle *h = &spawn->handles[i];
        if (h->fd) crt_put(block, count, h->fd, handles->items[i], h->fd_text);
    }
    *ret = block;
    *ret_size = (WORD)size; /* LIMIT_FD keeps it below 64 KiB */
    return true;
}

bool child_uses_std(const msg_spawn *spawn) {
    return !(spawn->creation_flags & CREATE_NEW_CONSOLE) || spawn->std[MSG_STD_INPUT] ||
           spawn->std[MSG_STD_OUTPUT] || spawn->std[MSG_STD_ERROR];
}
