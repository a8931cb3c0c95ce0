/* spawnctl doctor: checks everything that a launch needs, and suggests fixes. */
#include "client/ctl/doctor.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void doctor_say(doctor *d, const char *check, doctor_result result, const char *advice, const char *format,
                ...) {
    char found[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(found, sizeof found, format, args);
    va_end(args);
    if (d->count == DOCTOR_FINDINGS) return;
    d->list[d->count++] = (doctor_finding){
        .check = check, .result = result, .advice = advice, .found = arena_printf(d->a, "%s", found)};
}

void doctor_failed(doctor *d, const char *check, DWORD err, const char *what) {
    fault f;
    win_fault(&f, FAULT_INTERNAL, STAGE_NONE, err, "%s", what);
    if (err == ERROR_ACCESS_DENIED)
        doctor_say(d, check, DOCTOR_SKIPPED, "run this as an administrator, in an elevated prompt",
                   "not checked: %s", f.message);
    else doctor_say(d, check, DOCTOR_WARNING, NULL, "%s", f.message);
}

static const char *const names[] = {[DOCTOR_OK] = "ok",
                                    [DOCTOR_SKIPPED] = "not checked",
                                    [DOCTOR_WARNING] = "warning",
                                    [DOCTOR_ERROR] = "error"};

static size_t count_of(const doctor *d, doctor_result result) {
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++) count += d->list[i].result == result;
    return count;
}

static void print_people(const doctor *d) {
    static const char *const marks[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_SKIPPED] = "-", [DOCTOR_WARNING] = "WARNING", [DOCTOR_ERROR] = "ERROR"};
    const DWORD to = STD_OUTPUT_HANDLE;
    for (size_t i = 0; i < d->count; i++) {
        const doctor_finding *f = &d->list[i];
        out_printf(to, "%-8s %-10s %s\n", marks[f->result], f->check, out_shown(d->a, f->found, 0));
        if (f->advice) out_printf(to, "%19s -> %s\n", "", out_shown(d->a, f->advice, 0));
    }
    size_t errors = count_of(d, DOCTOR_ERROR), warnings = count_of(d, DOCTOR_WARNING);
    out_printf(to, "%lu error%s, %lu warning%s\n", (unsigned long)errors, errors == 1 ? "" : "s",
               (unsigned long)warnings, warnings == 1 ? "" : "s");
}

static void print_json(const doctor *d) {
    const DWORD to = STD_OUTPUT_HANDLE;
    out_printf(to, "{\"errors\":%lu,\"warnings\":%lu,\"checks\":[", (unsigned long)count_of(d, DOCTOR_ERROR),
               (unsigned long)count_of(d, DOCTOR_WARNING));
    for (size_t i = 0; i < d->count; i++) {
        const doctor_finding *f = &d->list[i];
        out_printf(to, "%s{\"check\":\"%s\",\"result\":\"%s\",\"found\":%s,\"advice\":%s}", i ? "," : "",
                   f->check, names[f->result], out_json(d->a, f->found), out_json(d->a, f->advice));
    }
    out_printf(to, "]}\n");
}

int ctl_doctor(ctl *c) {
    doctor d = {.c = c, .a = c->arena};
    sb_error error;
    if (connect_pipe_names(text_wide(c->arena, c->pipe), &d.pipes, &error)) {
        ctl_error(c, &error);
        return CTL_EXIT_FAILED;
    }

    d.pipe = d.pipes.at[0];
    if (d.pipes.count > 1 && !WaitNamedPipeW(d.pipe, 1) && GetLastError() == ERROR_FILE_NOT_FOUND)
        d.pipe = d.pipes.at[1];
    doctor_service(&d);
    doctor_pipe(&d);
    doctor_connect(&d);
    doctor_data(&d);
    doctor_audit(&d);
    doctor_launch(&d);
    sb_disconnect(d.client);
    if (d.status.version) msg_reply_free(&d.reply);
    if (c->json) print_json(&d);
    else print_people(&d);
    if (count_of(&d, DOCTOR_ERROR)) return DOCTOR_EXIT_ERRORS;

    return count_of(&d, DOCTOR_WARNING) ? DOCTOR_EXIT_WARNINGS : CTL_EXIT_OK;
}
