/* The child that tests launch. Its arguments are actions, which it performs in order: "verb", "verb:A" or
 * "verb:A:B". It prints UTF-8 with line feeds. Its exit code is 0, or N after exit:N, or 100 if it does not
 * know an action. */
#include "tests/support/helper.h"

#include "tests/support/harness.h"
#include "service/win32/nt.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* The handle table before the helper does anything else. It holds exactly what the process inherited and what
 * its C runtime opened. */
static nt_handle *born_with;
static size_t born_count;

static int do_exit(const wchar_t *a, const wchar_t *b) {
    (void)b;
    return (int)wcstoul(a, NULL, 0);
}

static int do_sleep(const wchar_t *a, const wchar_t *b) {
    (void)b;
    Sleep(wcstoul(a, NULL, 0));
    return CONTINUE;
}

static int do_echo(const wchar_t *a, const wchar_t *b) {
    (void)b;
    helper_print(a);
    return CONTINUE;
}

static int do_cwd(const wchar_t *a, const wchar_t *b) {
    wchar_t text[MAX_PATH];
    (void)a, (void)b;
    GetCurrentDirectoryW(MAX_PATH, text);
    helper_print(text);
    return CONTINUE;
}

static int do_env(const wchar_t *a, const wchar_t *b) {
    wchar_t text[1024];
    (void)b;
    helper_print(GetEnvironmentVariableW(a, text, 1024) ? text : L"(not set)");
    return CONTINUE;
}

/* Copies standard input to standard output, and writes "error text" to standard error. */
static int do_stdio(const wchar_t *a, const wchar_t *b) {
    char bytes[4096];
    DWORD got, put;
    (void)a, (void)b;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof bytes, &got, NULL) && got)
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, got, &put, NULL)) return 101;
    return WriteFile(GetStdHandle(STD_ERROR_HANDLE), "error text\n", 11, &put, NULL) ? CONTINUE : 102;
}

/* Prints what each standard handle is: null, pipe, disk, other or none. Writes to the handle named A, or else
 * to standard output. */
static int do_std(const wchar_t *a, const wchar_t *b) {
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    char text[64] = "";
    DWORD put;
    (void)b;

    for (int i = 0; i < 3; i++) {
        nt_object object;
        HANDLE handle = GetStdHandle(ids[i]);
        DWORD device;
        const char *kind = "other";
        if (nt_query_devices(&handle, 1, NULL, &device) || nt_query_object(handle, &object)) kind = "none";
        else if (device == NT_DEVICE_NULL) kind = "null";
        else if (device == NT_DEVICE_NAMED_PIPE) kind = "pipe";
        else if (device == NT_DEVICE_DISK) kind = "disk";
        strcat(text, kind);
        strcat(text, i < 2 ? " " : "\n");
    }
    HANDLE to = *a ? sb_inherited_handle(a) : GetStdHandle(STD_OUTPUT_HANDLE);
    return WriteFile(to, text, (DWORD)strlen(text), &put, NULL) ? CONTINUE : 106;
}

/* Returns the number of standard handles as the exit code, for a child that cannot print. */
static int do_count_std(const wchar_t *a, const wchar_t *b) {
    (void)a, (void)b;
    return (GetStdHandle(STD_INPUT_HANDLE) != NULL) + (GetStdHandle(STD_OUTPUT_HANDLE) != NULL) +
           (GetStdHandle(STD_ERROR_HANDLE) != NULL);
}

/* Returns as the exit code 1 if standard output and standard error are one handle, and else 2. */
static int do_same_std(const wchar_t *a, const wchar_t *b) {
    (void)a, (void)b;
    return GetStdHandle(STD_OUTPUT_HANDLE) == GetStdHandle(STD_ERROR_HANDLE) ? 1 : 2;
}

