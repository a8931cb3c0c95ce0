#include "file_watch.h"

#include "win.h"

#include <process.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Whoever writes a file writes it in pieces: it is read when it has been still for so long. Other files of the directory, like the
 * audit's, change all the time: between two looks at their changes there is a pause, in which the system keeps them. */
enum { STILL_MS = 150, PAUSE_MS = 250, BUFFER_BYTES = 16384, AGAIN_MS = 1000 };

struct file_watch {
    HANDLE directory, thread, stop, read;
    OVERLAPPED at;
    wchar_t *name;
    void (*changed)(void *context);
    void *context;
    DWORD buffer[BUFFER_BYTES / sizeof(DWORD)];
};

static bool begin(file_watch *w) {
    const DWORD what = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE;
    w->at = (OVERLAPPED){.hEvent = w->read};
    ResetEvent(w->read);
    return ReadDirectoryChangesW(w->directory, w->buffer, sizeof w->buffer, FALSE, what, NULL, &w->at,
                                 NULL) != FALSE;
}

/* Whether the name is among what has changed. Too much to be told, or a failure: it may be. */
static bool is_named(file_watch *w) {
    DWORD got = 0, offset = 0;
    if (!GetOverlappedResult(w->directory, &w->at, &got, FALSE) || !got) return true;
    for (;;) {
        const unsigned char *at = (const unsigned char *)w->buffer + offset;
        FILE_NOTIFY_INFORMATION one;
        memcpy(&one, at, offsetof(FILE_NOTIFY_INFORMATION, FileName));
        const wchar_t *name =
            (const wchar_t *)(const void *)(at + offsetof(FILE_NOTIFY_INFORMATION, FileName));
        int units = (int)(one.FileNameLength / sizeof *name);
        if (CompareStringOrdinal(name, units, w->name, -1, TRUE) == CSTR_EQUAL) return true;
        if (!one.NextEntryOffset) return false;
        offset += one.NextEntryOffset;
    }
}

typedef enum happening { HAPPENED_STOP, HAPPENED_CHANGE, HAPPENED_TIME } happening;

/* Until something changes, the file has been still (tell_at, 0 for never), or a watch that could not begin is to be tried again. */
static happening next(file_watch *w, bool begun, uint64_t tell_at) {
    HANDLE events[] = {w->stop, w->read};
    uint64_t now = GetTickCount64();
    DWORD ms = !begun ? AGAIN_MS : !tell_at ? INFINITE : tell_at > now ? (DWORD)(tell_at - now) : 0;
    switch (WaitForMultipleObjects(begun ? 2 : 1, events, FALSE, ms)) {
    case WAIT_OBJECT_0 + 1: return HAPPENED_CHANGE;
    case WAIT_TIMEOUT: return HAPPENED_TIME;
    default: return HAPPENED_STOP;
    }
}

static unsigned __stdcall watch(void *context) {
    file_watch *w = context;
    bool begun = true; /* file_watch_start has begun */
    uint64_t tell_at = 0;
    for (happening what; (what = next(w, begun, tell_at)) != HAPPENED_STOP;) {
        bool changed = what == HAPPENED_CHANGE, named = changed && is_named(w);
        if (changed) begun = false;
        if (named) tell_at = GetTickCount64() + STILL_MS;
        if (!changed || (!named && tell_at && GetTickCount64() >= tell_at)) {
            tell_at = 0;
            w->changed(w->context);
        } else if (!named && WaitForSingleObject(w->stop, PAUSE_MS) != WAIT_TIMEOUT) break;
        if (!begun) begun = begin(w);
    }
    if (begun) {
        DWORD got;
        CancelIoEx(w->directory, &w->at);
        GetOverlappedResult(w->directory, &w->at, &got, TRUE);
    }
    return 0;
}

static void end(file_watch *w) {
    win_close(&w->thread);
    win_close(&w->stop);
    win_close(&w->read);
    win_close(&w->directory);
    free(w->name);
    free(w);
}

DWORD file_watch_start(const wchar_t *directory, const wchar_t *name, void (*changed)(void *context),
                       void *context, file_watch **ret) {
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    file_watch *w = calloc(1, sizeof *w);
    if (!w) return error;
    w->changed = changed;
    w->context = context;
    w->directory =
        CreateFileW(directory, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    if (w->directory == INVALID_HANDLE_VALUE) {
        error = win_error();
        w->directory = NULL;
        goto fail;
    }
    if (!(w->name = _wcsdup(name))) goto fail;
    if (!(w->stop = CreateEventW(NULL, TRUE, FALSE, NULL)) ||
        !(w->read = CreateEventW(NULL, TRUE, FALSE, NULL)) || !begin(w)) {
        error = win_error();
        goto fail;
    }
    if (!(w->thread = (HANDLE)_beginthreadex(NULL, 0, watch, w, 0, NULL))) {
        DWORD got;
        CancelIoEx(w->directory, &w->at);
        GetOverlappedResult(w->directory, &w->at, &got, TRUE);
        goto fail;
    }
    *ret = w;
    return ERROR_SUCCESS;
fail:
    end(w);
    return error;
}

void file_watch_stop(file_watch **w) {
    file_watch *old = *w;
    *w = NULL;
    if (!old) return;
    SetEvent(old->stop);
    WaitForSingleObject(old->thread, INFINITE);
    end(old);
}
