/* Asks the broker, or reads a database file: the requests are the same. */
#include "client/ctl/audit.h"
#include "client/ctl/audit_query.h"

#include <stdlib.h>

enum { FILE_BYTES = 4 * 1024 * 1024 }; /* the most that a page read from a file may take */

typedef struct answer {
    struct answer *next;
    msg_reply reply; /* the broker's */
    arena memory;    /* of rows from a file */
} answer;

struct audit_source {
    ctl *c;
    sb_client *client;  /* NULL with a file */
    audit_store *store; /* NULL with a broker */
    answer *answers;    /* the last one first; all of them if keep, else only that one */
    bool keep;
};

static void forget(audit_source *s) {
    for (answer *a = s->answers, *next; a; a = next) {
        next = a->next;
        msg_reply_free(&a->reply);
        arena_free(&a->memory);
        free(a);
    }
    s->answers = NULL;
}

void source_keep(audit_source *s) {
    s->keep = true;
}

void source_close(audit_source **s) {
    if (!*s) return;
    forget(*s);
    sb_disconnect((*s)->client);
    audit_close(&(*s)->store);
    free(*s);
    *s = NULL;
}

int source_open(ctl *c, audit_source **ret) {
    const char *db = option_value(c, OPT_db);
    audit_source *s = calloc(1, sizeof *s);
    audit_error error;
    int result = CTL_EXIT_OK;
    if (!s) return CTL_EXIT_FAILED;
    s->c = c;
    if (!db) result = ctl_connect(c, &s->client);
    else if (!audit_open_reader(db, &s->store, &error)) result = audit_failed(c, &error);
    if (result) source_close(&s);
    *ret = s;
    return result;
}

static answer *another(audit_source *s) {
    if (!s->keep) forget(s);
    answer *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->next = s->answers;
    s->answers = a;
    return a;
}

static char *encode_query(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_query(id, context, ret_length);
}

static char *encode_summary(int64_t id, const void *context, size_t *ret_length) {
    return msg_encode_summary(id, context, ret_length);
}

int source_page(audit_source *s, const msg_query *query, msg_page *ret) {
    audit_error error;
    answer *a = another(s);
    if (!a) return CTL_EXIT_FAILED;
    if (s->client) {
        int result = ctl_exchange(s->c, s->client, encode_query, query, &a->reply);
        if (result) return result;
        return msg_reply_query(&a->reply, ret) ? CTL_EXIT_OK : ctl_bad_reply(s->c, &a->reply);
    }
    const audit_filter filter = {.before = query->before,
                                 .after = query->after,
                                 .limit = query->limit,
                                 .oldest_first = query->oldest_first,
                                 .where = query->filter};
    return audit_page(s->store, &filter, FILE_BYTES, &a->memory, ret, &error) ? CTL_EXIT_OK
                                                                              : audit_failed(s->c, &error);
}

int source_summary(audit_source *s, const msg_summary *summary, msg_groups *ret) {
    audit_error error;
    answer *a = another(s);
    if (!a) return CTL_EXIT_FAILED;
    if (s->client) {
        int result = ctl_exchange(s->c, s->client, encode_summary, summary, &a->reply);
        if (result) return result;
        return msg_reply_summary(&a->reply, ret) ? CTL_EXIT_OK : ctl_bad_reply(s->c, &a->reply);
    }
    const audit_filter filter = {.before = summary->before, .where = summary->filter};
    return audit_summary(s->store, &filter, msg_by_from_name(summary->by), FILE_BYTES, &a->memory, ret,
                         &error)
               ? CTL_EXIT_OK
               : audit_failed(s->c, &error);
}
