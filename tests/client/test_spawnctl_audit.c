/* Tests spawnctl audit as a user runs it: against a running broker, and against its database. */
#include "tests/support/checks.h"
#include "tests/client/ctl_runner.h"
#include "tests/support/harness.h"

#include "tests/bench/many_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static wchar_t where[600]; /* "", or --db and a file */

/* Returns a field of the newest launch that matches, as CSV shows it. */
static char *value(const wchar_t *field, const wchar_t *filter) {
    static char text[1000];
    CHECK_INT(run("", L"audit list -n 1 -o csv --fields %ls %ls %ls", field, filter, where), 0);
    char *line = strstr(out, "\r\n");
    snprintf(text, sizeof text, "%s", line ? line + 2 : "");
    text[strcspn(text, "\r")] = 0;
    return text;
}

static int lines_of(const char *text) {
    int count = 0;
    for (; (text = strchr(text, '\n')); text++) count++;
    return count;
}

/* Returns how many launches match. */
static int count(const wchar_t *filter) {
    DWORD code = run("", L"audit list -n 1000 -o jsonl --fields seq %ls %ls", filter, where);
    int found = lines_of(out);
    CHECK_INT(code, found ? 0 : 1);
    return found;
}

static void launches(void) {
    CHECK_INT(run("", L"run -- cmd.exe /c exit 3 & rem marker-one"), 3);
    CHECK_INT(run("", L"run -- cmd.exe /c rem marker-two = \x202E"), 0);
    CHECK_INT(run("", L"run --detach -- cmd.exe /c rem =marker-three"), 0);
    CHECK_INT(run("", L"run --cwd C:\\no\\such -- cmd.exe /c rem marker-four"), 125);
}

static void each_filter(void) {
    wchar_t filter[400];

    check_about("filters");
    CHECK_INT(count(L""), 4);
    CHECK_INT(count(L"--grep marker-"), 4);
    CHECK_INT(count(L"--grep MARKER-one"), 1);
    CHECK_INT(count(L"--grep marker-nine"), 0);
    CHECK_INT(count(L"--exit-code 3"), 1);
    CHECK_INT(count(L"--exit-code 0x3"), 1);
    CHECK_INT(count(L"--exit-code -3"), 0);
    CHECK_INT(count(L"--outcome started"), 3);
    CHECK_INT(count(L"--outcome failed"), 1);
    CHECK_INT(count(L"--outcome denied"), 0);

    CHECK_INT(count(L"--image CMD.exe"), 4);
    CHECK_INT(count(L"--image c:/windows/system32/cmd.exe"), 4);
    CHECK_INT(count(L"--image C:\\other\\cmd.exe"), 0);
    CHECK_INT(count(L"--caller-image spawnctl.exe"), 4);
    CHECK_INT(count(L"--caller-image other.exe"), 0);

    CHECK_INT(count(L"--rule default"), 4);
    CHECK_INT(count(L"--rule other"), 0);

    CHECK_INT(count(L"--handle-name stdout"), 3 + 1);
    CHECK_INT(count(L"--handle-name nothing"), 0);
    CHECK_INT(count(L"--handle-type File --since -1h --until now"), count(L"--handle-type File"));

    CHECK_INT(count(L"--until -1h"), 0);
    CHECK_INT(count(L"--since yesterday --grep marker-one --exit-code 3 --outcome started"), 1);
    CHECK_INT(count(L"--since 2037-01-01T00:00Z"), 0);

    const wchar_t *const of_one[][2] = {{L"caller_pid", L"--caller-pid"}, {L"child_pid", L"--child-pid"}};
    for (int i = 0; i < 2; i++) {
        swprintf(filter, 400, L"%ls %hs --grep marker-one", of_one[i][1],
                 value(of_one[i][0], L"--grep marker-one"));
        CHECK_INT(count(filter), 1);
    }

    swprintf(filter, 400, L"--user \"%hs\"", value(L"caller_user", L""));
    CHECK_INT(count(filter), 4);
    swprintf(filter, 400, L"--user %hs", value(L"caller_sid", L""));
    CHECK_INT(count(filter), 4);
    CHECK_INT(count(L"--user nobody"), 0);
}

