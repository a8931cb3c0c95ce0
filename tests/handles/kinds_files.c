/* Files, directories and pipes. */
#include "tests/handles/kinds.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static bool put(HANDLE handle, const char *text) {
    DWORD done = 0;
    return WriteFile(handle, text, (DWORD)strlen(text), &done, NULL) && done == strlen(text);
}

/* Whether the next bytes of handle are text. */
static bool next_is(HANDLE handle, const char *text) {
    char bytes[64];
    DWORD done = 0;
    return ReadFile(handle, bytes, (DWORD)strlen(text), &done, NULL) && done == strlen(text) &&
           !memcmp(bytes, text, done);
}

static bool beyond_read(HANDLE given) {
    return next_is(given, "to the child");
}

static bool beyond_write(HANDLE given) {
    return put(given, "from the child");
}

/* ---- file ---- */

static bool make_file(kind_object *o) {
    wchar_t file[MAX_PATH + 16];
    if (!directory_make(o->path, L"kinds")) return false;
    swprintf(file, MAX_PATH + 16, L"%ls\\file.txt", o->path);
    o->given = CreateFileW(file, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    return o->given != INVALID_HANDLE_VALUE && put(o->given, "to the child") &&
           !SetFilePointer(o->given, 0, NULL, FILE_BEGIN);
}

static bool use_file(HANDLE given) {
    return next_is(given, "to the child") && put(given, "from the child");
}

/* Both handles refer to one file object with one position, so that the child has moved ours. */
static bool seen_file(const kind_object *o) {
    return SetFilePointer(o->given, 0, NULL, FILE_CURRENT) == strlen("to the childfrom the child") &&
           !SetFilePointer(o->given, 0, NULL, FILE_BEGIN) && next_is(o->given, "to the childfrom the child");
}

/* ---- directory ---- */

static bool make_directory(kind_object *o) {
    wchar_t file[MAX_PATH + 16];
    if (!directory_make(o->path, L"kinds")) return false;
    swprintf(file, MAX_PATH + 16, L"%ls\\listed.txt", o->path);
    o->given = CreateFileW(o->path, FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                           FILE_FLAG_BACKUP_SEMANTICS, NULL);
    return o->given != INVALID_HANDLE_VALUE && file_write(file, "x", 1);
}

static bool use_directory(HANDLE given) {
    union {
        FILE_ID_BOTH_DIR_INFO entry;
        unsigned char bytes[4096];
    } list;
    if (!GetFileInformationByHandleEx(given, FileIdBothDirectoryInfo, &list, sizeof list)) return false;
    for (const FILE_ID_BOTH_DIR_INFO *e = &list.entry;;) {
        if (!wcsncmp(e->FileName, L"listed.txt", e->FileNameLength / sizeof(wchar_t)) &&
            e->FileNameLength == 10 * sizeof(wchar_t))
            return true;
        if (!e->NextEntryOffset) return false;
        e = (const void *)((const char *)e + e->NextEntryOffset);
    }
}

static bool seen_by_child(const kind_object *o) {
    (void)o;
    return true;
}

/* ---- pipes ---- */

static bool make_reading(kind_object *o) {
    return CreatePipe(&o->given, &o->other, NULL, 0) && put(o->other, "to the child");
}

static bool use_reading(HANDLE given) {
    return next_is(given, "to the child");
}

static bool seen_reading(const kind_object *o) {
    DWORD left = 1;
    return PeekNamedPipe(o->given, NULL, 0, NULL, &left, NULL) && !left;
}

static bool make_writing(kind_object *o) {
    return CreatePipe(&o->other, &o->given, NULL, 0);
}

static bool use_writing(HANDLE given) {
    return put(given, "from the child");
}

static bool seen_answer(const kind_object *o) {
    DWORD there = 0;
    return PeekNamedPipe(o->other, NULL, 0, NULL, &there, NULL) && there == strlen("from the child") &&
           next_is(o->other, "from the child");
}

static bool make_named(HANDLE *ret_server, HANDLE *ret_client) {
    static volatile LONG made;
    wchar_t name[64];
    swprintf(name, 64, L"\\\\.\\pipe\\sb-kinds-%lu-%ld", GetCurrentProcessId(), InterlockedIncrement(&made));
    *ret_server =
        CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_REJECT_REMOTE_CLIENTS, 1, 4096, 4096, 0, NULL);
    if (*ret_server == INVALID_HANDLE_VALUE) return false;
    *ret_client = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return *ret_client != INVALID_HANDLE_VALUE;
}

static bool make_server(kind_object *o) {
    return make_named(&o->given, &o->other) && put(o->other, "to the child");
}

static bool make_client(kind_object *o) {
    return make_named(&o->other, &o->given) && put(o->other, "to the child");
}

enum { ATTRIBUTES_ONLY = FILE_READ_ATTRIBUTES | SYNCHRONIZE };

const kind kinds_of_files[] = {
    {"file", "File", FILE_GENERIC_READ, make_file, use_file, beyond_write, seen_file},
    {"directory", "File", ATTRIBUTES_ONLY, make_directory, use_directory, use_directory, seen_by_child},
    {"pipe-reading", "File", ATTRIBUTES_ONLY, make_reading, use_reading, beyond_read, seen_reading},
    {"pipe-writing", "File", ATTRIBUTES_ONLY, make_writing, use_writing, beyond_write, seen_answer},
    {"named-pipe-server", "File", FILE_GENERIC_READ, make_server, use_file, beyond_write, seen_answer},
    {"named-pipe-client", "File", FILE_GENERIC_READ, make_client, use_file, beyond_write, seen_answer},
    {0}};
