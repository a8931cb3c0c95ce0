/* Launches itself without a service, with one end of a pipe by name, and reads what the child says. */
#include <spawn_broker.h>
#include <stdio.h>
#include <string.h>

static int child(void) {
    static const char text[] = "given";
    DWORD written;
    HANDLE note = sb_inherited_handle(L"note");
    return note && WriteFile(note, text, sizeof text - 1, &written, NULL) ? 7 : 1;
}

static int launch(sb_client *client, HANDLE note, sb_process *ret) {
    wchar_t self[MAX_PATH];
    sb_error why;
    sb_handle handle = {.name = L"note", .handle = note};
    sb_spawn_options options = {.size = sizeof options,
                                .application = self,
                                .command_line = (wchar_t[]){L"consumer child"},
                                .handles = &handle,
                                .handle_count = 1};
    GetModuleFileNameW(NULL, self, MAX_PATH);
    if (!sb_spawn(client, &options, ret, &why)) return 0;
    printf("not launched: %ls\n", why.message);
    return 1;
}

int main(int argc, char **argv) {
    sb_connect_options local = {.size = sizeof local, .mode = SB_MODE_LOCAL};
    sb_client *client;
    sb_process process;
    sb_error why;
    HANDLE reading, writing;
    char text[32] = "";
    DWORD code = 0, got = 0;

    if (argc > 1 && !strcmp(argv[1], "child")) return child();
    if (sb_connect(&local, &client, &why)) {
        printf("not connected: %ls\n", why.message);
        return 1;
    }

    if (!CreatePipe(&reading, &writing, NULL, 0) || launch(client, writing, &process)) return 1;
    CloseHandle(writing);
    WaitForSingleObject(process.process, 30000);
    GetExitCodeProcess(process.process, &code);
    if (!ReadFile(reading, text, sizeof text - 1, &got, NULL)) got = 0;
    text[got] = 0;
    sb_process_close(&process);
    sb_disconnect(client);
    printf("the child ended with %lu and said \"%s\"\n", code, text);

    return code == 7 && !strcmp(text, "given") ? 0 : 1;
}
