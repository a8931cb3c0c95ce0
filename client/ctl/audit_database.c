/* Finds the audit that a command is about, and prints the messages that the commands share. */
#include "client/ctl/audit.h"
#include "client/ctl/audit_query.h"
#include "service/win32/console.h"

char *audit_encode_status(int64_t id, const void *context, size_t *ret_length) {
    (void)context;
    return msg_encode_status(id, ret_length);
}

/* Copies text of the reply, which is freed, into the arena. NULL for "". */
static const char *keep(ctl *c, const char *text) {
    return *text ? arena_printf(c->arena, "%s", text) : NULL;
}

int audit_find(ctl *c, audit_place *ret) {
    msg_reply reply;
    msg_status status;
    audit_place place = {.path = option_value(c, OPT_db)};
    int result = CTL_EXIT_OK;

    if (!place.path) {
        if ((result = ctl_call(c, audit_encode_status, NULL, &reply))) return result;
        if (msg_reply_status(&reply, &status))
            place = (audit_place){.path = keep(c, status.database),
                                  .of_broker = true,
                                  .head = keep(c, status.audit_head),
                                  .public_key = keep(c, status.audit_public_key)};
        else result = ctl_bad_reply(c, &reply);
        msg_reply_free(&reply);
    }

    if (!result && !place.path) {
        out_printf(STD_ERROR_HANDLE,
                   "spawnctl %s: the broker hides the path of the database, because you may not read all "
                   "records; name the database with --db FILE\n",
                   c->command);
        result = CTL_EXIT_FAILED;
    }
    if (!result) *ret = place;
    return result;
}

int audit_no_match(const ctl *c) {
    if (!c->json) out_printf(STD_ERROR_HANDLE, "spawnctl %s: no launch matches\n", c->command);
    return CTL_EXIT_NO_MATCH;
}

int audit_failed(const ctl *c, const audit_error *error) {
    if (c->json)
        out_printf(STD_ERROR_HANDLE, "{\"error\":{\"message\":%s}}\n", out_json(c->arena, error->message));
    else
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s\n", c->command, out_shown(c->arena, error->message, 0));
    return CTL_EXIT_FAILED;
}

void audit_progress(void *doing, int64_t done, int64_t total) {
    static int shown = -1;
    int percent = total > 0 ? (int)(100.0 * (double)done / (double)total) : 0;
    if (percent == shown || !console_is(STD_ERROR_HANDLE)) return;
    shown = percent;
    out_printf(STD_ERROR_HANDLE, "\r%s: %d %%", (const char *)doing, percent > 100 ? 100 : percent);
}

void audit_progress_end(void) {
    if (console_is(STD_ERROR_HANDLE)) out_printf(STD_ERROR_HANDLE, "\r%40s\r", "");
}
