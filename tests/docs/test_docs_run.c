/* test_docs_run [--say] ROOT NODE C-BLOCKS PAGE...: runs the blocks of the documentation that need Windows:
 * transcripts and frames against a real broker, JavaScript with Node.js, and the C programs, which the build
 * makes of the blocks (snippets.cmake). --say prints transcripts with the output of this run, each line after
 * "said: ". */
#include "tests/docs/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

const wchar_t *wide_of(const char *text) {
    static wchar_t wide[4096];
    if (!MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, 4096)) wide[0] = 0;
    return wide;
}

static HANDLE inheritable_file(const wchar_t *path, DWORD how) {
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    return CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                       how, 0, NULL);
}

DWORD scene_run(const wchar_t *program, const wchar_t *arguments, char *text, size_t size) {
    static wchar_t line[8192];
    PROCESS_INFORMATION process;
    DWORD code = STILL_ACTIVE;
    size_t got = 0;
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = inheritable_file(L"NUL", OPEN_EXISTING),
                            .hStdOutput = inheritable_file(L"said.txt", CREATE_ALWAYS)};

    startup.hStdError = startup.hStdOutput; /* one file keeps the order of both */
    swprintf(line, 8192, L"\"%ls\" %ls", program, arguments);
    bool made = CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);
    CloseHandle(startup.hStdInput);
    CloseHandle(startup.hStdOutput);
    text[0] = 0;
    if (!CHECK(made)) return code;
    if (WaitForSingleObject(process.hProcess, 2 * TEST_DEADLINE_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    else TerminateProcess(process.hProcess, 1);

    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    char *bytes = file_read(L".", L"said.txt", &got);
    size_t used = 0;
    for (size_t i = 0; bytes && i < got && used + 1 < size; i++)
        if (bytes[i] != '\r') text[used++] = bytes[i];
    text[used] = 0;
    free(bytes);

    return code;
}

/* Runs a script with Node.js. It must print something and exit with 0. */
void run_script(scene *s, const page_block *b) {
    static char text[65536];
    wchar_t from[MAX_PATH];
    if (!check_part("node", s->node ? NULL : "there is no Node.js for Windows here")) return;
    swprintf(from, MAX_PATH, L"%ls\\client\\examples\\node\\spawn-broker.mjs", s->root);
    CHECK(CopyFileW(from, L"spawn-broker.mjs", FALSE));
    CHECK(file_write(L"block.mjs", b->text, strlen(b->text)));
    if (!CHECK_INT(scene_run(s->node, L"block.mjs", text, sizeof text), 0) || !CHECK(text[0] != 0))
        printf("    %s\n", text);
}

/* Runs the host of docs/c-api.md, which launches the child of the same page as worker.exe. */
static void c_programs(void) {
    char text[1024];
    wchar_t host[MAX_PATH], worker[MAX_PATH];
    beside_program(host, L"doc_parent.exe");
    beside_program(worker, L"doc_child.exe");
    check_about("the programs in C");
    CHECK(CopyFileW(worker, L"worker.exe", FALSE));
    CHECK_INT(scene_run(host, L"", text, sizeof text), 0);
    if (!CHECK(page_lines_match("done\nlaunch 6f1c7a52-1f4e-4a9e-9c5f-0d6f3e0b7a11 ended with 0\n", text,
                                NULL, NULL)))
        printf("    %s\n", text);
}

/* docs/spawnctl.md is what spawnctl prints. */
static void reference(const scene *s) {
    enum { SIZE = 1 << 17 };
    wchar_t spawnctl[MAX_PATH], docs[MAX_PATH];
    char *text = calloc(1, SIZE);
    size_t length = 0, at = 0, line = 1;
    check_about("docs/spawnctl.md: make it again with  spawnctl help --markdown");
    beside_program(spawnctl, L"spawnctl.exe");
    swprintf(docs, MAX_PATH, L"%ls\\docs", s->root);
    char *stored = file_read(docs, L"spawnctl.md", &length);
    if (!CHECK(text && stored) || !CHECK_INT(scene_run(spawnctl, L"help --markdown", text, SIZE), 0)) return;
    for (; at < length && stored[at] == text[at]; at++) line += stored[at] == '\n';
    if (!CHECK(at == length && !text[at]))
        printf("    line %zu, in the page and as printed:\n    %.*s\n    %.*s\n", line,
               (int)strcspn(stored + at, "\n"), stored + at, (int)strcspn(text + at, "\n"), text + at);
    free(stored);
    free(text);
}

/* The policy that docs/policy.md checks: it has a name where a SID is needed. */
static const char doubtful_json[] =
    "{\n  \"version\": 1,\n  \"default\": \"deny\",\n  \"rules\": [\n    {\n      \"name\": \"tools\", \"action\": "
    "\"allow\"\n    },\n    {\n      \"name\": \"mutexes\", \"action\": \"allow\", \"handles\": {\"kinds\": "
    "[\"Mutex\"]}\n    }\n  ]\n}\n";
static const char new_json[] = "{\n  \"version\": 1,\n  \"default\": \"deny\",\n  \"rules\": [\n    {\n"
                               "      \"name\": \"builders\", \"action\": \"allow\",\n"
                               "      \"caller\": {\"sid\": [\"builders\"]}\n    }\n  ]\n}\n";

static bool prepare(scene *s, const wchar_t *root, const wchar_t *node) {
    static const wchar_t *const programs[] = {L"tool.exe", L"build.exe", L"host.exe", L"link.exe"};
    static const wchar_t plugin_name[] = L"plugin.exe";
    static wchar_t full_root[MAX_PATH], full_node[MAX_PATH];
    wchar_t tool[MAX_PATH];

    GetFullPathNameW(root, MAX_PATH, full_root, NULL);
    GetFullPathNameW(node, MAX_PATH, full_node, NULL);
    s->root = full_root;
    s->node = GetFileAttributesW(full_node) != INVALID_FILE_ATTRIBUTES ? full_node : NULL;
    beside_program(tool, L"doc_tool.exe");
    if (!CHECK(directory_make(s->directory, L"docs")) || !CHECK(SetCurrentDirectoryW(s->directory)))
        return false;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        CHECK(CopyFileW(tool, programs[i], FALSE));
    beside_program(tool, plugin_name);
    CHECK(CopyFileW(tool, plugin_name, FALSE));
    CHECK(file_write(L"new.json", new_json, sizeof new_json - 1));
    CHECK(file_write(L"doubtful.json", doubtful_json, sizeof doubtful_json - 1));
    SetEnvironmentVariableW(L"NODE_SKIP_PLATFORM_CHECK", L"1"); /* Wine's default Windows is too old for it */
    SetEnvironmentVariableW(L"NO_COLOR", L"1");
    if (!CHECK(broker_start(&s->broker, NULL))) return false;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", s->broker.pipe);

    return true;
}

/* Writes the policies of a page to files for its transcripts: policy-1.json, policy-2.json ... */
static void write_policies(const page *p) {
    wchar_t name[32];
    for (size_t i = 0, n = 0; i < p->count; i++) {
        if (strcmp(p->blocks[i].kind, "json")) continue;
        swprintf(name, 32, L"policy-%zu.json", ++n);
        CHECK(file_write(name, p->blocks[i].text, strlen(p->blocks[i].text)));
    }
}

static void page_run(scene *s, const page *p, int counts[3], int *c_blocks) {
    char about[300];
    write_policies(p);
    for (size_t i = 0; i < p->count; i++) {
        const page_block *b = &p->blocks[i];
        if (b->reason || page_runner_of(b->kind) != RUN_WINDOWS) continue;
        snprintf(about, sizeof about, "%s:%d: ```%s",
                 strrchr(b->path, '/') ? strrchr(b->path, '/') + 1 : b->path, b->line, b->kind);
        check_about(about);
        if (!strcmp(b->kind, "c")) ++*c_blocks;
        else if (!strcmp(b->kind, "console")) counts[0]++, run_console(s, b);
        else if (!strcmp(b->kind, "jsonrpc")) counts[1]++, run_frames(s, b);
        else counts[2]++, run_script(s, b);
    }
}

int wmain(int argc, wchar_t **argv) {
    static scene s;
    wchar_t was[MAX_PATH];
    int counts[3] = {0}, c_blocks = 0;

    if (argc > 1 && !wcscmp(argv[1], L"--say")) {
        s.says = true;
        argc--, argv++;
    }

    enum { MOST = 32 };
    if (argc < 5 || argc - 4 > MOST) return 2;
    static page pages[MOST];
    static char paths[MOST][1024];
    GetCurrentDirectoryW(MAX_PATH, was);
    for (int i = 4; i < argc; i++) {
        snprintf(paths[i - 4], sizeof paths[0], "%ls/%ls", argv[1], argv[i]);
        if (!CHECK(page_read(paths[i - 4], &pages[i - 4]))) return 2;
    }

    if (!prepare(&s, argv[1], argv[2])) return 2;
    for (int i = 4; i < argc; i++) page_run(&s, &pages[i - 4], counts, &c_blocks);
    if (c_blocks) c_programs();
    reference(&s);

    check_about("C: each block was compiled");
    CHECK_INT(c_blocks, _wtoi(argv[3]));

    check_about("the broker");
    CHECK_INT(broker_stop(&s.broker), 0);
    SetCurrentDirectoryW(was);
    directory_remove(s.directory);
    printf("run: %d transcripts, %d blocks of frames, %d scripts, %d pieces of C\n", counts[0], counts[1],
           counts[2], c_blocks);

    return check_report();
}
