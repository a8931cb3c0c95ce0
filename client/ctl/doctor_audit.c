/* spawnctl doctor: checks that the audit is written and whole, and that the clock was not set back. */
#include "client/ctl/doctor.h"
#include "service/audit/pem.h"
#include "service/win32/text.h"
#include "service/audit/upkeep.h"
#include "service/audit/verify.h"
#include "service/win32/whole_file.h"
#include "service/win32/win.h"

#include <inttypes.h>
#include <string.h>

/* Verifying this many takes about a second. */
enum { RECORDS_MOST = 100000 };
#define CLOCK_SLACK_US (INT64_C(2) * 1000000)

static void check_state(doctor *d) {
    const msg_status *s = &d->status;
    if (!s->version) {
        doctor_say(d, "audit", DOCTOR_SKIPPED, NULL, "not checked: no broker reports its state");
        return;
    }
    if (strcmp(s->audit_state, "working") != 0)
        doctor_say(d, "audit", DOCTOR_ERROR, "docs/operations.md, \"When the audit cannot be written\"",
                   "%s, since %s: %s", s->audit_state, out_time(d->a, s->audit_trouble_since),
                   *s->audit_trouble ? s->audit_trouble : "only administrators see why");
    else if (s->audit_lost)
        doctor_say(d, "audit", DOCTOR_WARNING, "the Event Log says when",
                   "working, but %" PRId64 " records were lost since the broker started", s->audit_lost);
    else
        doctor_say(d, "audit", DOCTOR_OK, NULL, "working, %" PRId64 " records since the broker started",
                   s->audit_records);
}

static void on_finding(void *context, const char *text) {
    const char **first = context;
    if (!*first) *first = text;
}

/* Finds the broker's public key: as the broker reports it, or in the file beside the database. */
static bool find_key(doctor *d, uint8_t ret[CRYPTO_PUBLIC_BYTES]) {
    char text[4096] = "";
    DWORD length = 0;
    if (d->status.version && pem_read(d->status.audit_public_key, ret)) return true;
    const wchar_t *path = text_wide(d->a, arena_printf(d->a, "%s\\audit.pub", d->data));
    return path && !whole_file_read(path, text, sizeof text - 1, &length) && pem_read(text, ret);
}

/* Returns the time of the newest record; 0: there is none, or it is not known. */
static int64_t check_chain(doctor *d) {
    static const char by_hand[] = "as an administrator, run spawnctl audit verify, which checks all records";
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    audit_head head;
    audit_usage usage;
    audit_verdict verdict;
    audit_error error;
    const char *first = NULL;
    bool has_head = d->status.version && audit_head_read(d->status.audit_head, &head);
    audit_verification how = {.path = d->database, .finding = on_finding, .context = &first};

    if (!d->database || !audit_measure(d->database, false, &usage, &error)) {
        doctor_say(d, "chain", DOCTOR_SKIPPED, by_hand, "not checked: %s",
                   d->database ? error.message : "the path of the audit is not known");
        return 0;
    }

    if (usage.last_seq - usage.first_seq > RECORDS_MOST) {
        doctor_say(d, "chain", DOCTOR_SKIPPED, by_hand,
                   "not checked: %" PRId64 " records would take too long",
                   usage.last_seq - usage.first_seq + 1);
        return usage.newest_at;
    }

    if (!find_key(d, key)) {
        doctor_say(d, "chain", DOCTOR_SKIPPED, by_hand,
                   "not checked: the broker's public key cannot be read");
        return usage.newest_at;
    }

    how.public_key = key;
    how.head = has_head ? &head : NULL;
    if (!audit_verify(&how, &verdict, &error)) {
        doctor_say(d, "chain", DOCTOR_SKIPPED, by_hand, "not checked: %s", error.message);
        return usage.newest_at;
    }

    if (verdict.findings)
        doctor_say(d, "chain", DOCTOR_ERROR,
                   "keep a copy of the files as they are; spawnctl audit verify lists all findings; "
                   "docs/audit.md says what they prove",
                   "NOT WHOLE, %" PRId64 " findings; the first: %s", verdict.findings, first ? first : "-");
    else
        doctor_say(d, "chain", DOCTOR_OK, NULL,
                   "whole: records %" PRId64 " to %" PRId64 ", signed through %" PRId64 "%s",
                   verdict.first_seq, verdict.last_seq, verdict.signed_through,
                   has_head ? ", complete up to the broker's head" : "");

    return verdict.last_at;
}

static char *encode_query(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_query(id, context, ret_length);
}

DWORD doctor_query(doctor *d, const char *launch_id, msg_reply *ret_reply, msg_page *ret,
                   sb_error *ret_error) {
    const msg_query query = {.limit = 1, .filter = {.launch_id = launch_id}};
    DWORD err = ctl_ask(d->client, encode_query, &query, ret_reply, ret_error);
    if (err) return err;
    if (msg_reply_query(ret_reply, ret)) return ERROR_SUCCESS;
    error_fault(ret_error, &ret_reply->fault);
    msg_reply_free(ret_reply);
    return ERROR_INVALID_DATA;
}

/* newest: the time of the newest record in the file; 0: not known, so the broker is asked for its newest
 * launch. */
static void check_clock(doctor *d, int64_t newest) {
    msg_reply reply;
    msg_page page;
    sb_error error;
    if (!newest && d->client && !doctor_query(d, NULL, &reply, &page, &error)) {
        if (page.count) newest = page.rows[0].requested_at;
        msg_reply_free(&reply);
    }
    int64_t now = win_now_us();
    if (!newest)
        doctor_say(d, "clock", DOCTOR_SKIPPED, NULL,
                   "not checked: there is no record to compare the clock with");
    else if (newest > now + CLOCK_SLACK_US)
        doctor_say(d, "clock", DOCTOR_ERROR,
                   "set the clock, and find out why it went back (w32tm /query /status)",
                   "it is %s, but the newest record is of %s", out_time(d->a, now), out_time(d->a, newest));
    else doctor_say(d, "clock", DOCTOR_OK, NULL, "%s, later than the newest record", out_time(d->a, now));
}

void doctor_audit(doctor *d) {
    check_state(d);
    check_clock(d, check_chain(d));
}
