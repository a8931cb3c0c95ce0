/* The child's side of NAME_HANDLES: 1;parent=PID;NAME=0xVALUE;... docs/protocol.md, "In the child". */
#include "proto/proto_limits.h"
#include "service/win32/names.h"
#include "service/win32/nt.h"
#include "service/win32/win.h"
#include "client/lib/spawn_broker.h"

#include <stdbool.h>
#include <stdlib.h>

#define VERSION L"1;parent="

typedef struct entry {
    const wchar_t *name;
    HANDLE value;
} entry;

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static entry *entries; /* their names point into the variable's text; both live as long as the process */
static size_t entry_count;

static int digit(wchar_t c) {
    if (c >= L'0' && c <= L'9') return c - L'0';
    if (c >= L'a' && c <= L'f') return c - L'a' + 10;
    if (c >= L'A' && c <= L'F') return c - L'A' + 10;
    return 16;
}

/* Reads a number that ends at a semicolon or at the end of the text, and moves *text past it. */
static bool take_number(wchar_t **text, int base, DWORD *ret) {
    uint64_t value = 0;
    wchar_t *p = *text;
    for (; digit(*p) < base; p++)
        if ((value = value * (unsigned)base + (unsigned)digit(*p)) > MAXDWORD) return false;
    if (p == *text || (*p && *p != L';')) return false;
    *text = *p ? p + 1 : p;
    *ret = (DWORD)value;
    return true;
}

static bool take_entry(wchar_t **text, entry *ret) {
    DWORD value;
    wchar_t *equals = wcschr(*text, L'=');
    if (!equals || equals == *text || equals - *text > LIMIT_NAME_CHARS) return false;
    *equals = 0;
    *ret = (entry){.name = *text};
    if (wcschr(*text, L';')) return false;
    if (wcsncmp(equals + 1, L"0x", 2)) return false;
    *text = equals + 3;
    if (!take_number(text, 16, &value)) return false;
    ret->value = win_handle(value);
    return value != 0;
}

/* Reads all entries or none. A variable that names another parent was meant for an ancestor of this process.
 */
static bool parse(wchar_t *text, DWORD own_parent, entry *list, size_t *ret_count) {
    size_t count = 0;
    DWORD parent;
    if (wcsncmp(text, VERSION, wcslen(VERSION))) return false;
    text += wcslen(VERSION);
    if (!take_number(&text, 10, &parent) || !parent || parent != own_parent) return false;

    while (*text)
        if (count == LIMIT_HANDLES || !take_entry(&text, &list[count++])) return false;
    *ret_count = count;
    return true;
}

static wchar_t *take_variable(void) {
    DWORD units = GetEnvironmentVariableW(NAME_HANDLES, NULL, 0);
    wchar_t *text = units ? calloc(units, sizeof *text) : NULL;
    if (!text) return NULL;
    DWORD used = GetEnvironmentVariableW(NAME_HANDLES, text, units);
    SetEnvironmentVariableW(NAME_HANDLES, NULL);
    if (used && used < units) return text;
    free(text);
    return NULL;
}

static BOOL CALLBACK read_variable(INIT_ONCE *init, void *parameter, void **context) {
    (void)init, (void)parameter, (void)context;
    wchar_t *text = take_variable();
    entry *list = text ? calloc(LIMIT_HANDLES, sizeof *list) : NULL;
    if (list && parse(text, nt_parent_pid(GetCurrentProcess()), list, &entry_count)) {
        entries = list;
        for (size_t i = 0; i < entry_count; i++) SetHandleInformation(list[i].value, HANDLE_FLAG_INHERIT, 0);
        return TRUE;
    }
    free(list);
    free(text);
    return TRUE;
}

HANDLE sb_inherited_handle(const wchar_t *name) {
    InitOnceExecuteOnce(&once, read_variable, NULL, NULL);
    for (size_t i = 0; name && i < entry_count; i++)
        if (!wcscmp(entries[i].name, name)) return entries[i].value;
    SetLastError(ERROR_NOT_FOUND);
    return NULL;
}

const wchar_t *sb_inherited_name(size_t index) {
    InitOnceExecuteOnce(&once, read_variable, NULL, NULL);
    if (index < entry_count) return entries[index].name;
    SetLastError(ERROR_NO_MORE_ITEMS);
    return NULL;
}
