#include "service/win32/nt.h"

#include "service/win32/apart.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

typedef LONG nt_status;
#define NT_OK(status) ((status) >= 0)
#define NT_INFO_LENGTH_MISMATCH ((nt_status)0xC0000004L)
#define NT_INVALID_INFO_CLASS ((nt_status)0xC0000003L)
#define NT_NOT_IMPLEMENTED ((nt_status)0xC0000002L)
#define NT_NOT_SUPPORTED ((nt_status)0xC00000BBL)
#define NT_ACCESS_DENIED ((nt_status)0xC0000022L)
#define NT_INVALID_HANDLE ((nt_status)0xC0000008L)

enum {
    PROCESS_BASIC_INFORMATION_CLASS = 0,
    PROCESS_IMAGE_FILE_MAPPING = 44,         /* Windows Vista */
    PROCESS_HANDLE_INFORMATION_CLASS = 51,   /* Windows 8 */
    SYSTEM_EXTENDED_HANDLE_INFORMATION = 64, /* Windows XP */
    OBJECT_BASIC_INFORMATION_CLASS = 0,
    OBJECT_TYPE_INFORMATION_CLASS = 2,
    FILE_FS_DEVICE_INFORMATION = 4,
    ATTRIBUTE_INHERIT = 2 /* OBJ_INHERIT */
};

typedef struct unicode_string {
    USHORT length, maximum;
    wchar_t *text;
} unicode_string;

typedef struct object_basic {
    ULONG attributes, access, handles, pointers, reserved[10];
} object_basic;

typedef struct process_basic {
    void *exit_status, *peb;
    ULONG_PTR affinity, priority, pid, parent;
} process_basic;

/* PROCESS_HANDLE_SNAPSHOT_INFORMATION and its entries. */
typedef struct process_handle {
    HANDLE value;
    ULONG_PTR handles, pointers;
    ULONG access, type, attributes, reserved;
} process_handle;
typedef struct process_handles {
    ULONG_PTR count, reserved;
    process_handle entries[];
} process_handles;

/* SYSTEM_HANDLE_INFORMATION_EX and its entries. */
typedef struct system_handle {
    void *object;
    ULONG_PTR pid, value;
    ULONG access;
    USHORT trace, type;
    ULONG attributes, reserved;
} system_handle;
typedef struct system_handles {
    ULONG_PTR count, reserved;
    system_handle entries[];
} system_handles;

typedef struct io_status {
    void *status;
    ULONG_PTR information;
} io_status;
typedef struct fs_device {
    ULONG type, characteristics;
} fs_device;

static struct {
    nt_status(NTAPI *query_process)(HANDLE, ULONG, void *, ULONG, ULONG *);
    nt_status(NTAPI *query_system)(ULONG, void *, ULONG, ULONG *);
    nt_status(NTAPI *query_object)(HANDLE, ULONG, void *, ULONG, ULONG *);
    nt_status(NTAPI *query_volume)(HANDLE, io_status *, void *, ULONG, ULONG);
    ULONG(NTAPI *to_win32)(nt_status);
    BOOL(WINAPI *compare)(HANDLE, HANDLE);
} nt;

static INIT_ONCE nt_once = INIT_ONCE_STATIC_INIT;

/* Copies with memcpy: C has no conversion between FARPROC and another function type. */
static void look_up(void *function, HMODULE module, const char *name) {
    FARPROC found = module ? GetProcAddress(module, name) : NULL;
    memcpy(function, &found, sizeof found);
}

static BOOL CALLBACK nt_load(INIT_ONCE *once, void *parameter, void **context) {
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll"), base = GetModuleHandleW(L"kernelbase.dll");
    look_up(&nt.query_process, ntdll, "NtQueryInformationProcess");
    look_up(&nt.query_system, ntdll, "NtQuerySystemInformation");
    look_up(&nt.query_object, ntdll, "NtQueryObject");
    look_up(&nt.query_volume, ntdll, "NtQueryVolumeInformationFile");
    look_up(&nt.to_win32, ntdll, "RtlNtStatusToDosError");
    look_up(&nt.compare, base, "CompareObjectHandles");
    (void)once, (void)parameter, (void)context;
    return nt.query_process && nt.query_system && nt.query_object && nt.query_volume && nt.to_win32 &&
           nt.compare;
}

static bool nt_ready(void) {
    return InitOnceExecuteOnce(&nt_once, nt_load, NULL, NULL);
}

static DWORD nt_error(nt_status status) {
    ULONG err = nt.to_win32(status);
    return err ? err : ERROR_GEN_FAILURE;
}

DWORD nt_query_object(HANDLE handle, nt_object *ret) {
    union {
        unicode_string name;
        unsigned char bytes[1024];
    } type;
    object_basic basic;
    nt_object object = {0};
    if (!nt_ready()) return ERROR_PROC_NOT_FOUND;

    nt_status status = nt.query_object(handle, OBJECT_BASIC_INFORMATION_CLASS, &basic, sizeof basic, NULL);
    if (!NT_OK(status)) return nt_error(status);
    status = nt.query_object(handle, OBJECT_TYPE_INFORMATION_CLASS, &type, sizeof type, NULL);
    if (!NT_OK(status)) return nt_error(status);

    object.access = basic.access;
    for (size_t i = 0; i < type.name.length / sizeof(wchar_t) && i + 1 < sizeof object.type; i++)
        object.type[i] = (char)type.name.text[i]; /* type names are ASCII */
    *ret = object;
    return ERROR_SUCCESS;
}

