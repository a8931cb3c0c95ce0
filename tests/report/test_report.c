/* Checks each format: what it shows, what it escapes, and that its own grammar holds. */
#include "tests/support/check.h"
#include "proto/json_scan.h"
#include "client/report/detail.h"
#include "client/report/html.h"
#include "client/report/summary.h"
#include "tests/report/sample.h"
#include "proto/json_tree.h"
#include "proto/utf.h"

#include <stdlib.h>

static sample_text text;

#define CHECK_FINDS(got, wanted)                                                \
    do {                                                                        \
        if (!CHECK(strstr((got), (wanted))))                                    \
            fprintf(stderr, "    got    %s\n    wanted %s\n", (got), (wanted)); \
    } while (0)

/* Checks that the text cannot control a terminal. */
static void check_harmless(const char *shown) {
    for (const char *p = shown; *p;) {
        uint32_t c = (uint32_t)utf8_next(&p, NULL);
        if (c != '\n' && c != '\r' && !CHECK(!out_is_deceptive(c))) {
            fprintf(stderr, "    U+%04X in %s\n", (unsigned)c, shown);
            return;
        }
    }
}

static void shown(void) {
    arena a = {0};
    check_case("text for people");
    CHECK_TEXT(out_shown(&a, "a\tb\x7F\xC2\x9B\xE2\x80\xAEz", 0), "a\\x09b\\x7f\\x9b\\u202ez");
    CHECK_TEXT(out_shown(&a, NULL, 0), "-");
    CHECK_TEXT(out_shown(&a, "\xFF", 0), "(not text)");
    CHECK_TEXT(out_shown(&a, "abcdefgh", 8), "abcdefgh");
    CHECK_TEXT(out_shown(&a, "abcdefghi", 8), "abcde...");
    CHECK_INT(out_columns("\xE6\xBC\xA2z\xCC\x81"), 3);
    CHECK_TEXT(out_cut(&a, "\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2", 6), "\xE6\xBC\xA2...");
    CHECK_TEXT(out_json_shown(&a, "\"\xE2\x80\xAE\xF3\xA0\x80\x81\xC3\xA9\""),
               "\"\\u202e\\udb40\\udc01\xC3\xA9\"");
    arena_free(&a);
}

static void tables(void) {
    report_look look = {.format = REPORT_table};
    check_case("table");
    const char *got = sample_report(&text, &look);
    check_harmless(got);
    CHECK_FINDS(got, "SEQ  REQUESTED             CALLER");
    CHECK_FINDS(got, "exited with 0xC0000005: access violation");
    CHECK_FINDS(got, "denied at decide: error 1260, no, \"never\"\\x0d\\x0aat all");
    CHECK_FINDS(got, "stdin:File(0x120189) log:-(0x4)");

    for (size_t width = 60; width < 200; width += 7) {
        check_case("table in %zu columns", width);
        look.width = width;
        got = sample_report(&text, &look);
        for (char *line = strtok(text.bytes, "\n"); line; line = strtok(NULL, "\n"))
            if (!CHECK(out_columns(line) <= width)) fprintf(stderr, "    %s\n", line);
    }

    check_case("colour");
    look.colour = true;
    CHECK_FINDS(sample_report(&text, &look), "\x1b[31m");
    check_case("wide is not cut");
    look = (report_look){.format = REPORT_wide, .width = 40};
    CHECK_FINDS(sample_report(&text, &look), "01a20fb7-f606-7586-b750-81420ae4f299");
}

