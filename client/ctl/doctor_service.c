/* spawnctl doctor: checks how the service is registered. Skipped for a broker in the foreground, on another
 * pipe. */
#include "client/ctl/doctor.h"
#include "service/win32/guard.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>

static const char install_again[] = "spawnctl service install registers it correctly";

static bool is_its_pipe(const doctor *d) {
    pipe_names its;
    sb_error ignored;
    if (!d->service.pipe) return connect_is_services_pipe(d->pipe);
    const wchar_t *given = text_wide(d->a, d->service.pipe);
    return given && !connect_pipe_names(given, &its, &ignored) &&
           CompareStringOrdinal(its.at[0], -1, d->pipe, -1, TRUE) == CSTR_EQUAL;
}

static void check_account(doctor *d) {
    const service_facts *s = &d->service;
    const char *wrong = service_privileges_wrong(d->a, s);
    if (_stricmp(s->account, "LocalSystem"))
        doctor_say(d, "account", DOCTOR_ERROR, install_again,
                   "the service runs as %s: clients trust only a pipe of LocalSystem, and %s cannot read its "
                   "callers' tokens",
                   s->account, s->account);
    else if (!s->privileges)
        doctor_say(d, "account", DOCTOR_SKIPPED, NULL,
                   "LocalSystem; this service manager does not report its privileges");
    else if (wrong && strstr(wrong, "missing"))
        doctor_say(d, "account", DOCTOR_ERROR, install_again, "LocalSystem, but %s", wrong);
    else if (wrong) doctor_say(d, "account", DOCTOR_WARNING, install_again, "LocalSystem, but %s", wrong);
    else
        doctor_say(d, "account", DOCTOR_OK, NULL, "LocalSystem, with only the %lu privileges that it needs",
                   (unsigned long)s->privilege_count);
}

static void check_settings(doctor *d) {
    const char *data = service_data(d->a, &d->service);
    doctor_say(d, "settings", DOCTOR_OK, NULL, "pipe %s, data in %s",
               d->service.pipe ? d->service.pipe : NAME_SERVICE_UTF8, data ? data : "-");
}

static void check_start(doctor *d) {
    const service_facts *s = &d->service;
    if (!s->automatic)
        doctor_say(d, "start", DOCTOR_WARNING, install_again, "it does not start with Windows");
    else if (s->restarts == SETTING_OFF || s->restarts_too == SETTING_OFF)
        doctor_say(d, "start", DOCTOR_WARNING, install_again, "it is not restarted when it fails");
    else if (s->delayed == SETTING_OFF)
        doctor_say(d, "start", DOCTOR_WARNING, install_again, "automatic, but not delayed");
    else if (s->delayed == SETTING_UNKNOWN)
        doctor_say(d, "start", DOCTOR_OK, NULL,
                   "automatic; this service manager does not report whether it is delayed");
    else doctor_say(d, "start", DOCTOR_OK, NULL, "automatic, delayed, and restarted when it fails");
}

static void check_program(doctor *d) {
    const char *wrong = NULL;
    wchar_t *path = text_wide(d->a, d->service.program), *true_path = NULL;
    DWORD err = path ? guard_true_path(d->a, path, &true_path) : ERROR_BAD_PATHNAME;

    if (err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND) {
        doctor_say(d, "program", DOCTOR_ERROR, "run spawnctl service install where the programs are",
                   "%s does not exist", d->service.program ? d->service.program : "the program");
        return;
    }

    if (!err) err = guard_file(d->a, true_path, &wrong);
    if (err) doctor_failed(d, "program", err, "cannot find out who may change the program");
    else if (wrong)
        doctor_say(d, "program", DOCTOR_ERROR,
                   "remove those rights, or move the programs to where only administrators can write, and "
                   "install again",
                   "%s, and could run programs as LocalSystem", wrong);
    else
        doctor_say(d, "program", DOCTOR_OK, NULL, "%s, which only administrators can change",
                   d->service.program);
}

static BOOL CALLBACK found_one(HMODULE module, const wchar_t *type, wchar_t *name, LONG_PTR context) {
    (void)module, (void)type, (void)name;
    *(bool *)context = true;
    return FALSE;
}

/* Whether a file has a message table. */
static bool has_messages(const wchar_t *file) {
    bool found = false;
    HMODULE module = LoadLibraryExW(file, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    if (!module) return false;
    EnumResourceNamesW(module, (const wchar_t *)RT_MESSAGETABLE, found_one, (LONG_PTR)&found);
    FreeLibrary(module);
    return found;
}

static void check_events(doctor *d) {
    const wchar_t *file = NULL;
    DWORD err = service_event_file(d->a, &file);
    if (err) doctor_failed(d, "events", err, "cannot look up the source in the Event Log");
    else if (!file)
        doctor_say(d, "events", DOCTOR_WARNING, install_again,
                   "the source " NAME_SERVICE_UTF8 " is not registered: the Event Log shows no text");
    else if (!has_messages(file))
        doctor_say(d, "events", DOCTOR_WARNING, install_again,
                   "%s contains no messages: the Event Log shows no text", text_utf8_lossy(d->a, file));
    else
        doctor_say(d, "events", DOCTOR_OK, NULL, "source " NAME_SERVICE_UTF8 ", messages in %s",
                   text_utf8_lossy(d->a, file));
}

void doctor_service(doctor *d) {
    const service_facts *s = &d->service;
    DWORD err = service_read(d->a, &d->service);
    if (err) {
        doctor_failed(d, "service", err, "cannot query the service manager");
        return;
    }

    d->of_service = s->registered && is_its_pipe(d);
    bool is_default = connect_is_services_pipe(d->pipe);
    if (!s->registered && is_default)
        doctor_say(d, "service", DOCTOR_WARNING, "spawnctl service install --start, in an elevated prompt",
                   "it is not registered");
    else if (!d->of_service)
        doctor_say(d, "service", DOCTOR_SKIPPED, NULL, "not checked: %s is not the pipe of the service",
                   text_utf8_lossy(d->a, d->pipe));

    if (!d->of_service) return;
    if (s->state == SERVICE_RUNNING)
        doctor_say(d, "service", DOCTOR_OK, NULL, "it runs, as process %lu", s->process_id);
    else if (s->state == SERVICE_STOPPED && s->exit_code && s->exit_code != ERROR_SERVICE_NEVER_STARTED)
        doctor_say(d, "service", DOCTOR_ERROR,
                   "the Event Log (Application, source " NAME_SERVICE_UTF8
                   ") says why; then spawnctl service start",
                   "it has stopped with error %lu", s->exit_code);
    else
        doctor_say(d, "service", DOCTOR_ERROR, "spawnctl service start, in an elevated prompt", "it is %s",
                   service_state_name(s->state));

    check_settings(d);
    check_account(d);
    check_start(d);
    check_program(d);
    check_events(d);
}