/* Returns as the exit code how many standard handles are open. */
static int do_std_open(const wchar_t *a, const wchar_t *b) {
    static const DWORD ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    int count = 0;
    (void)a, (void)b;
    for (int i = 0; i < 3; i++) {
        HANDLE handle = GetStdHandle(ids[i]);
        DWORD flags;
        count += handle && handle != INVALID_HANDLE_VALUE && GetHandleInformation(handle, &flags);
    }
    return count;
}

/* Prints the inheritable handles that the process started with. A process creates none by itself, so these
 * are the inherited ones. */
static int do_handles(const wchar_t *a, const wchar_t *b) {
    (void)a, (void)b;
    for (size_t i = 0; i < born_count; i++) {
        nt_object object;
        if (!born_with[i].inheritable || nt_query_object(born_with[i].value, &object)) continue;
        printf("%s %lx\n", object.type, (unsigned long)born_with[i].access);
    }
    return CONTINUE;
}

/* Starts this program with the remaining arguments, by a plain CreateProcess that inherits handles. Waits for
 * it, or leaves it behind. */
static int do_grandchild(const wchar_t *rest, bool wait) {
    wchar_t program[MAX_PATH], line[4096];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 103;
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, sizeof line / sizeof *line, L"\"%ls\" %ls", program, rest);
    fflush(stdout);
    if (!CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) return 104;
    if (wait) WaitForSingleObject(made.hProcess, 30000);
    if (wait) GetExitCodeProcess(made.hProcess, &code);
    else code = 0;
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return (int)code;
}

static const helper_verb verbs[] = {{L"exit", do_exit},
                                    {L"sleep", do_sleep},
                                    {L"echo", do_echo},
                                    {L"cwd", do_cwd},
                                    {L"env", do_env},
                                    {L"stdio", do_stdio},
                                    {L"std", do_std},
                                    {L"count-std", do_count_std},
                                    {L"std-open", do_std_open},
                                    {L"same-std", do_same_std},
                                    {L"handles", do_handles},
                                    {L"names", named_list},
                                    {L"find", named_find},
                                    {L"fill", named_fill},
                                    {L"signal", named_signal},
                                    {L"wait", named_wait},
                                    {L"write", named_write},
                                    {L"launch", caller_launch},
                                    {L"die", caller_die},
                                    {L"host", caller_host},
                                    {L"priority", attribute_priority},
                                    {L"affinity", attribute_affinity},
                                    {L"desktop", attribute_desktop},
                                    {L"mitigations", attribute_mitigations},
                                    {L"plain", attribute_launch},
                                    {L"allocate", attribute_allocate},
                                    {L"nest", attribute_nest},
                                    {L"privileges", token_privileges},
                                    {L"group", token_group},
                                    {L"integrity", token_integrity},
                                    {L"restricted", token_restricted},
                                    {NULL, NULL}};

static int do_action(wchar_t *action) {
    wchar_t *a = wcschr(action, L':'), *b = NULL;
    if (a) *a++ = 0;
    if (a) b = wcschr(a, L':');
    if (b) *b++ = 0;
    for (const helper_verb *v = verbs; v->name; v++)
        if (!wcscmp(v->name, action)) return v->act(a ? a : L"", b ? b : L"");
    return 100;
}

int wmain(int argc, wchar_t **argv) {
    if (nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &born_with, &born_count)) return 105;
    _setmode(_fileno(stdout), _O_BINARY);
    for (int i = 1; i < argc; i++) {
        wchar_t rest[4096] = L"";
        for (int k = i + 1; k < argc; k++) {
            wcsncat(rest, argv[k], 1000);
            wcscat(rest, L" ");
        }
        int code = !wcscmp(argv[i], L"grandchild")     ? do_grandchild(rest, true)
                   : !wcscmp(argv[i], L"leave")        ? do_grandchild(rest, false)
                   : !wcsncmp(argv[i], L"through:", 8) ? caller_through(argv[i] + 8, rest)
                                                       : do_action(argv[i]);
        if (code != CONTINUE) return code;
    }
    return 0;
}