/* ---- devices ---- */

enum { APART_MS = 250 };

/* A query of some devices. */
typedef struct device_question {
    apart call; /* first */
    size_t count;
    struct {
        HANDLE handle;
        volatile LONG device;
    } items[];
} device_question;

static void device_answer(apart *call) {
    device_question *q = (device_question *)(void *)call;
    for (size_t i = 0; i < q->count && !apart_given_up(call); i++) {
        io_status io;
        fs_device device;
        bool known = NT_OK(
            nt.query_volume(q->items[i].handle, &io, &device, sizeof device, FILE_FS_DEVICE_INFORMATION));
        InterlockedExchange(&q->items[i].device, known ? (LONG)device.type : 0);
    }
}

DWORD nt_query_devices(const HANDLE *handles, size_t count, volatile LONG *hung, DWORD *devices) {
    bool done;
    if (!count) return ERROR_SUCCESS;
    if (!nt_ready()) return ERROR_PROC_NOT_FOUND;
    device_question *q = calloc(1, sizeof *q + count * sizeof *q->items);
    if (!q) return ERROR_NOT_ENOUGH_MEMORY;

    q->call.run = device_answer;
    q->call.hung = hung;
    q->count = count;
    for (size_t i = 0; i < count; i++) {
        q->items[i].handle = handles[i];
        q->items[i].device = NT_DEVICE_NO_ANSWER;
    }

    DWORD err = apart_run(&q->call, APART_MS, &done);
    for (size_t i = 0; !err && i < count; i++) devices[i] = (DWORD)q->items[i].device;
    apart_release(&q->call);
    return err;
}

/* Handles that are closed one after the other. Whoever adds 1 to next closes that one. */
typedef struct closing {
    apart call; /* first */
    LONG count;
    volatile LONG next;
    HANDLE handles[];
} closing;

static void close_each(apart *call) {
    closing *c = (closing *)(void *)call;
    for (LONG i; (i = InterlockedIncrement(&c->next) - 1) < c->count;) CloseHandle(c->handles[i]);
}

/* Closes as many handles as it can in the time. Returns how many the thread that hangs has not begun with, if
 * another may close them: they are the last. */
static size_t close_some(const HANDLE *handles, size_t count, volatile LONG *hung, LONG most_hung) {
    bool done = true;
    size_t left = 0;
    closing *c = calloc(1, sizeof *c + count * sizeof *handles);
    if (c) {
        c->call.run = close_each;
        c->call.hung = hung;
        c->count = (LONG)count;
        memcpy(c->handles, handles, count * sizeof *handles);
    }
    if (!c || apart_run(&c->call, APART_MS, &done))
        for (size_t i = 0; i < count; i++) CloseHandle(handles[i]); /* rather than leave them open */
    if (!done && *hung < most_hung) {
        LONG begun = InterlockedExchange(&c->next, c->count);
        if (begun < c->count) left = (size_t)(c->count - begun);
    }
    if (c) apart_release(&c->call);
    return left;
}

void nt_close_files(const HANDLE *handles, size_t count, volatile LONG *hung, LONG most_hung) {
    while (count) {
        size_t left = close_some(handles, count, hung, most_hung);
        handles += count - left;
        count = left;
    }
}

bool nt_is_character_device(DWORD device) {
    switch (device) {
    case 0x0B: /* FILE_DEVICE_KEYBOARD */
    case 0x0F: /* ..._MOUSE */
    case NT_DEVICE_NULL:
    case 0x16: /* ..._PARALLEL_PORT */
    case 0x18: /* ..._PRINTER */
    case 0x1B: /* ..._SERIAL_PORT */
    case 0x1C: /* ..._SCREEN */
    case 0x1D: /* ..._SOUND */
    case 0x2B: /* ..._MODEM */
    case NT_DEVICE_CONSOLE: return true;
    default: return false;
    }
}

bool nt_is_disk_device(DWORD device) {
    switch (device) {
    case 0x02: /* FILE_DEVICE_CD_ROM */
    case 0x03: /* ..._CD_ROM_FILE_SYSTEM */
    case 0x06: /* ..._DFS */
    case NT_DEVICE_DISK:
    case 0x08: /* ..._DISK_FILE_SYSTEM */
    case 0x14: /* ..._NETWORK_FILE_SYSTEM */
    case 0x24: /* ..._VIRTUAL_DISK */ return true;
    default: return false;
    }
}

