/* test_docs WORK ROOT PAGE...: runs the blocks of the documentation that need no Windows, and checks that all
 * others are of a kind that test_docs_run runs, or say why they are not run; that commands and files named in
 * the text exist; and that every link leads somewhere. PAGEs are relative to ROOT. */
#include "tests/support/check.h"
#include "tests/audit/fixture.h"
#include "tests/docs/links.h"
#include "service/policy/policy.h"
#include "tests/audit/some_rows.h"
#include "tests/docs/paths.h"
#include "tests/docs/usage.h"

#include <stdlib.h>

static const char *root;

static char *file_of_tree(const char *name) {
    static char text[1 << 18];
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[length] = 0;
    if (file) fclose(file);
    return length ? text : NULL;
}

static bool has_line(const char *text, const char *line, size_t length) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") == length && !strncmp(text, line, length)) return true;
    return false;
}

/* ---- json: policies ---- */

static const char *folder(void *context, const char *name) {
    (void)context;
    return !strcmp(name, "SystemRoot") ? "C:\\Windows" : "C:\\Program Files";
}

static void run_json(const page_block *b) {
    const policy_options options = {.folder = folder};
    policy *p = NULL;
    policy_error error = {0};
    if (!CHECK(policy_parse(b->text, strlen(b->text), &options, &p, &error)))
        fprintf(stderr, "    %zu:%zu %s\n", error.line, error.column, error.message);
    policy_free(&p);
}

/* ---- sql: queries on a database with launches of every kind ---- */

static db *questioned;
static int questions, answered;

/* Returns how many rows a query has, or -1 if it fails. */
static int ask(const char *sql) {
    audit_error error = {0};
    db_statement *s = NULL;
    db_row row;
    bool found = true;
    int rows = 0;
    if (!fixture_ok(db_prepare(questioned, sql, &s, &error), &error, sql)) return -1;
    db_args args = db_with(s);
    while (fixture_ok(db_next(&args, "asking", &row, &found, &error), &error, sql) && found) rows++;
    db_end(&args);
    db_finalize(&s);
    return rows;
}

static void run_sql(const page_block *b) {
    questions++;
    answered += ask(b->text) > 0;
}

static audit_store *some_store(void) {
    audit_error error = {0};
    const char *path = fixture_path("docs.db");
    audit_store *store = fixture_open(path);
    if (!some_rows(store, 300) ||
        !fixture_ok(db_open(path, DB_FOR_READING, &questioned, &error), &error, path))
        exit(1);
    return store;
}

/* ---- sh: scripts of the tree ---- */

/* Checks "sh FILE ARGUMENT...": the script exists, and contains each argument that begins with a hyphen. */
static void run_sh(const page_block *b) {
    char line[512], *word, *text = NULL;
    for (const char *at = b->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "#\n"), at);
        if (!(word = strtok(line, " "))) continue;
        CHECK_TEXT(word, "sh");
        word = strtok(NULL, " ");
        if (!CHECK(word && (text = file_of_tree(word)) != NULL)) continue;
        while ((word = strtok(NULL, " ")) != NULL)
            if (word[0] == '-' && !CHECK(strstr(text, word) != NULL)) fprintf(stderr, "    %s\n", word);
    }
}

/* ---- cmake: what test_installed_tree builds ---- */

static void run_cmake(const page_block *b) {
    char *text = file_of_tree("tests/install/CMakeLists.txt"), line[512];
    if (!CHECK(text != NULL)) return;
    for (const char *at = b->text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "#\n"), at);
        for (size_t end = strlen(line); end && line[end - 1] == ' ';) line[--end] = 0;
        if (!CHECK(has_line(text, line, strlen(line)))) fprintf(stderr, "    %s\n", line);
    }
}

/* ---- diff: between two files of the tree ---- */

/* Returns text without the lines that the block has with this mark in front. Release it with free(). */
static char *without(const char *text, const page_block *b, char mark) {
    char *rest = calloc(1, strlen(text) + 2), *to = rest;
    for (; rest && *text; text += strcspn(text, "\n"), text += *text == '\n') {
        char marked[512];
        size_t length = strcspn(text, "\n");
        snprintf(marked, sizeof marked, "%c%.*s", mark, (int)length, text);
        if (has_line(b->text, marked, strlen(marked))) continue;
        memcpy(to, text, length);
        to += length;
        *to++ = '\n';
    }
    return rest;
}

