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
    /* Found by one check and used by later ones: */
    pipe_names pipes;
    const wchar_t *pipe; /* the one of pipes that a client would use; if there is none, the last */
    service_facts service;
    bool of_service;      /* the service is registered, and this is its pipe */
    DWORD server;         /* the process that serves the pipe; 0: none */
    sb_client *client;    /* NULL: not connected */
    msg_reply reply;      /* owns what status points to */
    msg_status status;    /* version NULL: not known */
    const char *data;     /* the broker's directory; NULL: not known */
    const char *database; /* NULL: not known */
} doctor;

/* Adds a finding. advice may be NULL. Text from elsewhere is printed as out_shown does it. */
void doctor_say(doctor *d, const char *check, doctor_result result, const char *advice, const char *format,
                ...);
/* Adds the finding "what: Windows' text (error N)": DOCTOR_SKIPPED if rights are missing, with the advice to
 * be an administrator, else DOCTOR_WARNING. */
void doctor_failed(doctor *d, const char *check, DWORD err, const char *what);

/* The checks, in this order. */
void doctor_service(
    doctor *d);              /* doctor_service.c: registration, settings, account, start, program, events */
void doctor_pipe(doctor *d); /* doctor_pipe.c: who serves it, its access list */
void doctor_connect(doctor *d); /* ... connection, versions */
void doctor_data(doctor *d);    /* doctor_data.c: directory, policy, disk */
void doctor_audit(doctor *d);   /* doctor_audit.c: state, chain, clock */
void doctor_launch(doctor *d);  /* doctor_launch.c: a real child with a handle, attested */

/* Requests the newest launch, or the one with launch_id. Free the page with msg_reply_free(ret_reply). */
DWORD doctor_query(doctor *d, const char *launch_id, msg_reply *ret_reply, msg_page *ret,
                   sb_error *ret_error);

#endif
