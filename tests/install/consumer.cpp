// Launches itself without a service, as consumer.c does, from C++: the header and the libraries work from both languages.
#include <spawn_broker.h>

#include <cstdio>
#include <cstring>

static int child() {
    static const char text[] = "given";
    DWORD written = 0;
    HANDLE note = sb_inherited_handle(L"note");
    return note && WriteFile(note, text, sizeof text - 1, &written, nullptr) ? 7 : 1;
}

static DWORD launch(sb_client *client, HANDLE note, sb_process *process) {
    wchar_t self[MAX_PATH];
    wchar_t line[] = L"consumer child";
    sb_error why{};
    GetModuleFileNameW(nullptr, self, MAX_PATH);

    sb_handle handle{};
    handle.name = L"note";
    handle.handle = note;
    sb_spawn_options options{};
    options.size = sizeof options;
    options.application = self;
    options.command_line = line;
    options.handles = &handle;
    options.handle_count = 1;

    DWORD error = sb_spawn(client, &options, process, &why);
    if (error) std::printf("not launched: %ls\n", why.message);
    return error;
}

int main(int argc, char **argv) {
    if (argc > 1 && !std::strcmp(argv[1], "child")) return child();
    sb_connect_options local{};
    local.size = sizeof local;
    local.mode = SB_MODE_LOCAL;
    sb_client *client = nullptr;
    sb_error why{};
    if (sb_connect(&local, &client, &why)) {
        std::printf("not connected: %ls\n", why.message);
        return 1;
    }

    HANDLE reading = nullptr, writing = nullptr;
    sb_process process{};
    if (!CreatePipe(&reading, &writing, nullptr, 0) || launch(client, writing, &process)) return 1;
    CloseHandle(writing);
    WaitForSingleObject(process.process, 30000);

    DWORD code = 0, got = 0;
    char text[32] = "";
    GetExitCodeProcess(process.process, &code);
    if (!ReadFile(reading, text, sizeof text - 1, &got, nullptr)) got = 0;
    text[got] = 0;
    sb_process_close(&process);
    sb_disconnect(client);
    std::printf("the child ended with %lu and said \"%s\"\n", code, text);
    return code == 7 && !std::strcmp(text, "given") ? 0 : 1;
}
