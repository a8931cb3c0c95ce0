#include "service/broker/file_watch.h"

#include "service/broker/timer.h"
#include "service/win32/win.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Writers write a file in pieces, so a change counts when the file has not changed for STILL_US, or between
 * two looks. */
enum { LOOK_MS = 250, STILL_US = 150 * 1000 };

/* What can be seen of a file without opening it. */
typedef struct look {
    uint64_t size;
    int64_t written_us; /* 0, like the size: the file does not exist */
} look;

struct file_watch {
    TP_TIMER *timer;
    volatile LONG looking;
    look last, told;
    bool (*changed)(void *context);
    void *context;
    wchar_t path[];
};

static look look_at(const wchar_t *path) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data)) return (look){0};
    return (look){.size = (uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow,
                  .written_us = win_filetime_us(data.ftLastWriteTime)};
}

static bool same(const look *a, const look *b) {
    return a->size == b->size && a->written_us == b->written_us;
}

static void CALLBACK on_time(TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *timer) {
    file_watch *w = context;
    (void)instance, (void)timer;
    if (InterlockedExchange(&w->looking, 1)) return; /* the call before is still running */
    look now = look_at(w->path);
    if (!same(&now, &w->told) && (same(&now, &w->last) || win_now_us() - now.written_us >= STILL_US)) {
        if (w->changed(w->context)) w->told = now;
    }
    w->last = now;
    InterlockedExchange(&w->looking, 0);
}

DWORD file_watch_start(const wchar_t *path, bool (*changed)(void *context), void *context, file_watch **ret) {
    const size_t size = (wcslen(path) + 1) * sizeof *path;
    file_watch *w = calloc(1, sizeof *w + size);
    if (!w) return ERROR_NOT_ENOUGH_MEMORY;
    w->changed = changed;
    w->context = context;
    w->told.written_us = w->last.written_us = -1; /* unlike any file */
    memcpy(w->path, path, size);
    DWORD err = timer_start(on_time, w, LOOK_MS, &w->timer);
    if (err) free(w);
    else *ret = w;
    return err;
}

void file_watch_stop(file_watch **w) {
    file_watch *old = *w;
    *w = NULL;
    if (!old) return;
    timer_stop(&old->timer);
    free(old);
}
