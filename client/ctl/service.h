/* The service on this machine: how it is registered, and what spawnctl service and doctor need of it. */
#ifndef SB_CLIENT_CTL_SERVICE_H
#define SB_CLIENT_CTL_SERVICE_H

#include "client/ctl/ctl.h"
#include "service/win32/service_settings.h"

/* Exit code of service status: the service does not run. */
enum { SERVICE_EXIT_NOT_RUNNING = 3 };

/* A setting that this system's service manager may not support; Wine's does not. */
typedef enum service_setting { SETTING_UNKNOWN, SETTING_OFF, SETTING_ON } service_setting;

typedef struct service_facts {
    bool registered;
    /* Only if it is registered: */
    DWORD state, process_id;      /* SERVICE_RUNNING ...; 0: no process */
    DWORD exit_code;              /* why it stopped */
    bool automatic;               /* starts with the system */
    service_setting delayed;      /* but a while after it */
    service_setting own_sid;      /* has a SID of its own in its token */
    service_setting restarts;     /* when it crashes */
    service_setting restarts_too; /* when it ends with an error */
    const char *account;
    const char *command_line, *program; /* program: the first word of it */
    const char *data, *pipe;            /* of the command line, else of the settings; NULL: the default */
    const char *const *privileges;      /* required ones; NULL: not known */
    size_t privilege_count;
} service_facts;

/* ---- service_query.c ---- */

/* Reads how the service is registered. Any user may call it. */
DWORD service_read(arena *a, service_facts *ret);
/* "running", "stopped" ... */
const char *service_state_name(DWORD state);
/* Says which privilege is missing or not needed; NULL: they are right. */
const char *service_privileges_wrong(arena *a, const service_facts *facts);
/* Finds the file with the messages of the Event Log source; NULL: the source is not registered. */
DWORD service_event_file(arena *a, const wchar_t **ret);
/* The data directory of the service: the one that it is registered with, else the one in ProgramData. NULL:
 * out of memory, or Windows does not say where ProgramData is. */
const char *service_data(arena *a, const service_facts *facts);

/* ---- service_register.c: a caller that lacks the right gets ERROR_ACCESS_DENIED ---- */

typedef struct service_plan {
    const wchar_t *program;    /* a true path */
    service_settings settings; /* NULL in it: the setting stays as it is */
} service_plan;

/* Registers the service and its event source, or changes the one that is there. *ret_made: it was not there.
 * *ret_without: settings that this system's service manager does not have, or NULL. On failure *ret_what is
 * what could not be done. */
DWORD service_register(arena *a, const service_plan *plan, bool *ret_made, const char **ret_without,
                       const char **ret_what);
/* Both succeed if there is nothing to remove. */
DWORD service_unregister(bool *ret_was_there);
DWORD service_remove_events(void);

/* ---- service_control.c: the same ---- */

/* Opens the service for access. ERROR_SERVICE_DOES_NOT_EXIST: it is not registered. */
DWORD service_open(DWORD access, SC_HANDLE *ret);
/* Asks for it and waits until it runs, or has stopped again (ERROR_SERVICE_NOT_ACTIVE). ret_facts: as it is
 * then. */
DWORD service_start(arena *a, service_facts *ret_facts);
/* Stops the service and waits for its process. *ret_ran: it ran. */
DWORD service_stop(bool *ret_ran);

/* ---- service_directory.c: CTL_EXIT_OK, or the message and what to exit with ---- */

/* Makes the data directory, or looks whether the one that is there is for administrators alone. */
int service_make_data(ctl *c, const char *data);
/* Deletes the files of a broker there, and the directory unless it has other files. */
int service_purge_data(ctl *c, const char *data);
/* Says that something failed, and how to get the rights where those are missing; CTL_EXIT_FAILED. */
int service_failed(ctl *c, DWORD err, const char *what);

#endif
