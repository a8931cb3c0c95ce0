#include "tests/protocol/bad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { ARM64 = 0xAA64, LINE = 1024 };

static void application(const bad_place *place, const char *about, const wchar_t *path, DWORD code,
                        const char *named) {
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.application = path;
    bad_launch(place, about, &options, (bad_wanted){.code = code, .handle_index = SIZE_MAX, .named = named});
}

/* Copies this program with another machine type in its header. */
static bool write_arm64(const wchar_t *path) {
    wchar_t own[MAX_PATH];
    bool written = false;
    DWORD got = 0;
    LARGE_INTEGER size;
    beside_program(own, L"test_helper.exe");
    HANDLE file = CreateFileW(own, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &size)) return false;
    unsigned char *bytes = malloc((size_t)size.QuadPart);
    if (bytes && ReadFile(file, bytes, (DWORD)size.QuadPart, &got, NULL) && got == size.QuadPart) {
        IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)(void *)bytes;
        IMAGE_NT_HEADERS64 *pe = (IMAGE_NT_HEADERS64 *)(void *)(bytes + dos->e_lfanew);
        pe->FileHeader.Machine = ARM64;
        written = file_write(path, bytes, got);
    }
    free(bytes);
    CloseHandle(file);
    return written;
}

/* Wine returns one error for all programs that cannot run. */
static void other_machine(const bad_place *place, const wchar_t *path) {
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.application = path;
    bad_launch(place, "a program for another machine", &options,
               (bad_wanted){.code = ERROR_EXE_MACHINE_TYPE_MISMATCH,
                            .or_code = ERROR_BAD_EXE_FORMAT,
                            .handle_index = SIZE_MAX,
                            .named = "ARM64"});
}

static void files(const bad_place *place, const wchar_t *directory) {
    static const char text[] = "This is a text, whatever its name says.\r\n";
    static const char batch[] = "@exit /b 0\r\n";
    wchar_t path[2 * MAX_PATH];

    swprintf(path, 2 * MAX_PATH, L"%ls\\none-such.exe", directory);
    application(place, "a program that does not exist", path, ERROR_FILE_NOT_FOUND, "none-such.exe");
    swprintf(path, 2 * MAX_PATH, L"%ls\\none-such\\x.exe", directory);
    application(place, "a program in a directory that does not exist", path, ERROR_PATH_NOT_FOUND,
                "none-such\\x.exe");
    swprintf(path, 2 * MAX_PATH, L"%ls\\text.exe", directory);
    CHECK(file_write(path, text, sizeof text - 1));
    application(place, "a program that is a text", path, ERROR_BAD_EXE_FORMAT, "text.exe");

    /* A program for 16-bit Windows: it has a header, but another one. */
    unsigned char old[128] = {'M', 'Z', [0x3C] = 0x40, [0x40] = 'N', 'E'};
    swprintf(path, 2 * MAX_PATH, L"%ls\\old.exe", directory);
    CHECK(file_write(path, old, sizeof old));
    application(place, "a program for 16-bit Windows", path, ERROR_BAD_EXE_FORMAT, "no PE header");
    swprintf(path, 2 * MAX_PATH, L"%ls\\empty.exe", directory);
    CHECK(file_write(path, "", 0));
    application(place, "a program that is empty", path, ERROR_BAD_EXE_FORMAT, "empty.exe");
    swprintf(path, 2 * MAX_PATH, L"%ls\\batch.bat", directory);
    CHECK(file_write(path, batch, sizeof batch - 1));
    application(place, "a batch file", path, ERROR_BAD_EXE_FORMAT, "batch");
    swprintf(path, 2 * MAX_PATH, L"%ls\\arm64.exe", directory);
    CHECK(write_arm64(path));
    other_machine(place, path);
    application(place, "a program that is a directory", directory, ERROR_ACCESS_DENIED, "directory");
}

static void unresolved(const bad_place *place) {
    sb_spawn_options options = {.size = sizeof options, .command_line = L"no-such-program-anywhere --help"};
    check_about("a name that is found nowhere");
    child_result result;
    char message[1024] = "";
    child_run(place->client, &options, &result);
    CHECK_INT(result.err, ERROR_FILE_NOT_FOUND);
    CHECK_INT(result.error.stage, SB_STAGE_RESOLVE);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, "no-such-program-anywhere");
}

static void directory(const bad_place *place, const wchar_t *missing) {
    wchar_t line[LINE], path[2 * MAX_PATH];
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    swprintf(path, 2 * MAX_PATH, L"%ls\\no such directory", missing);
    options.directory = path;
    bad_launch(place, "a directory that does not exist", &options,
               (bad_wanted){.code = ERROR_DIRECTORY, .handle_index = SIZE_MAX, .named = "no such directory"});
}

static void command_line(const bad_place *place) {
    enum { UNITS = 32767 }; /* one more than CreateProcess accepts */
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    wchar_t *text = malloc((UNITS + 1) * sizeof *text);
    if (!text) return;
    wmemset(text, L'x', UNITS);
    wmemcpy(text, line, wcslen(line));
    text[wcslen(line)] = L' ';
    text[UNITS] = 0;
    options.command_line = text;
    bad_launch(
        place, "a command line that is too long", &options,
        (bad_wanted){.code = ERROR_FILENAME_EXCED_RANGE, .handle_index = SIZE_MAX, .named = "command line"});
    free(text);
}

void bad_programs(const bad_place *place) {
    wchar_t path[MAX_PATH];
    CHECK(directory_make(path, L"bad"));
    files(place, path);
    unresolved(place);
    directory(place, path);
    command_line(place);
    directory_remove(path);
}
