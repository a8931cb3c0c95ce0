#include "file_watch.h"

#include "win.h"

#include <process.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Whoever writes a file writes it in pieces: it is read when it has been still for so long. */
enum { STILL_MS = 150, BUFFER_BYTES = 16384, AGAIN_MS = 1000 };

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

/* False: to stop. A watch that could not begin is tried again, and tells in any case. */
static bool next(file_watch *w, bool begun, bool named, bool *ret_event) {
    HANDLE events[] = {w->stop, w->read};
    DWORD ms = named ? STILL_MS : begun ? INFINITE : AGAIN_MS;
    DWORD waited = WaitForMultipleObjects(begun ? 2 : 1, events, FALSE, ms);
    *ret_event = waited == WAIT_OBJECT_0 + 1;
    return *ret_event || waited == WAIT_TIMEOUT;
}

static unsigned __stdcall watch(void *context) {
    file_watch *w = context;
    bool begun = true, named = false, event; /* file_watch_start has begun */
    while (next(w, begun, named, &event)) {
        if (event) {
            named = is_named(w) || named;
            begun = begin(w);
        } else {
            named = false;
            if (!begun) begun = begin(w);
            w->changed(w->context);
        }
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