static void text_lines(void) {
    report_look look = {.format = REPORT_line};
    check_case("line");
    const char *got = sample_report(&text, &look);
    check_harmless(got);
    CHECK_FINDS(got, "requested_at=\"2026-09-21 14:13:20.123456Z\" seq=7 outcome=started "
                     "exit_code=3221225477 caller_user=BOX\\ann");
    CHECK_FINDS(got, "command_line=\"=cmd|'/c calc'!A0 \\\"\\x1b[31m\\u202e");
    check_case("csv");
    fields columns;
    const char *unknown;
    arena a = {0};
    look = (report_look){.format = REPORT_csv, .columns = &columns};
    CHECK(columns_parse(&a, "seq,requested_at,command_line,error_message,handles,exited_at", &columns,
                        &unknown));
    got = sample_report(&text, &look);
    check_harmless(got);
    CHECK_FINDS(got, "seq,requested_at,command_line,error_message,handles,exited_at\r\n"
                     "7,2026-09-21T14:13:20.123456Z,\"'=cmd|'/c calc'!A0 \"\"\\x1b[31m\\u202e");
    CHECK_FINDS(got, "11,2026-09-21T14:13:20.123457Z,,\"no, \"\"never\"\"\\x0d\\x0aat all\",,\r\n");
    check_case("fields");
    static const char *const wrong[][2] = {
        {"seq,none", "none"}, {"", ""}, {"seq,", ""}, {"seq,seq", "seq"}, {"SEQ", "SEQ"}};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(!columns_parse(&a, wrong[i][0], &columns, &unknown));
        CHECK_TEXT(unknown, wrong[i][1]);
    }

    arena_free(&a);
}

/* A cell is quoted if it has to be, and never a formula. */
static void csv_cells(void) {
    static const char *const list[][2] = {
        {"a", "a"},        {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"a b", "\"a b\""},    {"a=b", "a=b"},
        {"=1", "\"'=1\""}, {"+1", "\"'+1\""},  {"-1", "\"'-1\""},      {"@SUM", "\"'@SUM\""}, {"'=1", "'=1"},
    };
    arena a = {0};
    fields columns;
    const char *unknown;
    CHECK(columns_parse(&a, "command_line", &columns, &unknown));
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        const report_look look = {.format = REPORT_csv, .columns = &columns};
        const report_sink sink = {.write = sample_put, .context = &text};
        const msg_launch launch = {.command_line = list[i][0]};
        char wanted[64];
        check_case("csv of %s", list[i][0]);
        text = (sample_text){0};
        reporter *r = report_begin(&look, &sink);
        if (!CHECK(r)) break;
        report_rows(r, &launch, 1);
        report_end(&r, false, 0);
        snprintf(wanted, sizeof wanted, "command_line\r\n%s\r\n", list[i][1]);
        CHECK_TEXT(text.bytes, wanted);
    }
    arena_free(&a);
}

/* Parses strict JSON; NULL if it is not valid. */
static json_tree_node *scanned(const char *json) {
    fault f;
    if (!CHECK(json_scan(json, strlen(json), SIZE_MAX, &f) == FAULT_NONE)) return NULL;
    return json_tree_parse(json, strlen(json));
}

/* What OCSF calls it: whether it was allowed, and whether it succeeded. */
static void ocsf(void) {
    static const struct {
        int action, status;
    } wanted[] = {{1, 1}, {2, 2}, {0, 0}, {0, 0}}; /* started, denied, pending, interrupted */
    const report_look look = {.format = REPORT_ocsf, .host = "box"};
    int at = 0;
    sample_report(&text, &look);

    for (char *line = strtok(text.bytes, "\n"); line; line = strtok(NULL, "\n")) {
        json_tree_node *root = scanned(line);
        if (!root) return;
        check_case("ocsf: %.60s", line);
        if (json_tree_number(json_tree_member(root, "activity_id")) == 1 && CHECK(at < SAMPLES)) {
            CHECK_INT(json_tree_number(json_tree_member(root, "action_id")), wanted[at].action);
            CHECK_INT(json_tree_number(json_tree_member(root, "disposition_id")), wanted[at].action);
            CHECK_INT(json_tree_number(json_tree_member(root, "status_id")), wanted[at].status);
            at++;
        }
        json_tree_free(root);
    }

    CHECK_INT(at, SAMPLES);
}

