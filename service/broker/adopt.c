#include "service/broker/adopt.h"

#include "service/broker/quota.h"

#include "service/win32/win.h"

#include <stdio.h>
#include <string.h>

static const char *const std_fields[MSG_STD_COUNT] = {"params.std.input", "params.std.output",
                                                      "params.std.error"};
static const char *const std_names[MSG_STD_COUNT] = {"stdin", "stdout", "stderr"};

/* The handle that a fault is about: a named handle by its index, or a standard handle. */
typedef struct place {
    int index; /* FAULT_NO_HANDLE: standard */
    int std;
    const char *name;
} place;

static void close_files(const caller *from, const HANDLE *files, size_t count) {
    nt_close_files(files, count, &from->quota->hung, QUOTA_HUNG_CALLS);
}

static fault_kind at(place p, fault *f) {
    f->handle_index = p.index;
    if (p.index == FAULT_NO_HANDLE) snprintf(f->field, sizeof f->field, "%s", std_fields[p.std]);
    else snprintf(f->field, sizeof f->field, "params.handles[%d].value", p.index);
    return f->kind;
}

static fault_kind refuse_console(place p, uint32_t value, fault *ret_fault) {
    fault_set(
        ret_fault, FAULT_BAD_HANDLE, STAGE_ADOPT, ERROR_INVALID_HANDLE,
        "handle \"%s\" (0x%lx) is a console, which another process cannot be given: pass a pipe and copy "
        "(as spawnctl run does), or CREATE_NEW_CONSOLE",
        p.name, (unsigned long)value);
    return at(p, ret_fault);
}

static fault_kind refuse(place p, uint32_t value, DWORD err, const char *what, fault *ret_fault) {
    win_fault(ret_fault, FAULT_BAD_HANDLE, STAGE_ADOPT, err, "handle \"%s\" (0x%lx) cannot be %s", p.name,
              (unsigned long)value, what);
    return at(p, ret_fault);
}

/* Reduces a duplicate to the access asked for, and rejects access that the caller's handle lacks.
 * DuplicateHandle would give more access where the object's owner may have it. The check looks at the
 * broker's own duplicate, which the caller cannot change. */
static fault_kind reduce(adopted *one, uint32_t wanted, place p, fault *ret_fault) {
    HANDLE self = GetCurrentProcess(), reduced;
    uint32_t lacking = wanted & ~one->object.access;
    if (lacking) {
        fault_set(ret_fault, FAULT_BAD_HANDLE, STAGE_ADOPT, ERROR_ACCESS_DENIED,
                  "handle \"%s\" (0x%lx) has access 0x%lx; 0x%lx, which it lacks, was asked for", p.name,
                  (unsigned long)one->caller_value, (unsigned long)one->object.access,
                  (unsigned long)lacking);
        return at(p, ret_fault);
    }
    if (!DuplicateHandle(self, one->handle, self, &reduced, wanted, TRUE, 0))
        return refuse(p, one->caller_value, win_error(), "reduced to the access asked for", ret_fault);
    CloseHandle(one->handle);
    one->handle = reduced;
    DWORD err = nt_query_object(reduced, &one->object);
    return err ? refuse(p, one->caller_value, err, "queried", ret_fault) : FAULT_NONE;
}

/* Duplicates one handle with the wanted access; 0 means the access that it has. */
static fault_kind adopt_one(const caller *from, uint32_t value, uint32_t wanted, place p, adopted *ret,
                            fault *ret_fault) {
    adopted one = {.caller_value = value};
    fault_kind kind = FAULT_NONE;
    DWORD err;
    /* Windows sign-extends the 32 significant bits of a handle. */
    HANDLE theirs = (HANDLE)(LONG_PTR)(int32_t)value;
    if (!DuplicateHandle(from->process, theirs, GetCurrentProcess(), &one.handle, 0, TRUE,
                         DUPLICATE_SAME_ACCESS))
        return refuse(p, value, win_error(), "duplicated from the caller", ret_fault);
    if ((err = nt_query_object(one.handle, &one.object))) kind = refuse(p, value, err, "queried", ret_fault);
    else if (wanted) kind = reduce(&one, wanted, p, ret_fault);
    if (kind) close_files(from, &one.handle, 1);
    else *ret = one;
    return kind;
}

static fault_kind open_nul(adopted *ret, fault *ret_fault) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    HANDLE nul = CreateFileW(L"\\\\.\\NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                             &inheritable, OPEN_EXISTING, 0, NULL);
    if (nul == INVALID_HANDLE_VALUE)
        return win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_ADOPT, win_error(), "cannot open NUL");
    *ret = (adopted){.handle = nul, .object = {.type = "File"}, .device = NT_DEVICE_NULL};
    return FAULT_NONE;
}

