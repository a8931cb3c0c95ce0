/* Tests resolve_program on a tree of files that it makes. */
#include "client/lib/resolve.h"

#include "tests/support/check.h"

#define ROOT_UNITS 512

static wchar_t root[ROOT_UNITS]; /* a directory of the test; the current directory is root\here */

static wchar_t *join(const wchar_t *name) {
    static wchar_t path[4][ROOT_UNITS];
    static int next;
    wchar_t *out = path[next++ % 4];
    swprintf(out, ROOT_UNITS, L"%ls\\%ls", root, name);
    return out;
}

static void make_file(const wchar_t *name) {
    HANDLE file = CreateFileW(join(name), GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE);
    CloseHandle(file);
}

static void make_tree(void) {
    wchar_t temporary[300], path[4 * ROOT_UNITS];
    GetTempPathW(300, temporary);
    swprintf(root, ROOT_UNITS, L"%lssb_resolve_%lu", temporary, GetCurrentProcessId());
    CHECK(CreateDirectoryW(root, NULL));

    CreateDirectoryW(join(L"here"), NULL);
    CreateDirectoryW(join(L"here\\sub"), NULL);
    CreateDirectoryW(join(L"here\\hidden.exe"), NULL);
    CreateDirectoryW(join(L"here\\dir"), NULL);
    CreateDirectoryW(join(L"one"), NULL);
    CreateDirectoryW(join(L"two"), NULL);
    CreateDirectoryW(join(L"Program Files"), NULL);
    CreateDirectoryW(join(L"Program Files\\My Tool"), NULL);

    make_file(L"here\\local.exe");
    make_file(L"here\\dotted.name.exe");
    make_file(L"here\\dir.exe");
    make_file(L"here\\sub\\deep.exe");
    make_file(L"here\\sub\\bare");
    make_file(L"one\\tool.exe");
    make_file(L"two\\tool.exe");
    make_file(L"two\\only two.exe");
    make_file(L"two\\hidden.exe");
    make_file(L"two\\script.com");
    make_file(L"Program Files\\My Tool\\run it.exe");

    CHECK(SetCurrentDirectoryW(join(L"here")));
    swprintf(path, 4 * ROOT_UNITS, L"%ls;;%ls;%ls", join(L"missing"), join(L"one"), join(L"two"));
    SetEnvironmentVariableW(L"PATH", path);
}

static void remove_tree(const wchar_t *directory) {
    wchar_t path[ROOT_UNITS];
    WIN32_FIND_DATAW found;
    swprintf(path, ROOT_UNITS, L"%ls\\*", directory);
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE) return;
    do {
        swprintf(path, ROOT_UNITS, L"%ls\\%ls", directory, found.cFileName);
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)) DeleteFileW(path);
        else if (found.cFileName[0] != L'.') remove_tree(path);
    } while (FindNextFileW(search, &found));
    FindClose(search);
    RemoveDirectoryW(directory);
}

/* wanted NULL: the program is not found, and the result is `name`. */
static void look(const wchar_t *application, const wchar_t *line, const wchar_t *wanted,
                 const wchar_t *name) {
    arena a = {0};
    resolved got = {0};
    check_case("application %ls, line %.60ls", application ? application : L"NULL", line ? line : L"NULL");
    CHECK(resolve_program(&a, application, line, &got));
    CHECK_INT(got.found, wanted != NULL);
    if (!wanted) {
        CHECK_WIDE(got.path, name);
    } else if (CHECK(got.path) && !CHECK_INT(lstrcmpiW(got.path, wanted), 0)) {
        CHECK_WIDE(got.path, wanted);
    }
    arena_free(&a);
}

