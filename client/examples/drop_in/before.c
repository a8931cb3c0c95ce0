/* Runs a command with redirected standard handles, writes a text to it, and prints its output.
 *
 *   before COMMAND LINE...    the text is this program's standard input: as much as a pipe holds
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static HANDLE child_reads, we_write, we_read, child_writes;

static int fail(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

static BOOL make_pipes(void) {
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    return CreatePipe(&child_reads, &we_write, &inherit, 0) &&
           CreatePipe(&we_read, &child_writes, &inherit, 0) &&
           SetHandleInformation(we_write, HANDLE_FLAG_INHERIT, 0) &&
           SetHandleInformation(we_read, HANDLE_FLAG_INHERIT, 0);
}

static BOOL start_child(wchar_t *command, PROCESS_INFORMATION *ret) {
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = child_reads,
                            .hStdOutput = child_writes,
                            .hStdError = child_writes};
    return CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, ret);
}

static void copy_until_end(FILE *from, HANDLE from_pipe, HANDLE to_pipe, FILE *to) {
    char buffer[4096];
    DWORD count = 0, written;
    for (;;) {
        if (from) count = (DWORD)fread(buffer, 1, sizeof buffer, from);
        else if (!ReadFile(from_pipe, buffer, sizeof buffer, &count, NULL)) count = 0;
        if (!count) break;
        if (to) fwrite(buffer, 1, count, to);
        else if (!WriteFile(to_pipe, buffer, count, &written, NULL)) break;
    }
}

/* The command line after this program's own name. */
static wchar_t *command_of(wchar_t *line) {
    wchar_t *at = wcschr(line + 1, *line == L'"' ? L'"' : L' ');
    return at ? at + 1 + wcsspn(at + 1, L" ") : NULL;
}

int main(void) {
    PROCESS_INFORMATION child;
    DWORD code = 0;
    wchar_t *command = command_of(GetCommandLineW());
    if (!command || !*command) return fail("a command line is needed");
    if (!make_pipes()) return fail("making pipes");
    if (!start_child(command, &child)) return fail("starting the command");
    CloseHandle(child_reads);
    CloseHandle(child_writes);
    copy_until_end(stdin, NULL, we_write, NULL);
    CloseHandle(we_write); /* the input of the command ends, if no other process holds this end */
    copy_until_end(NULL, we_read, NULL, stdout);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    printf("ended with %lu\n", code);
    return 0;
}