/* Checks a diff: without the lines that it shows, the files after "---" and "+++" must be equal. */
static void run_diff(const page_block *b) {
    char before[256], after[256];
    if (!CHECK(sscanf(b->text, "--- %255s\n+++ %255s\n", before, after) == 2)) return;
    char *text = file_of_tree(before);
    char *rest = text ? without(text, b, '-') : NULL;
    text = file_of_tree(after);
    char *other = text ? without(text, b, '+') : NULL;
    CHECK_TEXT(other, rest);
    free(rest);
    free(other);
}

/* ---- all ---- */

static void run(const page_block *b) {
    if (!strcmp(b->kind, "json")) run_json(b);
    else if (!strcmp(b->kind, "sql")) run_sql(b);
    else if (!strcmp(b->kind, "sh")) run_sh(b);
    else if (!strcmp(b->kind, "cmake")) run_cmake(b);
    else run_diff(b);
}

typedef struct tally {
    const char *kind;
    int here, elsewhere, not_run;
} tally;

static tally *tally_of(tally *list, const char *kind) {
    while (list->kind && strcmp(list->kind, kind)) list++;
    list->kind = kind;
    return list;
}

static void look_at(const page *p, tally *list) {
    check_case("%s:%d: a block that is indented: it needs a fence", p->path, p->stray);
    CHECK(!p->stray);
    for (size_t i = 0; i < p->count; i++) {
        const page_block *b = &p->blocks[i];
        tally *t = tally_of(list, b->kind);
        check_case("%s:%d: ```%s", b->path, b->line, b->kind);
        if (b->reason) {
            printf("not run: %s:%d: %s%s%s\n", b->path, b->line, b->kind, b->kind[0] ? ": " : "", b->reason);
            t->not_run++;
        } else if (CHECK(page_runner_of(b->kind) !=
                         RUN_NOWHERE)) { /* no test runs it, and it does not say why */
            bool here = page_runner_of(b->kind) == RUN_PORTABLE;
            if (here) run(b);
            t->here += here;
            t->elsewhere += !here;
        }
    }
}

int main(int argc, char **argv) {
    enum { MOST = 32 };
    static page pages[MOST];
    static char paths[MOST][1024];
    tally list[MOST] = {0};
    size_t count = 0, links, commands = 0, files = 0;
    int ran = 0, elsewhere = 0, not_run = 0;

    if (argc < 4 || argc - 3 > MOST) return 2;
    root = argv[2];
    fixture_begin(2, argv);
    audit_store *store = some_store();

    for (; count < (size_t)argc - 3; count++) {
        snprintf(paths[count], sizeof paths[count], "%s/%s", root, argv[count + 3]);
        if (!page_read(paths[count], &pages[count])) return 1;
        look_at(&pages[count], list);
        check_case("commands in the text of %s", argv[count + 3]);
        CHECK(usage_good(&pages[count], root, &commands));
        check_case("files named in %s", argv[count + 3]);
        CHECK(paths_good(&pages[count], root, &files));
    }

    check_case("questions");
    CHECK(answered >= questions - 3); /* the rows are of another year than "the last day" and "this week" */

    check_case("links");
    CHECK(links_good(pages, count, &links));
    for (tally *t = list; t->kind; t++) {
        printf("%-8s %3d run here, %d by test_docs_run, %d not run\n", t->kind[0] ? t->kind : "(none)",
               t->here, t->elsewhere, t->not_run);
        ran += t->here, elsewhere += t->elsewhere, not_run += t->not_run;
    }

    printf(
        "%d blocks of %zu pages: %d run here, %d by test_docs_run, %d not run; %zu links, %zu commands and %zu "
        "files in the text\n",
        ran + elsewhere + not_run, count, ran, elsewhere, not_run, links, commands, files);
    db_close(&questioned);
    audit_close(&store);
    while (count) page_free(&pages[--count]);

    return check_report();
}