static void json(void) {
    report_look look = {.format = REPORT_json};
    for (int indented = 0; indented < 2; indented++) {
        check_case("json, indented %d", indented);
        look.indented = indented;
        const char *got = sample_report(&text, &look);
        check_harmless(got);
        CHECK(indented || !strncmp(got, "{\"launches\":[{\"launch_id\":", 26));
        json_tree_node *root = scanned(got);
        if (!root) return;
        CHECK_INT(json_tree_count(json_tree_member(root, "launches")), SAMPLES);
        CHECK(json_tree_is_true(json_tree_member(root, "more")));
        CHECK(json_tree_number(json_tree_member(root, "cursor")) == 15);
        CHECK_TEXT(json_tree_text(
                       json_tree_member(json_tree_first(json_tree_member(root, "launches")), "command_line")),
                   sample[0].command_line);
        json_tree_free(root);
    }

    check_case("jsonl");
    look = (report_look){.format = REPORT_jsonl};
    sample_report(&text, &look);
    int lines = 0;

    for (char *line = strtok(text.bytes, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_tree_node *root = scanned(line);
        CHECK_INT(json_tree_count(root), AUDIT_SHOWN_COLUMNS + 1); /* and the handles */
        json_tree_free(root);
    }

    CHECK_INT(lines, SAMPLES);
}

static void detail(void) {
    const report_look look = {0};
    const report_sink sink = {.write = sample_put, .context = &text};
    check_case("show");
    for (int i = 0; i < SAMPLES; i++) {
        text = (sample_text){0};
        report_detail(&look, &sink, &sample[i]);
        check_harmless(text.bytes);
        CHECK_FINDS(text.bytes, sample[i].launch_id);
        if (i) continue;
        CHECK_FINDS(text.bytes, "  exit code    3221225477 (0xC0000005): access violation\n");
        CHECK_FINDS(text.bytes, "  ran          7.00 s\n");
        CHECK_FINDS(text.bytes, "  names        PATH\n               TEMP\n");
        CHECK_FINDS(text.bytes, "log    -     0x4 ");
    }
}

static void kin(void) {
    msg_launch child = {
        .has_caller_started_at = true, .caller_pid = 812, .caller_started_at = SAMPLE_AT + 4000};
    check_case("tree");
    CHECK(tree_is_parent(&sample[0], &child));
    child.caller_started_at++;
    CHECK(!tree_is_parent(&sample[0], &child)); /* another process with the same id */
    child.has_caller_started_at = false;
    CHECK(!tree_is_parent(&sample[0], &child));
    const tree_line lines[] = {{.launch = &sample[0]},
                               {.launch = &sample[1], .depth = 1, .marked = true, .remark = "(r)"}};
    const report_look look = {0};
    const report_sink sink = {.write = sample_put, .context = &text};
    text = (sample_text){0};
    report_tree(&look, &sink, lines, 2);
    check_harmless(text.bytes);
    CHECK_FINDS(text.bytes, "11*");
    CHECK_FINDS(text.bytes, "  - nosuch.exe  (r)\n");
}

static void summaries(void) {
    static const msg_latency one[] = {{10, 50}, {20, 45}, {30, 4}}, two[] = {{15, 1}, {20, 5}};
    const msg_group first[] = {{.key = "a", .started = 99, .failed = 1, .latency = one, .latency_count = 3},
                               {.key = NULL, .denied = 2}};
    const msg_group second[] = {{.key = "b", .pending = 1},
                                {.key = "a", .started = 6, .latency = two, .latency_count = 2}};
    const msg_groups parts[] = {{.list = first, .count = 2}, {.list = second, .count = 2}};

    report_look look = {.format = REPORT_json};
    const report_sink sink = {.write = sample_put, .context = &text};
    check_case("summary");
    CHECK_INT(summary_percentile(one, 3, 0.5), 10);
    CHECK_INT(summary_percentile(one, 3, 0.95), 20);
    CHECK_INT(summary_percentile(one, 3, 0.99), 30);
    CHECK_INT(summary_percentile(one, 0, 0.5), -1);
    static const msg_latency even[] = {{10, 50}, {20, 50}};
    CHECK_INT(summary_percentile(even, 2, 0.5), 10); /* half of them took no longer */

    for (int table = 0; table < 2; table++) {
        summary *s = summary_begin();
        if (!CHECK(s && summary_add(s, &parts[0]) && summary_add(s, &parts[1]))) return;
        CHECK_INT(summary_count(s), 3);
        text = (sample_text){0};
        look.format = table ? REPORT_table : REPORT_json;
        summary_print(s, "user", &look, &sink);
        summary_free(&s);
        if (table) CHECK_FINDS(text.bytes, "USER  LAUNCHES  STARTED  DENIED");
        else
            CHECK_FINDS(text.bytes, "{\"by\":\"user\",\"groups\":[{\"user\":\"a\",\"launches\":106,"
                                    "\"started\":105,\"denied\":0,\"failed\":1,");
        if (!table) CHECK_FINDS(text.bytes, "\"p50_us\":20,\"p95_us\":20,\"p99_us\":30}");
    }
}

/* What did not start although it was asked for; one that is still open did not fail. */
static void shares(void) {
    static const msg_group groups[] = {{.key = "a", .started = 1, .denied = 1, .failed = 1, .interrupted = 1},
                                       {.key = "b", .started = 3, .interrupted = 1},
                                       {.key = "c", .started = 1, .pending = 1}};
    static const msg_groups part = {.list = groups, .count = 3};
    const report_look look = {.format = REPORT_jsonl};
    const report_sink sink = {.write = sample_put, .context = &text};
    check_case("the share of failures");
    summary *s = summary_begin();
    if (!CHECK(s && summary_add(s, &part))) return;
    text = (sample_text){0};
    summary_print(s, "user", &look, &sink);
    summary_free(&s);
    CHECK_FINDS(text.bytes, "\"interrupted\":1,\"pending\":0,\"failure_share\":0.75,");
    CHECK_FINDS(text.bytes, "\"interrupted\":1,\"pending\":0,\"failure_share\":0.25,");
    CHECK_FINDS(text.bytes, "\"pending\":1,\"failure_share\":0,");
}

/* Returns a page's data: the unchanged content of its element. */
static const char *page_data(size_t rows_most, int times) {
    static sample_page page;
    const report_sink sink = {.write = sample_page_put, .context = &page};
    const html_about about = {.version = "1", .rows_most = rows_most};
    page = (sample_page){0};
    html_page *p = html_begin(&about, &sink);
    if (!CHECK(p)) return "";
    for (int i = 0; i < times; i++) CHECK(html_rows(p, sample, SAMPLES));
    CHECK_INT(html_count(p), times * SAMPLES);
    CHECK(html_end(&p));
    char *data = strstr(page.bytes, "id=\"data\">"), *end = data ? strstr(data, "</script>") : NULL;
    if (!CHECK(data && end)) return "";
    *end = 0;
    return data + strlen("id=\"data\">");
}

/* Counts the launches in the cells of counted launches. */
static int64_t counted(const json_tree_node *root) {
    enum { TIME_AND_CALLER = 2 };
    int64_t sum = 0;
    const json_tree_node *cells =
        json_tree_member(json_tree_member(json_tree_member(root, "end"), "older"), "cells");
    for (const json_tree_node *cell = cells ? json_tree_first(cells) : NULL; cell;
         cell = json_tree_next(cell)) {
        int at = 0;
        for (const json_tree_node *n = json_tree_first(cell); n; n = json_tree_next(n), at++)
            if (at >= TIME_AND_CALLER) sum += (int64_t)json_tree_number(n);
    }
    return sum;
}

static void page(void) {
    static const size_t most[] = {0, 1, 7};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        check_case("a page with the latest %zu", most[i]);
        const char *data = page_data(most[i], 3);
        size_t one_by_one = most[i] ? most[i] : 3 * SAMPLES;
        check_harmless(data);
        CHECK(!strpbrk(data, "<>&"));
        json_tree_node *root = scanned(data);
        if (!root) return;
        CHECK_INT(json_tree_count(json_tree_member(root, "launches")), one_by_one);
        CHECK_INT(json_tree_number(json_tree_member(json_tree_member(root, "end"), "count")), 3 * SAMPLES);
        CHECK_INT(counted(root), 3 * SAMPLES - one_by_one);
        json_tree_free(root);
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "--ocsf")) { /* for a check against the schema */
        const report_look look = {.format = REPORT_ocsf, .host = "box"};
        FILE *file = fopen(argv[2], "wb");
        if (!file) return 1;
        fputs(sample_report(&text, &look), file);
        return fclose(file) ? 1 : 0;
    }
    shown();
    tables();
    text_lines();
    csv_cells();
    json();
    ocsf();
    detail();
    kin();
    summaries();
    shares();
    page();
    return check_report();
}