static void formats(void) {
    char *first, *second;

    check_about("formats");
    CHECK_INT(run("", L"audit list %ls", where), 0);
    CHECK_HAS(out, "SEQ  REQUESTED");
    CHECK_HAS(out, "exited with 3");
    CHECK_HAS(out, "marker-two = \\u202e");
    CHECK(!strstr(out, "\xE2\x80\xAE") && !strchr(out, 0x1B));
    first = strstr(out, "marker-one"), second = strstr(out, "marker-two");
    CHECK(first && second && second < first);

    CHECK_INT(run("", L"audit list -r %ls", where), 0);
    first = strstr(out, "marker-one"), second = strstr(out, "marker-two");
    CHECK(first && second && first < second);
    CHECK_INT(run("", L"audit tail -n 2 --grep marker- %ls", where), 0);
    first = strstr(out, "marker-three"), second = strstr(out, "marker-four");
    CHECK(first && second && first < second && !strstr(out, "marker-two"));

    CHECK_INT(run("", L"audit list -o wide %ls", where), 0);
    CHECK_HAS(out, "LAUNCH_ID");
    CHECK_INT(run("", L"audit list -o line --grep marker-two %ls", where), 0);
    CHECK_HAS(out, "outcome=started exit_code=0 ");

    CHECK_INT(run("", L"audit list -o json -n 1 %ls", where), 0);
    CHECK_HAS(out, "{\"launches\":[{\"launch_id\":");
    CHECK_HAS(out, "],\"more\":true}\n");
    CHECK_INT(run("", L"audit list -o jsonl --grep marker-two --fields seq,command_line %ls", where), 0);
    CHECK_HAS(out, "\"command_line\":");
    CHECK_HAS(out, "\\u202e");
    CHECK_INT(
        run("", L"audit list -o csv --fields outcome,requested_at,handles --grep marker-one %ls", where), 0);
    CHECK_HAS(out, "outcome,requested_at,handles\r\nstarted,20");
    CHECK_HAS(out, "Z,\"stdin:File(0x");

    CHECK_INT(run("", L"audit list -o ocsf --grep marker-one --host box %ls", where), 0);
    CHECK_HAS(out, "\"class_uid\":1007");
    CHECK_HAS(out, "\"activity_name\":\"Terminate\"");
    CHECK_INT(lines_of(out), 2);

    CHECK_INT(run("", L"audit list --utc --fields requested_at -n 1 %ls", where), 0);
    CHECK_HAS(out, "Z\n");

    CHECK_INT(run("", L"audit list --fields seq,nothing %ls", where), 2);
    CHECK_HAS(err, "\"nothing\" is not a field");
    CHECK_HAS(err, "processes, handles");
    CHECK_INT(run("", L"audit list --since nonsense %ls", where), 2);
    CHECK_HAS(err, "--since \"nonsense\" is not a time");
    CHECK_INT(run("", L"audit list --outcome denied -o json %ls", where), 1);
    CHECK_TEXT(out, "{\"launches\":[],\"more\":false}\n");
    CHECK_INT(run("", L"audit list --outcome denied %ls", where), 1);
    CHECK_HAS(err, "no launch matches");
}

static void one(void) {
    char id[64], seq[32];

    check_about("show");
    strcpy(id, value(L"launch_id", L"--grep marker-one"));
    strcpy(seq, value(L"seq", L"--grep marker-one"));
    CHECK_INT(run("", L"audit show %hs %ls", id, where), 0);
    CHECK_HAS(out, "marker-one");
    CHECK_HAS(out, " integrity, ");
    CHECK_HAS(out, "elevated\n");
    CHECK_HAS(out, "  exit code    3 (0x3)");
    CHECK_HAS(out, "IN THE CHILD");
    CHECK_HAS(out, "the child had exactly these handles");
    CHECK_INT(run("", L"audit show %hs %ls", seq, where), 0);
    CHECK_HAS(out, id);
    CHECK_INT(run("", L"audit show %.30hs %ls", id, where), 0);
    CHECK_HAS(out, id);
    CHECK_INT(run("", L"audit show %.8hs %ls", id, where), 2); /* all of that minute */
    CHECK_HAS(err, "give more of it");
    CHECK_INT(run("", L"audit show 00000000-0000 %ls", where), 1);
    CHECK_INT(run("", L"audit show 999999 %ls", where), 1);
    CHECK_INT(run("", L"audit show %hs -o json --fields seq %ls", id, where), 0);
    CHECK_HAS(out, "{\"launches\":[{\"seq\":");
}

