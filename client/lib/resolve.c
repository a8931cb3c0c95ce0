/* The rules are those of CreateProcessW's page, "lpApplicationName" and "lpCommandLine". */
#include "client/lib/resolve.h"

#include <string.h>
#define STRSAFE_NO_DEPRECATE
#include <strsafe.h>

enum {
    PATH_UNITS = 32768,   /* the longest path that Windows takes, with its NUL */
    COMPONENT_UNITS = 255 /* the longest name of a file */
};

#define DEFAULT_EXTENSION L".exe"

static bool is_blank(wchar_t c) {
    return c == L' ' || c == L'\t';
}

static bool is_separator(wchar_t c) {
    return c == L'\\' || c == L'/' || c == L':';
}

static const wchar_t *last_part(const wchar_t *name) {
    const wchar_t *part = name;
    for (; *name; name++)
        if (is_separator(*name)) part = name + 1;
    return part;
}

static bool is_program(const wchar_t *path) {
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* Whether the name of a file can begin with name. Avoids a try at each blank of a long command line. */
static bool is_possible(const wchar_t *name) {
    if (wcslen(last_part(name)) > COMPONENT_UNITS) return false;
    if (!wcsncmp(name, L"\\\\?\\", 4)) name += 4;
    return !wcspbrk(name, L"\"<>|*?");
}

static wchar_t *full_path(arena *a, const wchar_t *name, size_t extra) {
    DWORD units = GetFullPathNameW(name, 0, NULL, NULL);
    wchar_t *path = units ? arena_array(a, units + extra, sizeof *path) : NULL;
    DWORD used = path ? GetFullPathNameW(name, units, path, NULL) : 0;
    return used && used < units ? path : NULL;
}

/* ---- the directories to search ---- */

static bool add(wchar_t *list, const wchar_t *directory) {
    return SUCCEEDED(StringCchCatW(list, 2 * PATH_UNITS, directory)) &&
           SUCCEEDED(StringCchCatW(list, 2 * PATH_UNITS, L";"));
}

/* The directory that this program was loaded from, without a backslash at the end; buffer has PATH_UNITS. */
static bool own_directory(wchar_t *buffer) {
    DWORD units = GetModuleFileNameW(NULL, buffer, PATH_UNITS);
    wchar_t *slash = units && units < PATH_UNITS ? wcsrchr(buffer, L'\\') : NULL;
    if (slash) *slash = 0;
    return slash != NULL;
}

/* The directories to search, each followed by a semicolon. */
static wchar_t *search_list(arena *a, const wchar_t *name) {
    wchar_t *list = arena_array(a, 2 * PATH_UNITS, sizeof *list);
    wchar_t *buffer = arena_array(a, PATH_UNITS, sizeof *buffer);
    if (!list || !buffer) return NULL;
    if (own_directory(buffer)) add(list, buffer);
    if (NeedCurrentDirectoryForExePathW(name)) add(list, L".");
    if (GetSystemDirectoryW(buffer, PATH_UNITS)) add(list, buffer);
    if (GetWindowsDirectoryW(buffer, PATH_UNITS)) {
        size_t length = wcslen(buffer);
        wcscat(buffer, L"\\system");
        add(list, buffer);
        buffer[length] = 0;
        add(list, buffer);
    }
    DWORD units = GetEnvironmentVariableW(L"PATH", buffer, PATH_UNITS);
    if (units && units < PATH_UNITS) add(list, buffer);
    return list;
}

/* Searches a name without a directory. Searches one directory at a time: else a directory with that name
 * would hide a program. */
static bool search(arena *a, const wchar_t *name, const wchar_t **ret) {
    wchar_t *list = search_list(a, name);
    wchar_t *found = arena_array(a, PATH_UNITS, sizeof *found);
    if (!list || !found) return false;
    for (wchar_t *p = list, *end; (end = wcschr(p, L';')); p = end + 1) {
        *end = 0;
        if (!*p) continue;
        DWORD units = SearchPathW(p, name, DEFAULT_EXTENSION, PATH_UNITS, found, NULL);
        if (!units || units >= PATH_UNITS || !is_program(found)) continue;
        *ret = full_path(a, found, 0);
        return *ret != NULL;
    }
    return false;
}

/* Looks for a name with a directory: as it is, or with the extension. */
static bool probe(arena *a, const wchar_t *name, const wchar_t **ret) {
    wchar_t *path = full_path(a, name, wcslen(DEFAULT_EXTENSION));
    if (!path) return false;
    *ret = path;
    if (is_program(path)) return true;
    if (wcschr(last_part(name), L'.')) return false;
    wcscat(path, DEFAULT_EXTENSION);
    return is_program(path);
}

static wchar_t *copy(arena *a, const wchar_t *text, size_t length) {
    wchar_t *word = arena_array(a, length + 1, sizeof *word);
    if (word) memcpy(word, text, length * sizeof *word);
    return word;
}

static bool find(arena *a, const wchar_t *name, const wchar_t **ret) {
    arena scratch = {0};
    const wchar_t *part = last_part(name), *path = NULL;
    bool found = is_possible(name) && *part &&
                 (part == name ? search(&scratch, name, &path) : probe(&scratch, name, &path));
    if (found) *ret = copy(a, path, wcslen(path));
    arena_free(&scratch);
    return found && *ret;
}

/* ---- the first word ---- */

static bool resolve_quoted(arena *a, const wchar_t *text, resolved *ret) {
    const wchar_t *path = NULL;
    wchar_t *name = copy(a, text, wcscspn(text, L"\""));
    if (!name) return false;
    bool found = find(a, name, &path);
    *ret = (resolved){.path = found ? path : name, .found = found};
    return true;
}

/* Tries the text up to each of its blanks in turn, so that C:\Program Files\x.exe needs no quotes. */
static bool resolve_unquoted(arena *a, const wchar_t *text, resolved *ret) {
    size_t end = wcscspn(text, L" \t");
    wchar_t *first = copy(a, text, end), *name = copy(a, text, wcslen(text));
    if (!first || !name) return false;
    *ret = (resolved){.path = first};
    for (;;) {
        name[end] = 0;
        if ((ret->found = find(a, name, &ret->path)) || !is_possible(name)) return true;
        name[end] = text[end];
        while (is_blank(text[end])) end++;
        if (!text[end]) return true;
        end += wcscspn(text + end, L" \t");
    }
}

bool resolve_program(arena *a, const wchar_t *application, const wchar_t *command_line, resolved *ret) {
    if (application) {
        const wchar_t *path = full_path(a, application, 0);
        *ret = (resolved){.path = path ? path : application, .found = path != NULL};
        return true;
    }
    const wchar_t *text = command_line ? command_line : L"";
    while (is_blank(*text)) text++;
    return *text == L'"' ? resolve_quoted(a, text + 1, ret) : resolve_unquoted(a, text, ret);
}

void resolve_explain(const wchar_t *name, wchar_t *out, size_t units) {
    const wchar_t *part = last_part(name);
    const wchar_t *extension = wcschr(part, L'.') ? L"" : DEFAULT_EXTENSION;
    wchar_t shown[81];
    StringCchCopyNW(shown, 81, name, 80);
    if (!*name) StringCchCopyW(out, units, L"No program was named.");
    else if (part != name)
        StringCchPrintfW(
            out, units,
            L"\"%ls\" was not found: no such file exists%ls. A name with a directory is not searched.", shown,
            *extension ? L", nor one with .exe added" : L"");
    else
        StringCchPrintfW(
            out, units,
            L"\"%ls\" was not found. %ls%ls was searched in the directory of the calling program,%ls "
            L"the Windows directories and those of PATH.",
            shown, shown, extension,
            NeedCurrentDirectoryForExePathW(name) ? L" the current directory," : L"");
}
