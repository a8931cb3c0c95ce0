/* spawnctl audit report: writes an HTML page. */
#include "client/ctl/audit.h"
#include "client/ctl/audit_query.h"
#include "service/win32/console.h"
#include "service/win32/text.h"
#include "service/win32/whole_file.h"

#include <inttypes.h>
#include <string.h>

enum { FACTS_MOST = 32 };

typedef struct reporting {
    ctl *c;
    const char *name, *db; /* of the page; of the database, NULL: the broker's */
    audit_args args;
    html_fact asked[FACTS_MOST], known[FACTS_MOST];
    html_about about;
    whole_file *file; /* NULL: standard output */
} reporting;

static void add(html_facts *facts, html_fact *list, const char *name, const char *text) {
    if (facts->count == FACTS_MOST || !text) return;
    list[facts->count++] = (html_fact){name, text};
    facts->list = list;
}

/* ---- the request ---- */

static void ask_number(reporting *r, const char *name, int64_t number) {
    add(&r->about.asked, r->asked, name, arena_printf(r->c->arena, "%" PRId64, number));
}

static void ask_time(reporting *r, const char *name, int64_t at, const char *as_given) {
    arena *a = r->c->arena;
    add(&r->about.asked, r->asked, name,
        arena_printf(a, "%s (--%s %s)", when_format(a, at, &r->args.look.zone, WHEN_SECONDS), name,
                     as_given));
}

static void say_what_was_asked(reporting *r) {
    const msg_filter *f = &r->args.filter;
    html_facts *asked = &r->about.asked;
    if (r->db) add(asked, r->asked, "database", r->db);
    else add(asked, r->asked, "from", "the broker: the launches that its policy lets this caller read");
    size_t before = asked->count;
    if (f->has_since) ask_time(r, "since", f->since, option_value(r->c, OPT_since));
    if (f->has_until) ask_time(r, "until", f->until, option_value(r->c, OPT_until));
#define X(name) \
    if (f->name) add(asked, r->asked, #name, f->name);
    FILTER_TEXT_LIST(X)
#undef X
#define X(name, least, most) \
    if (f->has_##name && strcmp(#name, "since") && strcmp(#name, "until")) ask_number(r, #name, f->name);
    FILTER_NUMBER_LIST(X)
#undef X
    if (asked->count == before) add(asked, r->asked, "filters", "none: every launch");
}

/* ---- the chain ---- */

static int check_file(reporting *r) {
    const audit_place place = {.path = r->db};
    audit_checked checked;
    int result =
        audit_check(r->c, &place, option_value(r->c, OPT_public_key), option_value(r->c, OPT_head), &checked);
    if (result) return result;
    r->about.chain = checked.verdict.findings ? HTML_CHAIN_NOT_WHOLE : HTML_CHAIN_WHOLE;
    for (size_t i = 0; i < checked.fact_count; i++)
        add(&r->about.chain_facts, r->known, checked.facts[i].name, checked.facts[i].text);
    if (checked.verdict.findings > (int64_t)checked.finding_count)
        add(&r->about.chain_facts, r->known, "wrong",
            arena_printf(r->c->arena, "%" PRId64 " findings, of which the first %zu are here",
                         checked.verdict.findings, checked.finding_count));
    r->about.wrong = checked.findings;
    r->about.wrong_count = checked.finding_count;
    return CTL_EXIT_OK;
}

/* Shows the state of the audit as the broker reports it. The broker does not verify its records. */
static int ask_broker(reporting *r) {
    arena *a = r->c->arena;
    msg_reply reply;
    msg_status status;
    int result = ctl_call(r->c, audit_encode_status, NULL, &reply);
    if (result) return result;
    if (msg_reply_status(&reply, &status)) {
        html_facts *known = &r->about.chain_facts;
        add(known, r->known, "broker", arena_printf(a, "%s", status.version));
        add(known, r->known, "state", arena_printf(a, "%s %s", status.audit_state, status.audit_trouble));
        add(known, r->known, "signed",
            arena_printf(a, "last checkpoint %s", out_time(a, status.audit_checkpoint_at)));
        add(known, r->known, "head",
            *status.audit_head ? arena_printf(a, "%s", status.audit_head)
                               : "hidden: you may not read all records");
    } else result = ctl_bad_reply(r->c, &reply);
    msg_reply_free(&reply);
    return result;
}

static int find_chain(reporting *r) {
    const char *why =
        r->db ? "not checked (--no-verify)"
              : "not checked: the launches come from the broker. `spawnctl audit verify` reads every record";
    if (r->db && !option_given(r->c, OPT_no_verify)) return check_file(r);
    add(&r->about.chain_facts, r->known, "verified", why);
    return r->db ? CTL_EXIT_OK : ask_broker(r);
}

/* ---- the launches ---- */

static void show_progress(const html_page *page) {
    if (console_is(STD_ERROR_HANDLE))
        out_printf(STD_ERROR_HANDLE, "\rreading: %" PRIu64 " launches", html_count(page));
}

static int no_memory(const ctl *c) {
    out_printf(STD_ERROR_HANDLE, "spawnctl %s: not enough memory for the report\n", c->command);
    return CTL_EXIT_FAILED;
}

static int read_rows(reporting *r, audit_source *source, html_page *page) {
    msg_query query = {.limit = LIMIT_QUERY_ROWS, .filter = r->args.filter};
    msg_page rows = {.more = true};
    int result = CTL_EXIT_OK;
    while (!result && rows.more) {
        if ((result = source_page(source, &query, &rows))) break;
        if (!html_rows(page, rows.rows, rows.count)) result = no_memory(r->c);
        query.before = rows.next;
        show_progress(page);
    }
    audit_progress_end();
    return result;
}

static int write_page(reporting *r, audit_source *source, uint64_t *ret_count, uint64_t *ret_shown) {
    const report_sink to_file = {.write = whole_file_add, .context = r->file};
    html_page *page = html_begin(&r->about, r->file ? &to_file : &out_sink);
    if (!page) return no_memory(r->c);
    int result = read_rows(r, source, page);
    *ret_count = html_count(page);
    *ret_shown = html_shown(page);
    if (!html_end(&page) && !result) result = no_memory(r->c);
    if (!r->file) out_flush();
    return result;
}

/* ---- the file ---- */

static int file_failed(const reporting *r, DWORD err) {
    const ctl *c = r->c;
    const char *name = out_shown(c->arena, r->name, 0);
    if (err == ERROR_FILE_EXISTS || err == ERROR_ALREADY_EXISTS)
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s already exists; --force replaces it\n", c->command,
                   name);
    else
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s cannot be written (error %lu)\n", c->command, name,
                   err);
    return CTL_EXIT_FAILED;
}

