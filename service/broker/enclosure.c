#include "service/broker/enclosure.h"

#include "service/win32/job.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

enclosure *enclosure_create(HANDLE job, enclosure *outer, const char *launch_id, msg_lifetime lifetime,
                            const msg_limits *limits) {
    enclosure *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    *e = (enclosure){.references = 1,
                     .job = job,
                     .outer = enclosure_hold(outer),
                     .lifetime = lifetime,
                     .binds = job && job_binds(limits, lifetime != MSG_LIFETIME_DETACHED)};
    strncpy(e->launch_id, launch_id, sizeof e->launch_id - 1);
    return e;
}

enclosure *enclosure_hold(enclosure *e) {
    if (e) InterlockedIncrement(&e->references);
    return e;
}

void enclosure_release(enclosure **e) {
    enclosure *at = *e;
    *e = NULL;
    while (at && !InterlockedDecrement(&at->references)) {
        enclosure *outer = at->outer;
        win_close(&at->job);
        free(at);
        at = outer;
    }
}

bool enclosure_ended(const enclosure *e) {
    for (e = e->outer; e; e = e->outer)
        if (e->binds && e->ended) return true;
    return false;
}

bool enclosure_goes_on(const enclosure *e) {
    for (; e; e = e->outer)
        if (e->lifetime == MSG_LIFETIME_BROKER || (e->lifetime == MSG_LIFETIME_CALLER && !e->shared))
            return false;
    return true;
}

DWORD enclosure_list(const enclosure *e, arena *a, launch_within *ret) {
    size_t count = 0;
    const char *launch_id = NULL;
    for (const enclosure *at = e; at; at = at->outer) {
        if (!at->binds) continue;
        if (!count++) launch_id = at->launch_id;
    }
    if (count > ENCLOSURE_MOST) return ERROR_TOO_MANY_LINKS;
    HANDLE *list = arena_array(a, count + 1, sizeof *list);
    if (!list) return ERROR_NOT_ENOUGH_MEMORY;

    *ret = (launch_within){.jobs = list, .count = count, .launch_id = launch_id};
    for (const enclosure *at = e; at; at = at->outer)
        if (at->binds) list[--count] = at->job;
    return ERROR_SUCCESS;
}