static void family(void) {
    char seq[32];
    wchar_t ctl[MAX_PATH];
    check_about("tree");
    beside_program(ctl, L"spawnctl.exe");
    if (!*where)
        CHECK_INT(run("", L"run -- \"%ls\" run -- \"%ls\" run -- cmd.exe /c rem youngest", ctl, ctl), 0);
    strcpy(seq, value(L"seq", L"--grep youngest --image cmd.exe"));
    CHECK_INT(run("", L"audit tree %hs %ls", seq, where), 0);
    CHECK_INT(lines_of(out), 4);
    CHECK_HAS(out, "  - ");
    CHECK_HAS(out, "    - ");
    const char *mark = strstr(out, "*");
    CHECK(mark && mark > strstr(out, "\n") + 1 && !strchr(mark + 1, '*'));
}

static void summed_up(void) {
    check_about("summary");
    CHECK_INT(run("", L"audit summary --by outcome --grep marker- %ls", where), 0);
    CHECK_HAS(out, "OUTCOME  LAUNCHES");
    CHECK_HAS(out, "100.0 %");
    CHECK_INT(run("", L"audit summary --by outcome --grep marker- -o json %ls", where), 0);
    CHECK_HAS(out, "{\"by\":\"outcome\",\"groups\":[{\"outcome\":\"started\",\"launches\":3,\"started\":3,");
    CHECK_HAS(out, "\"p99_us\":");
    CHECK_INT(run("", L"audit summary --by hour --exit-code 3 -o jsonl %ls", where), 0);
    CHECK_HAS(out, ":00:00Z\",\"launches\":1,");
    CHECK_INT(run("", L"audit summary --by user --user nobody %ls", where), 1);
}

static long long cursor(void) {
    const char *at = strstr(out, "{\"cursor\":");
    return CHECK(at != NULL) ? atoll(at + 10) : 0;
}

static void collected(void) {
    check_about("export and cursors");
    CHECK_INT(run("", L"audit export --cursor --fields seq %ls", where), 0);
    int all = lines_of(out);
    long long here = cursor();
    CHECK(all > 4 && here > 4);
    CHECK_INT(run("", L"audit export --cursor --after-cursor %lld %ls", here, where), 1);
    CHECK_INT(cursor(), here);
    CHECK_INT(run("", L"run -- cmd.exe /c rem later"), 0);
    CHECK_INT(run("", L"audit export --cursor --after-cursor %lld %ls", here, where), 0);
    CHECK_INT(lines_of(out), 2);
    CHECK_HAS(out, "later");
    CHECK(cursor() > here);
}

static void followed(void) {
    wchar_t arguments[700];
    running_ctl r;
    check_about("follow");
    swprintf(arguments, 700, L"audit tail -f -n 1 -o jsonl %ls", where);
    if (!CHECK(run_on(&r, arguments))) return;
    CHECK(run_until(&r, "\n"));
    static char keep[1024 * 1024];
    strcpy(keep, out);
    CHECK_INT(run("", L"run -- cmd.exe /c rem followed-%ls", *where ? L"b" : L"a"), 0);
    strcpy(out, keep);
    CHECK(run_until(&r, *where ? "followed-b" : "followed-a"));
    CHECK(run_until(&r, "\"outcome\":\"started\""));
    run_end(&r);
}

/* Reads a file's text into out; "" if there is no file. */
static void read_file(const wchar_t *path) {
    DWORD length = 0;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CHECK(ReadFile(file, out, sizeof out - 1, &length, NULL));
        CloseHandle(file);
    }
    out[length] = 0;
}

static void check_page(void) {
    CHECK(!strncmp(out, "<!doctype html>", 15));
    CHECK_HAS(out, "default-src 'none'; script-src 'sha256-");
    CHECK_HAS(out, "marker-one");
    CHECK_HAS(out, "marker-two = \\u202e");
    CHECK_HAS(out, "[\"grep\",\"marker-\"]");
    CHECK_HAS(out, *where ? "\"state\":\"whole\"" : "\"state\":\"not checked\"");
    CHECK_HAS(out, "\"count\":4,");
    CHECK_HAS(out, "</html>");
}

