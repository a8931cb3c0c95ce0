#include "service/broker/broker.h"

#include "proto/arena.h"
#include "service/broker/event_log.h"
#include "service/win32/facts.h"
#include "service/broker/harden.h"
#include "service/broker/held_files.h"
#include "service/win32/names.h"
#include "service/broker/data_directory.h"
#include "service/win32/privileges.h"
#include "service/broker/server.h"
#include "service/broker/take_up.h"
#include "service/win32/stack.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { MESSAGE_UNITS = 512 };

#define PIPE_PREFIX L"\\\\.\\pipe\\"

static void say(wchar_t *message, arena *a, const char *text) {
    wchar_t *wide = text_wide(a, text);
    swprintf(message, MESSAGE_UNITS, L"%.500ls", wide ? wide : L"out of memory");
}

static DWORD fail(wchar_t *message, arena *a, DWORD err, const char *what, const char *name) {
    fault f;
    win_fault(&f, FAULT_INTERNAL, STAGE_NONE, err, "%s %s", what, name);
    say(message, a, f.message);
    return err;
}

static wchar_t *join(arena *a, const wchar_t *first, const wchar_t *second) {
    size_t units = wcslen(first) + wcslen(second) + 1;
    wchar_t *joined = arena_array(a, units, sizeof *joined);
    if (joined) swprintf(joined, units, L"%ls%ls", first, second);
    return joined;
}

/* Returns the default data directory, from the registry. The variable ProgramData could have been set by
 * whoever starts the broker. QUIRK wine 8: its services have another value in it than its users. CURE: the
 * registry's, as spawnctl has it. TEST: tests/service/test_ctl_service.c */
static wchar_t *default_data(arena *a) {
    wchar_t *folder = text_wide(a, facts_folder(a, "ProgramData"));
    return folder ? join(a, folder, L"\\" NAME_SERVICE) : NULL;
}

static wchar_t *full_path(arena *a, const wchar_t *path) {
    wchar_t *full = arena_array(a, LIMIT_PATH_UNITS, sizeof *full);
    DWORD length = full ? GetFullPathNameW(path, LIMIT_PATH_UNITS, full, NULL) : 0;
    return length && length < LIMIT_PATH_UNITS ? full : NULL;
}

static DWORD open_audit(arena *a, const broker_options *options, broker *b, int64_t *ret_last_at,
                        wchar_t *message) {
    audit_error why;
    audit_opened opened;
    char detail[160];
    const char *wrong = NULL;
    const wchar_t *held = NULL;
    wchar_t *data = options->data ? full_path(a, options->data) : default_data(a);
    wchar_t *database = data ? join(a, data, L"\\audit.db") : NULL;
    if (!database || !(b->database = text_utf8(a, database)))
        return fail(message, a, ERROR_BAD_PATHNAME, "the data directory", "is not a usable path");

    DWORD err = data_directory_make(a, data, &wrong);
    if (err && wrong) {
        say(message, a, arena_printf(a, "cannot use the data directory: %s", wrong));
        return err;
    }
    if (err) return fail(message, a, err, "cannot use the data directory", text_utf8_lossy(a, data));
    b->data = data;

    err = held_files_wait(data, &held);
    if (err && held) {
        say(message, a,
            arena_printf(
                a,
                "cannot use %s\\%s: another process has it open, does not share it, and did not close it "
                "within %d s",
                text_utf8_lossy(a, data), text_utf8_lossy(a, held), HELD_FILES_MS / 1000));
        return err;
    }
    if (err) return fail(message, a, err, "cannot look at the files in", text_utf8_lossy(a, data));

    if ((err = audit_keys_open(data, &b->keys)))
        return fail(message, a, err, "cannot use audit.key or audit.pub in", text_utf8_lossy(a, data));
    if (b->keys.unreadable)
        event_log_report(EVENT_AUDIT_KEYS,
                         "the ones that are kept as audit.key.unreadable are not this account's");

    const recorder_start_options start = {
        .path = b->database, .keys = &b->keys, .metrics = b->metrics, .has_started = take_up_has_started};
    if (!recorder_start(&start, &b->records, &opened, &why)) {
        say(message, a, why.message);
        return ERROR_FILE_INVALID;
    }

    snprintf(detail, sizeof detail, "version %s, process %lu, %d interrupted", BROKER_VERSION,
             (unsigned long)GetCurrentProcessId(), opened.interrupted);
    recorder_status status;
    recorder_query_status(b->records, &status);
    b->first_seq = status.head.seq;
    *ret_last_at = opened.last_at;
    recorder_event(b->records, "start", detail);
    event_log_report(EVENT_STARTED, "%s", detail);
    return ERROR_SUCCESS;
}

static wchar_t *full_pipe_name(arena *a, const wchar_t *name) {
    bool full = !_wcsnicmp(name, PIPE_PREFIX, wcslen(PIPE_PREFIX));
    return full ? join(a, name, L"") : join(a, PIPE_PREFIX, name);
}