DWORD nt_query_volume(HANDLE file, nt_volume *ret) {
    enum { REMOTE_DEVICE = 0x10, NETWORK_FILE_SYSTEM = 0x14 }; /* FILE_REMOTE_DEVICE */
    io_status io;
    fs_device device;
    if (!nt_ready()) return ERROR_PROC_NOT_FOUND;
    nt_status status = nt.query_volume(file, &io, &device, sizeof device, FILE_FS_DEVICE_INFORMATION);
    if (!NT_OK(status)) return nt_error(status);
    *ret =
        (nt_volume){.device = device.type,
                    .remote = (device.characteristics & REMOTE_DEVICE) || device.type == NETWORK_FILE_SYSTEM};
    return ERROR_SUCCESS;
}

bool nt_same_object(HANDLE a, HANDLE b) {
    return nt_ready() && nt.compare(a, b);
}

static bool is_unknown_query(nt_status status) {
    return status == NT_INVALID_INFO_CLASS || status == NT_NOT_IMPLEMENTED || status == NT_NOT_SUPPORTED;
}

/* The handle goes in, and the answer is the status: success for the same file. */
DWORD nt_created_from(HANDLE process, HANDLE file, bool *ret) {
    if (!nt_ready()) return ERROR_PROC_NOT_FOUND;
    nt_status status = nt.query_process(process, PROCESS_IMAGE_FILE_MAPPING, &file, sizeof file, NULL);
    if (is_unknown_query(status)) return ERROR_NOT_SUPPORTED;
    if (status == NT_ACCESS_DENIED || status == NT_INVALID_HANDLE) return nt_error(status);
    *ret = NT_OK(status);
    return ERROR_SUCCESS;
}

DWORD nt_parent_pid(HANDLE process) {
    process_basic basic;
    if (!nt_ready() ||
        !NT_OK(nt.query_process(process, PROCESS_BASIC_INFORMATION_CLASS, &basic, sizeof basic, NULL)))
        return 0;
    return (DWORD)basic.parent;
}

enum { TABLE_BYTES_LEAST = 16 * 1024 };

/* Queries with a buffer that grows until the answer fits. process NULL: the table of the system. Its length
 * changes little, so that the next query starts with the same size. */
static DWORD query_growing(HANDLE process, void **ret) {
    static volatile LONG system_bytes = TABLE_BYTES_LEAST;
    for (ULONG size = process ? TABLE_BYTES_LEAST : (ULONG)system_bytes;; size *= 2) {
        void *buffer = malloc(size);
        if (!buffer) return ERROR_NOT_ENOUGH_MEMORY;
        nt_status status =
            process ? nt.query_process(process, PROCESS_HANDLE_INFORMATION_CLASS, buffer, size, NULL)
                    : nt.query_system(SYSTEM_EXTENDED_HANDLE_INFORMATION, buffer, size, NULL);
        if (NT_OK(status)) {
            if (!process) InterlockedExchange(&system_bytes, (LONG)size);
            *ret = buffer;
            return ERROR_SUCCESS;
        }
        free(buffer);
        if (is_unknown_query(status)) return ERROR_NOT_SUPPORTED;
        if (status != NT_INFO_LENGTH_MISMATCH || size > 512u * 1024 * 1024) return nt_error(status);
    }
}

static DWORD table_of_process(HANDLE process, nt_handle **ret, size_t *ret_count) {
    void *buffer;
    DWORD err = query_growing(process, &buffer);
    if (err) return err;
    const process_handles *all = buffer;
    nt_handle *found = calloc(all->count + 1, sizeof *found);
    for (size_t i = 0; found && i < all->count; i++) {
        const process_handle *h = &all->entries[i];
        found[i] = (nt_handle){h->value, h->access, (h->attributes & ATTRIBUTE_INHERIT) != 0};
    }
    if (found) {
        *ret_count = all->count;
        *ret = found;
    }
    free(buffer);
    return found ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD table_of_system(DWORD pid, nt_handle **ret, size_t *ret_count) {
    void *buffer;
    DWORD err = query_growing(NULL, &buffer);
    if (err) return err;
    const system_handles *all = buffer;
    size_t count = 0, next = 0;
    for (size_t i = 0; i < all->count; i++) count += all->entries[i].pid == pid;

    nt_handle *found = calloc(count + 1, sizeof *found);
    for (size_t i = 0; found && i < all->count; i++) {
        const system_handle *h = &all->entries[i];
        if (h->pid != pid) continue;
        found[next++] = (nt_handle){(HANDLE)h->value, h->access, (h->attributes & ATTRIBUTE_INHERIT) != 0};
    }

    if (found) {
        *ret_count = count;
        *ret = found;
    }
    free(buffer);
    return found ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD nt_handle_table(HANDLE process, DWORD pid, nt_handle **ret, size_t *ret_count) {
    if (!nt_ready()) return ERROR_PROC_NOT_FOUND;
    DWORD err = table_of_process(process, ret, ret_count);
    /* QUIRK wine 8: ProcessHandleInformation is missing.
     * CURE: search the system's table, which every Windows has, but which lists all processes.
     * TEST: every launch of tests/launch is attested. */
    if (err == ERROR_NOT_SUPPORTED) err = table_of_system(pid, ret, ret_count);
    return err;
}