static void reported(void) {
    wchar_t directory[MAX_PATH], path[MAX_PATH];
    WIN32_FIND_DATAW found;

    check_about("report");
    if (!CHECK(directory_make(directory, L"report"))) return;
    swprintf(path, MAX_PATH, L"%ls\\report.html", directory);

    CHECK_INT(run("", L"audit report -o \"%ls\" --grep marker- --since -1h %ls", path, where), 0);
    CHECK_HAS(out, "report.html: 4 launches");
    read_file(path);
    check_page();

    CHECK_INT(run("", L"audit report -o \"%ls\" --grep marker- %ls", path, where), 125);
    CHECK_HAS(err, "already exists");
    CHECK_INT(run("", L"audit report -o \"%ls\" --force --grep marker-nine %ls", path, where), 0);
    read_file(path);
    CHECK_HAS(out, "\"count\":0,");

    CHECK_INT(run("", L"audit report -o - --grep marker- %ls", where), 0);
    check_page();
    CHECK_INT(run("", L"audit report -o \"%ls\\no\\report.html\" %ls", directory, where), 125);
    CHECK_HAS(err, "cannot be written");

    CHECK_INT(run("", L"audit report %ls", where), 2);
    CHECK_INT(run("", L"audit report -o - --fields seq %ls", where), 2);
    CHECK_INT(
        run("", *where ? L"audit report -o - --no-verify %ls" : L"audit report -o - --no-verify", where),
        *where ? 0 : 2);
    if (*where) CHECK_HAS(out, "\"state\":\"not checked\"");

    swprintf(path, MAX_PATH, L"%ls\\*.new", directory);
    HANDLE search = FindFirstFileW(path, &found);
    CHECK(search == INVALID_HANDLE_VALUE); /* no unfinished file is left */
    if (search != INVALID_HANDLE_VALUE) FindClose(search);
    directory_remove(directory);
}

/* Lists more than a page of launches, without a broker. */
static void many(void) {
    wchar_t directory[MAX_PATH];
    char path[4 * MAX_PATH];
    audit_error error = {0};
    int at = 0;

    check_about("many pages");
    if (!CHECK(directory_make(directory, L"many"))) return;
    swprintf(where, 600, L"--db \"%ls\\many.db\"", directory);
    WideCharToMultiByte(CP_UTF8, 0, directory, -1, path, 3 * MAX_PATH, NULL, NULL);
    strcat(path, "\\many.db");

    if (CHECK(many_rows(path, 3500, &error))) {
        CHECK_INT(run("", L"audit export --fields seq -o csv %ls", where), 0);
        CHECK_INT(lines_of(out), 3501);
        long long last = 0;
        for (char *line = strchr(out, '\n'); line && line[1]; line = strchr(line + 1, '\n'), at++) {
            if (atoll(line + 1) <= last) break;
            last = atoll(line + 1);
        }
        CHECK_INT(at, 3500); /* each after the one before */
        CHECK_INT(run("", L"audit list -n 2500 --fields seq -o csv %ls", where), 0);
        CHECK_INT(lines_of(out), 2501);
        CHECK_INT(atoll(strchr(out, '\n')), last);
        CHECK_INT(run("", L"audit tail -n 2500 --fields seq -o csv %ls", where), 0);
        CHECK_INT(lines_of(out), 2501);
        CHECK(strrchr(out, '\n') - out > 10 && strstr(out + strlen(out) - 12, "\n"));
        CHECK_INT(run("", L"audit summary --by outcome -o json %ls", where), 0);
        CHECK_HAS(out, "\"pending\":3,");
    } else {
        printf("%s\n", error.message);
    }

    CHECK_INT(run("", L"audit list --db C:\\no\\such.db"), 125);
    CHECK_HAS(err, "opening the audit database");
    directory_remove(directory);
}

int wmain(int argc, wchar_t **argv) {
    test_broker broker;
    (void)argc, (void)argv;
    SetEnvironmentVariableW(L"NO_COLOR", L"1");
    if (!broker_start(&broker, NULL)) return 1;
    SetEnvironmentVariableW(L"SPAWN_BROKER_PIPE", broker.pipe);
    launches();

    for (int file = 0; file < 2; file++) {
        if (file) swprintf(where, 600, L"--db \"%ls\\audit.db\"", broker.data);
        printf("%s\n", file ? "from the database" : "from the broker");
        if (!file) each_filter();
        formats();
        one();
        family();
        summed_up();
        reported();
        collected();
        followed();
    }

    many();
    CHECK_INT(broker_stop(&broker), 0);
    return check_report();
}