static DWORD open_pipe(arena *a, const broker_options *options, broker *b, server **ret, wchar_t **ret_name,
                       wchar_t *message) {
    wchar_t *full = full_pipe_name(a, options->pipe ? options->pipe : NAME_SERVICE);
    wchar_t *second = options->second ? full_pipe_name(a, options->second) : NULL;

    if (!full || (options->second && !second) || !(b->pipe = text_utf8(a, full)))
        return fail(message, a, ERROR_BAD_PATHNAME, "the pipe's name", "is not usable");
    DWORD err = server_start(full, second, b, ret);
    if (err == ERROR_ALREADY_EXISTS || err == ERROR_INVALID_OWNER) {
        say(message, a,
            arena_printf(a,
                         err == ERROR_ALREADY_EXISTS
                             ? "cannot serve the pipe %s: another process serves it; stop that one, or "
                               "use --pipe"
                             : "cannot serve the pipe %s: another account made it, and clients still "
                               "hold it open; end them, or use --pipe",
                         b->pipe));
        return err;
    }

    if (err) return fail(message, a, err, "cannot serve the pipe", b->pipe);
    *ret_name = full;
    return ERROR_SUCCESS;
}

enum { LOOKS = 12, LOOK_MS = 5000 };

/* Serves until stop is set. A log-off takes a while to end the session's processes, so after one the broker
 * looks for exited callers repeatedly. */
static void serve(const broker_options *options, HANDLE stop, server *s) {
    HANDLE events[] = {stop, options->logoff};
    for (int looks = 0;;) {
        DWORD which =
            WaitForMultipleObjects(options->logoff ? 2 : 1, events, FALSE, looks ? LOOK_MS : INFINITE);
        if (which == WAIT_OBJECT_0 + 1) looks = LOOKS;
        else if (which == WAIT_TIMEOUT) looks--;
        else return;
        server_part_with_gone(s);
    }
}

DWORD broker_run(const broker_options *options, HANDLE stop, void (*ready)(const wchar_t *pipe),
                 wchar_t *message) {
    arena a = {0};
    broker b = {.started_ticks = win_ticks_us()};
    server *s = NULL;
    take_up *earlier = NULL;
    wchar_t *pipe = NULL;
    int64_t last_at = 0;
    char why[512];
    DWORD err;

    harden_process();
    stack_give_back();
    b.may_assign = privileges_held();

    if (!(b.metrics = metrics_create(b.started_ticks))) {
        err = fail(message, &a, ERROR_NOT_ENOUGH_MEMORY, "cannot start:", "out of memory");
        goto done;
    }
    if ((err = take_up_job_security(&b.job_security))) {
        err = fail(message, &a, err, "cannot start:", "no access list for jobs");
        goto done;
    }
    if ((err = open_audit(&a, options, &b, &last_at, message))) goto done;
    if (!exit_waits_create(&b.waits) || !launch_keys_create(&b.keys_of_launches) ||
        !children_create(b.records, b.waits, &b.live)) {
        err = fail(message, &a, ERROR_NOT_ENOUGH_MEMORY, "cannot start:", "out of memory");
        goto done;
    }
    if (!accounts_create(accounts_ask_windows, &b.accounts) || !quotas_create(&b.quotas) ||
        !denials_create(b.records, &b.denials)) {
        err = fail(message, &a, ERROR_NOT_ENOUGH_MEMORY, "cannot start:", "out of memory");
        goto done;
    }
    if (!policies_open(b.data, b.records, &b.policies, why)) {
        say(message, &a, why);
        err = ERROR_INVALID_DATA;
        goto done;
    }
    if ((err = open_pipe(&a, options, &b, &s, &pipe, message))) goto done;

    take_up_begin(&b, last_at, &earlier);
    ready(pipe);
    serve(options, stop, s);
done:
    take_up_end(&earlier);
    if (err) event_log_report(EVENT_START_REFUSED, "%s", text_utf8_lossy(&a, message));
    if (!server_stop(&s)) { /* close the database all the same; Windows frees the rest */
        recorder_event(b.records, "stop", "a launch did not end");
        recorder_finish(b.records);
        event_log_report(EVENT_STOPPED, "a launch did not end within the time for a stop");
        if (options->abandoned) options->abandoned();
        ExitProcess(ERROR_TIMEOUT);
    }

    children_destroy(&b.live);
    exit_waits_destroy(&b.waits);
    launch_keys_destroy(&b.keys_of_launches);
    policies_close(&b.policies);
    denials_destroy(&b.denials);
    quotas_destroy(&b.quotas);
    accounts_destroy(&b.accounts);
    if (b.records) recorder_event(b.records, "stop", NULL);
    recorder_stop(&b.records);
    audit_keys_close(&b.keys);
    metrics_destroy(&b.metrics);
    LocalFree(b.job_security.lpSecurityDescriptor);
    if (!err) event_log_report(EVENT_STOPPED, "as asked");
    arena_free(&a);
    return err;
}
