/* spawnctl doctor: what its checks share. */
#ifndef SB_CLIENT_CTL_DOCTOR_H
#define SB_CLIENT_CTL_DOCTOR_H

#include "client/ctl/ctl.h"
#include "client/ctl/service.h"

enum { DOCTOR_EXIT_WARNINGS = 1, DOCTOR_EXIT_ERRORS = 3 };

/* From good to bad. */
typedef enum doctor_result { DOCTOR_OK, DOCTOR_SKIPPED, DOCTOR_WARNING, DOCTOR_ERROR } doctor_result;

typedef struct doctor_finding {
    const char *check, *found, *advice; /* advice: what to do; NULL: nothing */
    doctor_result result;
} doctor_finding;

enum { DOCTOR_FINDINGS = 32 };

typedef struct doctor {
    ctl *c;
    arena *a;
    doctor_finding list[DOCTOR_FINDINGS];
    size_t count;
    /* Found out by one check, used by those that follow: */
    wchar_t pipe[PIPE_NAME_UNITS]; /* the whole name */
    service_facts service;
    bool of_service;      /* the service is registered, and that is its pipe */
    DWORD server;         /* who serves the pipe; 0: nobody */
    sb_client *client;    /* NULL: not connected */
    msg_reply reply;      /* holds what status points to */
    msg_status status;    /* version NULL: the broker did not say */
    const char *data;     /* the broker's directory; NULL: not known */
    const char *database; /* NULL: not known */
} doctor;

/* One finding. advice may be NULL. Text that comes from elsewhere is shown as out_shown does it. */
void doctor_say(doctor *d, const char *check, doctor_result result, const char *advice, const char *format,
                ...);
/* "what: the system's text (error N)". Missing rights make it DOCTOR_SKIPPED, with the advice to be an
 * administrator. */
void doctor_failed(doctor *d, const char *check, DWORD error, const char *what);

/* The checks, in this order. */
void doctor_service(doctor *d); /* doctor_service.c: registration, account, start, program, events */
void doctor_pipe(doctor *d);    /* doctor_pipe.c: who serves it, its access list */
void doctor_connect(doctor *d); /* ... connection, versions */
void doctor_data(doctor *d);    /* doctor_data.c: directory, policy, disk */
void doctor_audit(doctor *d);   /* doctor_audit.c: state, chain, clock */
void doctor_launch(doctor *d);  /* doctor_launch.c: a real child with a handle, attested */

/* The newest launches: a page for msg_reply_free(ret_reply). */
DWORD doctor_query(doctor *d, const char *launch_id, msg_reply *ret_reply, msg_page *ret,
                   sb_error *ret_error);

#endif
