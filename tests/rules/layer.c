/* Starts the layer: finds Wine's functions, and leads the imports of the module it is linked into through its
 * own. */
#include "tests/rules/layer.h"

#include "tests/rules/imports.h"
#include "tests/rules/reduced.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

rules_real real;
rules_process *rules_own;

typedef struct hook {
    const char *name;
    uintptr_t function;
    uintptr_t *real;
} hook;

static const hook *find(const char *name) {
    static const hook all[] = {
#define X(result, name, parameters) {#name, (uintptr_t)rules_##name, (uintptr_t *)(void *)&real.name},
        RULES_HOOKS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i].name, name)) return &all[i];
    return NULL;
}

bool rules_on(int rule) {
    return (rules_own->rules & rule) != 0;
}

bool rules_enforce(int rules) {
    InterlockedExchange(&rules_own->rules, rules);
    return true;
}

BOOL rules_fail(DWORD err) {
    SetLastError(err);
    return FALSE;
}

void rules_say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("rules: ", stderr);
    vfprintf(stderr, format, list);
    fputs("\n", stderr);
    fflush(stderr);
    va_end(list);
}

void rules_ntdll(const char *name, void *function) {
    FARPROC found = real.GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
    memcpy(function, &found, sizeof found);
}

void *rules_allocate(size_t size) {
    void *memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, size);
    if (!memory) ExitProcess(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

void rules_free(void *memory) {
    if (memory) HeapFree(GetProcessHeap(), 0, memory);
}

/* ---- start ---- */

FARPROC WINAPI rules_GetProcAddress(HMODULE module, LPCSTR name) {
    FARPROC found = real.GetProcAddress(module, name);
    const hook *by = found && (ULONG_PTR)name > 0xFFFF ? find(name) : NULL;
    if (by && !*by->real) *by->real = (uintptr_t)found; /* of a library that was not loaded at the start */
    if (by && *by->real == (uintptr_t)found) found = (FARPROC)by->function;
    return found;
}

static uintptr_t look_up(const char *name) {
    static const wchar_t *const modules[] = {L"kernel32.dll", L"advapi32.dll", L"ntdll.dll"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        HMODULE module = GetModuleHandleW(modules[i]);
        FARPROC found = module ? GetProcAddress(module, name) : NULL;
        if (found) return (uintptr_t)found;
    }
    return 0;
}

#define X(result, name, parameters) real.name = (result(WINAPI *) parameters)look_up(#name);
static void find_real(void) {
    RULES_HOOKS(X)
}
#undef X

static bool lead(void *context, const char *dll, const char *name, uintptr_t *slot) {
    const hook *by = find(name);
    (void)context, (void)dll;
    return !by || !*by->real || imports_replace(slot, by->function);
}

static int wanted(void) {
    wchar_t text[16];
    DWORD length = GetEnvironmentVariableW(RULES_VARIABLE, text, 16);
    return length && length < 16 ? (int)wcstol(text, NULL, 0) : RULES_ALL;
}

static rules_token wanted_token(void) {
    static const wchar_t *const names[] = {
#define X(name, text) L## #text,
        RULES_TOKENS(X)
#undef X
    };
    wchar_t text[16] = L"";
    DWORD length = GetEnvironmentVariableW(RULES_TOKEN_VARIABLE, text, 16);
    for (size_t i = 0; length && length < 16 && i < sizeof names / sizeof *names; i++)
        if (!wcscmp(names[i], text)) return (rules_token)i;
    return RULES_TOKEN_OWN;
}

extern IMAGE_DOS_HEADER __ImageBase; /* the linker's: this module */

static __attribute__((constructor)) void start(void) {
    find_real();
    if (!shared_open()) {
        fprintf(stderr, "rules: cannot share what the layer knows: error %lu\n", GetLastError());
        ExitProcess(ERROR_NOT_READY);
    }
    rules_own = shared_process();
    const bool first = !rules_own;
    if (first) {
        rules_own = rules_allocate(sizeof *rules_own);
        rules_own->rules = wanted();
        rules_own->token = wanted_token();
        rules_own->created = shared_created(GetCurrentProcess());
        shared_set_process(rules_own);
    }
    if (first) reduced_start();
    if (!imports_each((HMODULE)&__ImageBase, lead, NULL)) ExitProcess(ERROR_NOT_READY);
}