/* Duplicates the standard handles. If two are the same handle (2>&1), the child gets one handle for both. */
static fault_kind adopt_std(const caller *from, const uint32_t values[MSG_STD_COUNT], adoption *all,
                            fault *ret_fault) {
    for (int i = 0; i < MSG_STD_COUNT; i++) {
        int same = 0;
        while (same < i && values[same] != values[i]) same++;
        if (same < i) {
            all->std[i] = all->std[same];
            continue;
        }
        adopted *next = &all->items[all->count];
        place p = {FAULT_NO_HANDLE, i, std_names[i]};
        fault_kind kind =
            values[i] ? adopt_one(from, values[i], 0, p, next, ret_fault) : open_nul(next, ret_fault);
        if (kind) return kind;
        all->std[i] = all->count++;
    }
    return FAULT_NONE;
}

static bool is_callers_file(const adopted *one) {
    return one->caller_value && !strcmp(one->object.type, "File");
}

static place place_of(const msg_spawn *spawn, const adoption *all, size_t index) {
    place p = {(int)index, 0, NULL};
    if (index < spawn->handle_count) {
        p.name = spawn->handles[index].name;
        return p;
    }
    p.index = FAULT_NO_HANDLE;
    while (all->std[p.std] != index) p.std++;
    p.name = std_names[p.std];
    return p;
}

/* Queries the devices of all files in one call and rejects consoles. A failure is not guessed away, because
 * policies distinguish disk files from pipes. */
static fault_kind check_devices(arena *a, const caller *from, const msg_spawn *spawn, adoption *all,
                                fault *ret_fault) {
    HANDLE *files = arena_array(a, all->count + 1, sizeof *files);
    DWORD *devices = arena_array(a, all->count + 1, sizeof *devices);
    size_t count = 0, next = 0;
    if (!files || !devices)
        return fault_set(ret_fault, FAULT_INTERNAL, STAGE_ADOPT, ERROR_NOT_ENOUGH_MEMORY, "out of memory");

    for (size_t i = 0; i < all->count; i++)
        if (is_callers_file(&all->items[i])) files[count++] = all->items[i].handle;
    DWORD err = nt_query_devices(files, count, &from->quota->hung, devices);
    if (err)
        return win_fault(ret_fault, FAULT_INTERNAL, STAGE_ADOPT, err, "cannot find out what the handles are");
    for (size_t i = 0; i < all->count; i++) {
        adopted *one = &all->items[i];
        if (!is_callers_file(one)) continue;
        one->device = devices[next++];
        if (one->device == NT_DEVICE_CONSOLE)
            return refuse_console(place_of(spawn, all, i), one->caller_value, ret_fault);
    }
    return FAULT_NONE;
}

fault_kind adopt_handles(arena *a, const caller *from, const msg_spawn *spawn, adoption *ret,
                         fault *ret_fault) {
    if (ret->items) return FAULT_NONE;
    adoption all = {.items = arena_array(a, spawn->handle_count + MSG_STD_COUNT, sizeof *all.items)};
    fault_kind kind = FAULT_NONE;
    if (!all.items)
        return fault_set(ret_fault, FAULT_INTERNAL, STAGE_ADOPT, ERROR_NOT_ENOUGH_MEMORY, "out of memory");

    for (size_t i = 0; !kind && i < spawn->handle_count; i++) {
        const msg_handle *h = &spawn->handles[i];
        place p = {(int)i, 0, h->name};
        kind = adopt_one(from, h->value, h->access, p, &all.items[i], ret_fault);
        if (!kind) all.count++;
    }

    all.use_std = child_uses_std(spawn);
    if (!kind && all.use_std) kind = adopt_std(from, spawn->std, &all, ret_fault);
    if (!kind) kind = check_devices(a, from, spawn, &all, ret_fault);

    if (kind) adopt_close(from, &all);
    else *ret = all;
    return kind;
}

/* Only a caller's file can make its close wait. */
void adopt_close(const caller *from, adoption *all) {
    HANDLE files[LIMIT_HANDLES + MSG_STD_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        adopted *one = &all->items[i];
        if (!is_callers_file(one)) win_close(&one->handle);
        else if (one->handle) files[count++] = one->handle;
        one->handle = NULL;
    }
    all->count = 0;
    close_files(from, files, count);
}

child_handles adopt_view(arena *a, const adoption *all) {
    child_handle *items = arena_array(a, all->count + 1, sizeof *items);
    child_handles view = {.items = items, .count = all->count, .use_std = all->use_std};
    for (size_t i = 0; items && i < all->count; i++) {
        HANDLE handle = all->items[i].handle;
        items[i] = (child_handle){handle, handle, all->items[i].device};
    }
    for (int i = 0; i < MSG_STD_COUNT; i++) view.std[i] = all->std[i];
    return view;
}