static void searched(void) {
    look(NULL, L"tool", join(L"one\\tool.exe"), NULL);
    look(NULL, L"tool.exe a b", join(L"one\\tool.exe"), NULL);
    look(NULL, L"  \ttool a", join(L"one\\tool.exe"), NULL);
    look(NULL, L"\"tool\"a", join(L"one\\tool.exe"), NULL);
    look(NULL, L"\"tool", join(L"one\\tool.exe"), NULL);
    look(NULL, L"\"only two\" x", join(L"two\\only two.exe"), NULL);
    look(NULL, L"only two x", join(L"two\\only two.exe"), NULL);
    look(NULL, L"script.com", join(L"two\\script.com"), NULL);
    look(NULL, L"script", NULL, L"script");
    look(NULL, L"hidden.exe", join(L"two\\hidden.exe"), NULL); /* here\hidden.exe is a directory */
    look(NULL, L"hidden", join(L"two\\hidden.exe"), NULL);
    look(NULL, L"nothing here", NULL, L"nothing");
    look(NULL, L"\"nothing here\" x", NULL, L"nothing here");
    look(NULL, L"", NULL, L"");
    look(NULL, L"\"\"", NULL, L"");
    look(NULL, NULL, NULL, L"");
    look(NULL, L"too*l tool", NULL, L"too*l");
}

static void current_directory(void) {
    SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL);
    look(NULL, L"local x", join(L"here\\local.exe"), NULL);
    look(NULL, L"dotted.name.exe", join(L"here\\dotted.name.exe"), NULL);
    look(NULL, L"dotted.name", NULL, L"dotted.name"); /* it has an extension, so none is added */
    SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", L"1");
    if (!NeedCurrentDirectoryForExePathW(L"local")) look(NULL, L"local x", NULL, L"local");
    SetEnvironmentVariableW(L"NoDefaultCurrentDirectoryInExePath", NULL);
}

static void with_directory(void) {
    wchar_t line[2 * ROOT_UNITS];
    look(NULL, L"sub\\deep x", join(L"here\\sub\\deep.exe"), NULL);
    look(NULL, L"sub/deep.exe", join(L"here\\sub\\deep.exe"), NULL);
    look(NULL, L".\\local", join(L"here\\local.exe"), NULL);
    look(NULL, L"..\\one\\tool", join(L"one\\tool.exe"), NULL);
    look(NULL, L".\\tool", NULL, L".\\tool"); /* not searched */
    look(NULL, L".\\sub", NULL, L".\\sub");   /* a directory is no program */
    look(NULL, L".\\dir", join(L"here\\dir.exe"), NULL);
    look(NULL, L"sub\\bare", join(L"here\\sub\\bare"), NULL);
    swprintf(line, 2 * ROOT_UNITS, L"%ls -x", join(L"Program Files\\My Tool\\run it"));
    look(NULL, line, join(L"Program Files\\My Tool\\run it.exe"), NULL);
    make_file(L"Program.exe"); /* the well-known trap: the shorter name comes first */
    look(NULL, line, join(L"Program.exe"), NULL);
    swprintf(line, 2 * ROOT_UNITS, L"\"%ls\" -x", join(L"Program Files\\My Tool\\run it.exe"));
    look(NULL, line, join(L"Program Files\\My Tool\\run it.exe"), NULL);
}

static void application(void) {
    look(L"local.exe", L"tool", join(L"here\\local.exe"), NULL);
    look(L"tool", NULL, join(L"here\\tool"), NULL); /* it is not searched for, and gets no extension */
    look(join(L"one\\..\\one\\tool.exe"), L"x", join(L"one\\tool.exe"), NULL);
    look(L"", L"tool", NULL, L"");
}

static void long_lines(void) {
    static wchar_t line[32767];
    for (size_t i = 0; i < 32766; i++) line[i] = i % 2 ? L' ' : L'x';
    look(NULL, line, NULL, L"x");
    for (size_t i = 0; i < 32766; i++) line[i] = i % 64 == 63 ? L' ' : L'\\';
    line[0] = L'q';
    arena a = {0};
    resolved got;
    check_case("a line of directories");
    CHECK(resolve_program(&a, NULL, line, &got));
    CHECK(!got.found);
    arena_free(&a);
}

static void explanation(void) {
    wchar_t text[256];
    check_case("explanation");
    resolve_explain(L"gone", text, 256);
    CHECK(wcsstr(text, L"\"gone\"") && wcsstr(text, L"gone.exe") && wcsstr(text, L"PATH"));
    resolve_explain(L".\\gone", text, 256);
    CHECK(wcsstr(text, L".\\gone") && !wcsstr(text, L"PATH"));
}

int main(void) {
    make_tree();
    searched();
    current_directory();
    with_directory();
    application();
    long_lines();
    explanation();
    SetCurrentDirectoryW(L"\\");
    remove_tree(root);
    return check_report();
}