static void tell(const reporting *r, uint64_t count, uint64_t shown) {
    arena *a = r->c->arena;
    if (r->c->json)
        out_printf(STD_OUTPUT_HANDLE, "{\"file\":%s,\"launches\":%" PRIu64 ",\"one_by_one\":%" PRIu64 "}\n",
                   out_json(a, r->name), count, shown);
    else
        out_printf(STD_OUTPUT_HANDLE, "%s: %" PRIu64 " launches%s\n", out_shown(a, r->name, 0), count,
                   shown == count ? ""
                                  : arena_printf(a, ", the latest %" PRIu64 " of them one by one", shown));
}

static int make(reporting *r) {
    audit_source *source = NULL;
    uint64_t count = 0, shown = 0;
    DWORD err = ERROR_SUCCESS;
    say_what_was_asked(r);
    int result = find_chain(r);
    if (!result) result = source_open(r->c, &source);
    if (!result) result = write_page(r, source, &count, &shown);
    source_close(&source);
    bool to_file = r->file;
    err = whole_file_end(&r->file, !result);
    if (err && !result) result = file_failed(r, err);
    if (to_file && !result) tell(r, count, shown);
    return result;
}

int ctl_audit_report(ctl *c) {
    reporting r = {.c = c,
                   .name = option_value(c, OPT_file),
                   .db = option_value(c, OPT_db),
                   .about = {.made_at = out_now(), .version = SB_VERSION}};
    DWORD err = ERROR_SUCCESS;
    int result = audit_args_read(c, &r.args);
    if (result) return result;
    if (!r.name) return ctl_usage(c, "-o FILE is required (-o - is standard output)");
    if (!r.db &&
        (option_given(c, OPT_head) || option_given(c, OPT_public_key) || option_given(c, OPT_no_verify)))
        return ctl_usage(
            c,
            "--head, --public-key and --no-verify require --db: records of the broker are not verified here");

    if (strcmp(r.name, "-")) {
        const wchar_t *path = text_wide(c->arena, r.name);
        bool force = option_given(c, OPT_force);
        err = path ? whole_file_begin(path, force, NULL, &r.file) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
        if (err) return file_failed(&r, err);
    }
    r.about.utc = option_given(c, OPT_utc);
    return make(&r);
}
