/* One record on its way to the audit. */
#ifndef SB_SERVICE_BROKER_RECORDER_ITEM_H
#define SB_SERVICE_BROKER_RECORDER_ITEM_H

#include "proto/arena.h"
#include "service/audit/audit.h"

typedef enum item_kind { ITEM_REQUEST, ITEM_OUTCOME, ITEM_EXIT, ITEM_EVENT } item_kind;
typedef enum item_state {
    ITEM_WAITING,
    ITEM_WRITTEN,
    ITEM_FAILED,
    ITEM_KEPT /* failed, and a copy is written when the audit can be written again */
} item_state;

/* Requests and whatever is waited for belong to the one who waits; the rest is freed by the writer once it is
 * written. */
typedef struct recorder_item {
    struct recorder_item *next;
    item_kind kind;
    item_state state, result; /* state: with the lock held; result: the writer's, until it settles */
    bool waited_for;
    bool again; /* the writer's: it failed, and could be written later */
    bool keep;  /* of a request: a copy of it, if it fails */
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
    arena memory; /* owns what it points to, unless somebody waits who owns it */
} recorder_item;

/* All copy what they are given, but item_of_request: the request must stay until the item is settled. NULL
 * when out of memory. */
recorder_item *item_of_request(const audit_request *request);
recorder_item *item_of_outcome(const audit_outcome *outcome);
recorder_item *item_of_exit(const audit_exit *exit);
/* detail: NULL or text. */
recorder_item *item_of_event(int64_t at, const char *kind, const char *detail);
/* A request of its own, for nobody to wait for. */
recorder_item *item_copy(const recorder_item *request);
/* An outcome or exit whose launch is not in this database, as an event that says the same. False: out of
 * memory. */
bool item_to_event(recorder_item *item);
void item_free(recorder_item *item);

/* Adds it to the open transaction. On failure item->error says why. */
bool item_add(recorder_item *item, audit_store *store);

#endif
