/* spawnctl service install, uninstall, start, stop and status. */
#include "client/ctl/service.h"
#include "service/win32/guard.h"
#include "service/win32/names.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>
#include <wchar.h>

/* Finds the true path of spawnbroker.exe in the directory of this program. */
static int find_program(ctl *c, const wchar_t **ret) {
    enum { PATH_UNITS = 32768 };
    wchar_t *path = arena_array(c->arena, PATH_UNITS, sizeof *path), *true_path = NULL;
    DWORD length = path ? GetModuleFileNameW(NULL, path, PATH_UNITS) : 0;
    while (length && path[length - 1] != L'\\') length--;
    if (!length || length + wcslen(NAME_PROGRAM) >= PATH_UNITS)
        return service_failed(c, ERROR_BAD_PATHNAME, "cannot find this program's directory");
    wcscpy(path + length, NAME_PROGRAM);
    DWORD err = guard_true_path(c->arena, path, &true_path);
    if (err == ERROR_BAD_NETPATH)
        return service_failed(c, err, "the program of a service must be on a disk of this machine");
    if (err)
        return service_failed(
            c, err,
            arena_printf(c->arena, "cannot find the service's program %s", text_utf8_lossy(c->arena, path)));
    *ret = true_path;
    return CTL_EXIT_OK;
}

/* Refuses a program that others can change or replace: as the service, they could act as LocalSystem. */
static int check_program(ctl *c, const wchar_t *program) {
    const char *wrong = NULL;
    DWORD err = guard_file(c->arena, program, &wrong);
    if (err) return service_failed(c, err, "cannot find out who may change the service's program");
    if (!wrong) return CTL_EXIT_OK;
    const char *message =
        arena_printf(c->arena,
                     "not installed from here: %s, and could run programs as LocalSystem. Put "
                     "the programs into a directory that only "
                     "administrators can change, such as one in %%ProgramFiles%%",
                     wrong);
    if (c->json) out_printf(STD_ERROR_HANDLE, "{\"error\":{\"message\":%s}}\n", out_json(c->arena, message));
    else out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s.\n", c->command, out_shown(c->arena, message, 0));
    return CTL_EXIT_FAILED;
}

static int say_state(ctl *c, const char *what) {
    if (c->json) out_printf(STD_OUTPUT_HANDLE, "{\"result\":%s}\n", out_json(c->arena, what));
    else out_printf(STD_OUTPUT_HANDLE, "%s\n", what);
    return CTL_EXIT_OK;
}

static int start_it(ctl *c) {
    service_facts f = {0};
    DWORD err = service_start(c->arena, &f);
    if (!err) return CTL_EXIT_OK;
    if (err == ERROR_SERVICE_DOES_NOT_EXIST)
        return service_failed(c, err, "the service is not registered (spawnctl service install)");
    if (err != ERROR_SERVICE_NOT_ACTIVE) return service_failed(c, err, "cannot start the service");
    return service_failed(
        c, f.exit_code ? f.exit_code : err,
        "the service stopped right after its start; the Event Log (Application, source SpawnBroker) says why");
}

/* Makes a path full: a service starts in another directory. NULL: this is no usable path. */
static const char *full_path(arena *a, const char *path) {
    wchar_t full[LIMIT_PATH_UNITS];
    const wchar_t *wide = text_wide(a, path);
    DWORD length = wide ? GetFullPathNameW(wide, LIMIT_PATH_UNITS, full, NULL) : 0;
    return length && length < LIMIT_PATH_UNITS ? text_utf8(a, full) : NULL;
}

/* Checked first, so that nothing is half done: an elevated token has the group enabled. */
static int check_administrator(ctl *c, const char *what) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    BOOL member = FALSE;
    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, sid, &size) ||
        !CheckTokenMembership(NULL, sid, &member))
        return service_failed(c, win_error(), "cannot find out whether you are an administrator");
    return member ? CTL_EXIT_OK : service_failed(c, ERROR_ACCESS_DENIED, what);
}

/* Fills the plan with the options, and with what the service has on its command line: that is now registered
 * without options. */
static int read_plan(ctl *c, service_plan *plan) {
    service_facts old = {0};
    const char *data = option_value(c, OPT_data), *pipe = c->pipe;
    DWORD err = service_read(c->arena, &old);
    if (err) return service_failed(c, err, "cannot query the service manager");
    if (data && !(data = full_path(c->arena, data))) return ctl_usage(c, "--data is not a usable path");
    if (!data) data = old.data;
    if (!pipe) pipe = old.pipe;
    plan->settings = (service_settings){.pipe = text_wide(c->arena, pipe), .data = text_wide(c->arena, data)};
    bool no_memory = (pipe && !plan->settings.pipe) || (data && !plan->settings.data);
    return no_memory ? service_failed(c, ERROR_NOT_ENOUGH_MEMORY, "cannot read the options") : CTL_EXIT_OK;
}

static int make_data(ctl *c, const service_plan *plan) {
    const service_facts planned = {.data = text_utf8(c->arena, plan->settings.data)};
    const char *data = service_data(c->arena, &planned);
    return data ? service_make_data(c, data)
                : service_failed(c, ERROR_PATH_NOT_FOUND, "cannot find ProgramData");
}

