/* A record on its way to the audit. */
#ifndef SB_SERVICE_BROKER_RECORDER_ITEM_H
#define SB_SERVICE_BROKER_RECORDER_ITEM_H

#include "proto/arena.h"
#include "service/audit/audit.h"

typedef enum item_kind { ITEM_REQUEST, ITEM_OUTCOME, ITEM_EXIT, ITEM_EVENT } item_kind;
typedef enum item_state {
    ITEM_WAITING,
    ITEM_WRITTEN,
    ITEM_FAILED,
    ITEM_KEPT,    /* failed; a copy is written when the audit works again */
    ITEM_REPEATED /* not written: the request's caller has used its key before */
} item_state;

/* A request, and any record that a thread waits for, belongs to that thread. The writer frees the others
 * after writing them. */
typedef struct recorder_item {
    struct recorder_item *next;
    item_kind kind;
    item_state state, result; /* state needs the lock; result is the writer's until it settles the item */
    bool waited_for;
    bool again;    /* the writer's: it failed and may be written later */
    bool keep;     /* of a request: keep a copy if it fails */
    bool repeated; /* of a request: its caller has used its key before; it is not written */
    audit_error error;
    union {
        const audit_request *request;
        audit_outcome outcome;
        audit_exit exit;
        struct {
            int64_t at;
            const char *kind, *detail;
        } event;
    } u;
    arena memory; /* owns what the record points to, unless the waiting thread does */
} recorder_item;

/* All copy their arguments, except item_of_request: the request must stay until the item is settled. NULL
 * when out of memory. */
recorder_item *item_of_request(const audit_request *request);
recorder_item *item_of_outcome(const audit_outcome *outcome);
recorder_item *item_of_exit(const audit_exit *exit);
/* detail is text or NULL. */
recorder_item *item_of_event(int64_t at, const char *kind, const char *detail);
/* Copies a request with everything that it points to; no thread waits for the copy. */
recorder_item *item_copy(const recorder_item *request);
/* Turns an outcome or exit whose launch is not in this database into an event that says the same. False: out
 * of memory. */
bool item_to_event(recorder_item *item);
void item_free(recorder_item *item);

/* Adds the record to the open transaction; one that is repeated adds nothing. On failure item->error says
 * why. */
bool item_add(recorder_item *item, audit_store *store);

#endif
