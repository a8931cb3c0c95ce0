/* The child of the story. It reads its own handle table before anything else, then compares every handle in
 * it, object by object, with all that the host had open. It trusts no list, not even its own. */
#include "tests/story/story.h"

#include "service/win32/nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static HANDLE open_named_event(const wchar_t *prefix, const wchar_t *name) {
    wchar_t text[128];
    swprintf(text, sizeof text / sizeof *text, L"%ls-%ls", prefix, name);
    return OpenEventW(SYNCHRONIZE, FALSE, text);
}

/* Returns how many handles in table refer to the object of reference. */
static int count_same(const nt_handle *table, size_t count, HANDLE reference) {
    int same = 0;
    for (size_t i = 0; i < count; i++) same += nt_same_object(table[i].value, reference);
    return same;
}

static int look(const story_board *board, LONG owner, const nt_handle *table, size_t count) {
    int own = 0, foreign = 0;
    HANDLE host = OpenProcess(PROCESS_DUP_HANDLE, FALSE, board->host);
    if (!host) return STORY_FAILED + 2;
    for (LONG i = 0; i < board->count; i++) {
        HANDLE reference;
        if (!DuplicateHandle(host, (HANDLE)(uintptr_t)board->objects[i].handle, GetCurrentProcess(),
                             &reference, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
            CloseHandle(host);
            return STORY_FAILED + 3;
        }
        int same = count_same(table, count, reference);
        if (board->objects[i].owner != owner) foreign += same;
        else if (same) own |= 1 << board->objects[i].kind;
        CloseHandle(reference);
    }
    CloseHandle(host);
    return own | foreign << STORY_FOREIGN_SHIFT;
}

/* Uses what the child was given: reads its thread's number from the section, and writes it to the pipe. */
static int use(LONG owner, wchar_t **handles) {
    HANDLE section, pipe;
    DWORD put;
    int good = 0;
    if (handles) {
        section = (HANDLE)(uintptr_t)wcstoull(handles[STORY_SECTION], NULL, 0);
        pipe = (HANDLE)(uintptr_t)wcstoull(handles[STORY_PIPE], NULL, 0);
    } else {
        section = sb_inherited_handle(L"section");
        pipe = sb_inherited_handle(L"pipe");
    }
    const LONG *view = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof *view) : NULL;
    if (view && *view == owner) good = STORY_TAG_GOOD;
    if (view) UnmapViewOfFile(view);
    if (!pipe || !WriteFile(pipe, &owner, sizeof owner, &put, NULL)) good = 0;
    return good;
}

int story_child(const wchar_t *prefix, LONG owner, wchar_t **handles) {
    nt_handle *table;
    size_t count;
    wchar_t name[128];
    if (nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count)) return STORY_FAILED + 1;
    HANDLE go = open_named_event(prefix, L"go"), bye = open_named_event(prefix, L"bye");
    swprintf(name, sizeof name / sizeof *name, L"%ls-board", prefix);
    HANDLE section = OpenFileMappingW(FILE_MAP_READ, FALSE, name);
    const story_board *board = section ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, sizeof *board) : NULL;
    if (!go || !bye || !board) return STORY_FAILED + 4;
    if (WaitForSingleObject(go, TEST_DEADLINE_MS) != WAIT_OBJECT_0) return STORY_FAILED + 5;
    int found = look(board, owner, table, count);
    if (found < STORY_FAILED && owner != STORY_NOBODY) found |= use(owner, handles);
    free(table);
    /* The child still runs, so that the host can read its table too. */
    if (WaitForSingleObject(bye, TEST_DEADLINE_MS) != WAIT_OBJECT_0) return STORY_FAILED + 6;
    return found;
}
