/* The program spawnbroker_faults. It leads its imports through functions that count calls and that fail on
 * request, and then runs the broker. It works in 64-bit programs only, where every function has the same
 * calling convention. */
#define wmain broker_wmain
#include "service/broker/main.c"
#undef wmain

#include "tests/faults/faults.h"
#include "tests/rules/imports.h"

#include <stdlib.h>

#define FAULTS_INVALID ((uintptr_t)-1)
#define FAULTS_STATUS ((uintptr_t)0xC000009AL) /* STATUS_INSUFFICIENT_RESOURCES */

int wmain(int argc, wchar_t **argv);

typedef uintptr_t word;
static faults_control *control;
static word real[FAULTS_COUNT];

bool faults_due(faults_function f, DWORD *ret_error) {
    InterlockedIncrement(&control->calls[f]);
    if (control->target != (LONG)f + 1 || InterlockedDecrement(&control->countdown)) return false;
    control->target = 0;
    *ret_error = (DWORD)control->error;
    InterlockedExchange(&control->fired, 1);
    return true;
}

/* ---- a function for each ---- */

#define TAKE1 word a
#define TAKE2 TAKE1, word b
#define TAKE3 TAKE2, word c
#define TAKE4 TAKE3, word d
#define TAKE5 TAKE4, word e
#define TAKE6 TAKE5, word f
#define TAKE7 TAKE6, word g
#define TAKE8 TAKE7, word h
#define TAKE9 TAKE8, word i
#define TAKE10 TAKE9, word j
#define TAKE11 TAKE10, word k
#define GIVE1 a
#define GIVE2 GIVE1, b
#define GIVE3 GIVE2, c
#define GIVE4 GIVE3, d
#define GIVE5 GIVE4, e
#define GIVE6 GIVE5, f
#define GIVE7 GIVE6, g
#define GIVE8 GIVE7, h
#define GIVE9 GIVE8, i
#define GIVE10 GIVE9, j
#define GIVE11 GIVE10, k

#define X(name, parameters, failure, usual)                                            \
    static word fault_##name(TAKE##parameters) {                                       \
        DWORD err = 0;                                                                 \
        if (!faults_due(FAULTS_##name, &err))                                          \
            return ((word(*)(TAKE##parameters))real[FAULTS_##name])(GIVE##parameters); \
        if (usual) SetLastError(err ? err : (usual));                                  \
        return failure;                                                                \
    }
FAULTS_OF_IMPORTS(X)
FAULTS_OF_LOOK_UPS(X)
#undef X

static BOOL fault_RevertToSelf(void) {
    DWORD err = 0;
    if (!faults_due(FAULTS_RevertToSelf, &err)) return ((BOOL(*)(void))real[FAULTS_RevertToSelf])();
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

/* ---- memory ---- */

static void *counted(void *block) {
    if (block) InterlockedIncrement64(&control->blocks);
    return block;
}

static void *fault_malloc(size_t size) {
    DWORD err;
    if (faults_due(FAULTS_malloc, &err)) return NULL;
    return counted(((void *(*)(size_t))real[FAULTS_malloc])(size));
}

static void *fault_calloc(size_t count, size_t size) {
    DWORD err;
    if (faults_due(FAULTS_calloc, &err)) return NULL;
    return counted(((void *(*)(size_t, size_t))real[FAULTS_calloc])(count, size));
}

static void *fault_realloc(void *block, size_t size) {
    DWORD err;
    if (faults_due(FAULTS_realloc, &err)) return NULL;
    void *moved = ((void *(*)(void *, size_t))real[FAULTS_realloc])(block, size);
    return block ? moved : counted(moved);
}

static wchar_t *fault__wcsdup(const wchar_t *text) {
    DWORD err;
    if (faults_due(FAULTS__wcsdup, &err)) return NULL;
    return counted(((wchar_t * (*)(const wchar_t *)) real[FAULTS__wcsdup])(text));
}

static word real_free;

static void fault_free(void *block) {
    if (block) InterlockedDecrement64(&control->blocks);
    ((void (*)(void *))real_free)(block);
}

/* ---- what is looked up by name ---- */

typedef struct replacement {
    const char *name;
    word function;
    word *real;
} replacement;

static word real_look_up;

static FARPROC WINAPI look_up(HMODULE module, LPCSTR name) {
    static const replacement all[] = {
#define X(name, parameters, failure, error) {#name, (word)fault_##name, &real[FAULTS_##name]},
        FAULTS_OF_LOOK_UPS(X)
#undef X
    };
    FARPROC found = ((FARPROC(WINAPI *)(HMODULE, LPCSTR))real_look_up)(module, name);
    for (size_t i = 0; found && (ULONG_PTR)name > 0xFFFF && i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].name, name) != 0) continue;
        *all[i].real = (word)found;
        found = (FARPROC)all[i].function;
    }
    return found;
}

/* ---- the table of imports ---- */

static const replacement *find(const char *name) {
    static const replacement all[] = {
#define X(name, parameters, failure, error) {#name, (word)fault_##name, &real[FAULTS_##name]},
        FAULTS_OF_IMPORTS(X)
#undef X
#define X(name) {#name, (word)fault_##name, &real[FAULTS_##name]},
            FAULTS_OF_MEMORY(X)
#undef X
                {"RevertToSelf", (word)fault_RevertToSelf, &real[FAULTS_RevertToSelf]},
        {"GetProcAddress", (word)look_up, &real_look_up},
        {"free", (word)fault_free, &real_free},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].name, name)) return &all[i];
    return NULL;
}

/* Returns whether the table lists the name as left out. */
static bool left_out(const char *name) {
    static const char *const lists[] = {
#define Y(reason, names) names,
        FAULTS_LEFT_OUT(Y)
#undef Y
    };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const char *at = strstr(lists[i], name); at; at = strstr(at + 1, name))
            if ((at == lists[i] || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
    return false;
}

/* Returns whether the DLL is the C runtime. Apart from memory and threads, its functions only work on memory
 * or talk to the console. */
static bool is_runtime(const char *dll) {
    return !_strnicmp(dll, "msvcrt", 6) || !_strnicmp(dll, "ucrt", 4) ||
           !_strnicmp(dll, "api-ms-win-crt", 14);
}

static bool replace(void *context, const char *dll, const char *name, word *slot) {
    const replacement *by = find(name);
    bool known =
        by ? (*by->real = imports_replace(slot, by->function)) != 0 : is_runtime(dll) || left_out(name);
    (void)context;
    if (!known) fprintf(stderr, "%s of %s is not in faults_table.h\n", name, dll);
    return known;
}

int wmain(int argc, wchar_t **argv) {
    wchar_t name[128];
    static faults_control own; /* used without a test: it only counts */
    DWORD length = GetEnvironmentVariableW(FAULTS_VARIABLE, name, 128);
    HANDLE section = length && length < 128 ? OpenFileMappingW(FILE_MAP_ALL_ACCESS, FALSE, name) : NULL;
    control = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *control) : &own;
    if (!control || !imports_each(GetModuleHandleW(NULL), replace, NULL) || !faults_page_cache()) return 3;
    return broker_wmain(argc, argv);
}