int ctl_service_install(ctl *c) {
    const char *without = NULL, *what = "";
    bool made = false, start = option_given(c, OPT_start);
    service_plan plan = {0};
    int result = check_administrator(c, "cannot install the service");
    if (result || (result = read_plan(c, &plan))) return result;
    if ((result = find_program(c, &plan.program)) || (result = check_program(c, plan.program))) return result;
    if ((result = make_data(c, &plan))) return result;

    DWORD err = service_register(c->arena, &plan, &made, &without, &what);
    if (err) return service_failed(c, err, what);
    if (without && !c->json)
        out_printf(STD_ERROR_HANDLE, "spawnctl service: this system's service manager does not support: %s\n",
                   without);
    if (start && (result = start_it(c))) return result;

    const char *done = made ? "installed" : "updated; restart the service to apply the change";
    if (start)
        done =
            made ? "installed and running" : "updated and running; restart the service to apply the change";
    return say_state(c, done);
}

int ctl_service_uninstall(ctl *c) {
    bool purge = option_given(c, OPT_purge), was_there = false, ran = false;
    service_facts f = {0};
    int result = check_administrator(c, "cannot remove the service");
    if (result) return result;
    DWORD err = service_read(c->arena, &f);
    if (err) return service_failed(c, err, "cannot query the service manager");
    err = f.registered ? service_stop(&ran) : ERROR_SUCCESS;
    if (err) return service_failed(c, err, "cannot stop the service");
    if ((err = service_unregister(&was_there))) return service_failed(c, err, "cannot remove the service");
    if ((err = service_remove_events()))
        return service_failed(c, err, "cannot remove the source of its events");
    const char *data = service_data(c->arena, &f);
    if (purge && data && (result = service_purge_data(c, data))) return result;
    if (!was_there) return say_state(c, "it was not installed");
    return say_state(c, purge || !data ? "removed"
                                       : arena_printf(c->arena, "removed; the audit stays in %s", data));
}

int ctl_service_start(ctl *c) {
    int result = start_it(c);
    return result ? result : say_state(c, "running");
}

int ctl_service_stop(ctl *c) {
    bool ran = false;
    DWORD err = service_stop(&ran);
    if (err) return service_failed(c, err, "cannot stop the service");
    return say_state(c, ran ? "stopped" : "it was already stopped");
}

static const char *setting_text(service_setting s) {
    return s == SETTING_UNKNOWN ? "not known" : s == SETTING_ON ? "yes" : "no";
}

static const char *setting_json(service_setting s) {
    return s == SETTING_UNKNOWN ? "null" : s == SETTING_ON ? "true" : "false";
}

static void print_facts(ctl *c, const service_facts *f, const char *data) {
    arena *a = c->arena;
    const DWORD to = STD_OUTPUT_HANDLE;
    if (!f->registered) {
        out_printf(to, "not registered (spawnctl service install)\n");
        return;
    }

    out_printf(to, "state        %s", service_state_name(f->state));
    if (f->process_id) out_printf(to, ", process %lu", f->process_id);
    else if (f->exit_code && f->exit_code != ERROR_SERVICE_NEVER_STARTED)
        out_printf(to, ", after error %lu", f->exit_code);

    out_printf(to, "\nstart        %s\n",
               !f->automatic              ? "by hand"
               : f->delayed == SETTING_ON ? "automatic, delayed"
                                          : "automatic");
    out_printf(to, "account      %s\n", out_shown(a, f->account, 0));
    out_printf(to, "own SID      %s\n", setting_text(f->own_sid));
    out_printf(to, "privileges   ");
    if (!f->privileges) out_printf(to, "not known");
    for (size_t i = 0; i < f->privilege_count; i++)
        out_printf(to, "%s%s", i ? ", " : "", out_shown(a, f->privileges[i], 0));
    out_printf(to, "\nrestarts     after a crash: %s, after an error: %s\n", setting_text(f->restarts),
               setting_text(f->restarts_too));
    out_printf(to, "command      %s\n", out_shown(a, f->command_line, 0));
    out_printf(to, "pipe         %s\n", out_shown(a, f->pipe ? f->pipe : NAME_SERVICE_UTF8, 0));
    out_printf(to, "data         %s\n", out_shown(a, data, 0));
}

static void print_json(ctl *c, const service_facts *f, const char *data) {
    arena *a = c->arena;
    const DWORD to = STD_OUTPUT_HANDLE;
    if (!f->registered) {
        out_printf(to, "{\"registered\":false}\n");
        return;
    }

    out_printf(to,
               "{\"registered\":true,\"state\":\"%s\",\"process_id\":%lu,\"exit_code\":%lu,\"automatic\":%s,"
               "\"delayed\":%s",
               service_state_name(f->state), f->process_id, f->exit_code, f->automatic ? "true" : "false",
               setting_json(f->delayed));
    out_printf(to, ",\"account\":%s,\"own_sid\":%s,\"privileges\":%s", out_json(a, f->account),
               setting_json(f->own_sid), f->privileges ? "[" : "null");
    for (size_t i = 0; i < f->privilege_count; i++)
        out_printf(to, "%s%s", i ? "," : "", out_json(a, f->privileges[i]));
    out_printf(
        to,
        "%s,\"restarts\":%s,\"restarts_on_error\":%s,\"command_line\":%s,\"program\":%s,\"pipe\":%s,\"data\":%s}\n",
        f->privileges ? "]" : "", setting_json(f->restarts), setting_json(f->restarts_too),
        out_json(a, f->command_line), out_json(a, f->program),
        out_json(a, f->pipe ? f->pipe : NAME_SERVICE_UTF8), out_json(a, data));
}

int ctl_service_status(ctl *c) {
    service_facts f = {0};
    DWORD err = service_read(c->arena, &f);
    if (err) return service_failed(c, err, "cannot query the service manager");
    const char *data = service_data(c->arena, &f);
    if (c->json) print_json(c, &f, data);
    else print_facts(c, &f, data);
    return f.registered && f.state == SERVICE_RUNNING ? CTL_EXIT_OK : SERVICE_EXIT_NOT_RUNNING;
}
