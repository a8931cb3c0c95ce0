#include "client/ctl/run.h"
#include "client/ctl/quote.h"
#include "client/report/exit_code.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <string.h>

static const DWORD std_ids[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
enum { STD_COUNT = sizeof std_ids / sizeof *std_ids };

/* The command line, and the handles that were opened for it. */
typedef struct run {
    const char *directory;
    const char **files, **settings; /* of --handle and --env */
    size_t file_count, setting_count;
    sb_handle *handles;
    size_t handle_count; /* of open handles */
    DWORD timeout_ms;    /* 0: none */
    bool detach;
    run_attributes attributes;
    wchar_t *command_line;
    relay relays[STD_COUNT];
    HANDLE std[STD_COUNT];
    HANDLE owned[STD_COUNT]; /* the child's ends of pipes, which are closed after the launch */
} run;

/* ---- the command line ---- */

static int parse(ctl *c, run *r) {
    const char *timeout = option_value(c, OPT_timeout);
    r->directory = option_value(c, OPT_cwd);
    r->detach = option_given(c, OPT_detach);
    r->files = option_values(c, OPT_handle, &r->file_count);
    r->settings = option_values(c, OPT_env, &r->setting_count);
    r->handles = arena_array(c->arena, r->file_count + 1, sizeof *r->handles);
    if (!r->files || !r->settings || !r->handles) return CTL_EXIT_FAILED;

    if (timeout && !ctl_duration(timeout, &r->timeout_ms))
        return ctl_usage(c, "--timeout needs a time such as 2, 0.5, 500ms or 3m");
    if (timeout && r->detach) return ctl_usage(c, "--timeout and --detach exclude each other");
    int wrong = run_read_attributes(c, &r->attributes);
    if (wrong) return wrong;
    for (size_t i = 0; i < r->setting_count; i++)
        if (!r->settings[i][0] || !strchr(r->settings[i] + 1, '='))
            return ctl_usage(c, "--env needs NAME=VALUE");

    const char *line = quote_join(c->arena, c->operands, c->operand_count);
    if (!line) return ctl_usage(c, "the name of a program cannot contain a quotation mark");
    r->command_line = text_wide(c->arena, line);
    return r->command_line ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

/* ---- the launch ---- */

static int open_all(ctl *c, run *r) {
    for (size_t i = 0; i < r->file_count; i++) {
        int result = run_open_file(c, r->files[i], &r->handles[i]);
        if (result) return result;
        r->handle_count++;
    }
    for (int i = 0; i < STD_COUNT; i++) {
        sb_error error;
        DWORD err = relay_prepare(std_ids[i], r->detach, &r->relays[i], &r->std[i], &r->owned[i]);
        if (!err) continue;
        error_set(&error, err, SB_STAGE_NONE, L"Cannot create a pipe to relay the console.");
        ctl_error(c, &error);
        return CTL_EXIT_FAILED;
    }
    return CTL_EXIT_OK;
}

/* Closes the handles that the child has received: its pipes must end when the child ends. */
static void close_given(run *r) {
    for (size_t i = 0; i < r->handle_count; i++) win_close(&r->handles[i].handle);
    for (int i = 0; i < STD_COUNT; i++) win_close(&r->owned[i]);
}

enum { ELEVATION_REQUIRED = 740 }; /* ERROR_..., which not every winerror.h has */

static int exit_of(const sb_error *error) {
    switch (error->code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: return error->stage == SB_STAGE_CONNECT ? CTL_EXIT_FAILED : CTL_EXIT_NOT_FOUND;
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
    case ELEVATION_REQUIRED: return CTL_EXIT_CANNOT_RUN;
    case ERROR_ACCESS_DENIED: return error->stage == SB_STAGE_CREATE ? CTL_EXIT_CANNOT_RUN : CTL_EXIT_FAILED;
    case ERROR_TIMEOUT: return CTL_EXIT_TIMED_OUT;
    default: return CTL_EXIT_FAILED;
    }
}

static int launch(ctl *c, run *r, sb_client *client, sb_process *ret_process) {
    sb_error error;
    sb_spawn_options options = {
        .size = sizeof options,
        .command_line = r->command_line,
        .directory = text_wide(c->arena, r->directory),
        .handles = r->handles,
        .handle_count = r->handle_count,
        .std_input = r->std[0],
        .std_output = r->std[1],
        .std_error = r->std[2],
        .lifetime = r->detach ? SB_LIFETIME_DETACHED : SB_LIFETIME_CALLER,
        .timeout_ms = r->timeout_ms,
    };

    if (!run_apply_attributes(c->arena, &r->attributes, &options)) return CTL_EXIT_FAILED;
    if (r->setting_count && !(options.environment = run_environment(c->arena, r->settings, r->setting_count)))
        return CTL_EXIT_FAILED;
    if (!sb_spawn(client, &options, ret_process, &error)) return CTL_EXIT_OK;
    ctl_error(c, &error);

    return exit_of(&error);
}

/* ---- the wait ---- */

static HANDLE interrupted; /* set by Ctrl+C and Ctrl+Break */

static BOOL WINAPI on_control(DWORD event) {
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT) return FALSE;
    SetEvent(interrupted);
    return TRUE;
}

typedef struct ending {
    const char *how;
    bool has_code;
    DWORD code;
    int result;
} ending;

static ending wait_for(const run *r, HANDLE process, uint64_t deadline) {
    HANDLE events[] = {process, interrupted};
    ending e = {.how = "exited"};
    if (r->detach) return (ending){.how = "detached", .result = CTL_EXIT_OK};
    DWORD waited = WaitForMultipleObjects(2, events, FALSE, call_remaining(deadline));
    if (waited != WAIT_OBJECT_0) {
        e.how = waited == WAIT_TIMEOUT ? "timeout" : "interrupted";
        e.result = waited == WAIT_TIMEOUT ? CTL_EXIT_TIMED_OUT : CTL_EXIT_INTERRUPTED;
        TerminateProcess(process, (UINT)e.result);
        WaitForSingleObject(process, INFINITE);
    }
    e.has_code = GetExitCodeProcess(process, &e.code);
    if (waited == WAIT_OBJECT_0) e.result = e.has_code ? (int)e.code : CTL_EXIT_FAILED;
    return e;
}

static void report(const ctl *c, const sb_process *process, const ending *e) {
    const char *code = e->has_code ? arena_printf(c->arena, "%lu", e->code) : NULL;
    out_printf(STD_ERROR_HANDLE, "{\"launch_id\":%s,\"process_id\":%lu,\"exit_code\":%s,\"ended\":\"%s\"}\n",
               out_json(c->arena, process->launch_id), process->process_id, code ? code : "null", e->how);
}

/* Says what an exit code of Windows means: a program that ended with one often printed nothing. */
static void explain(const ctl *c, const ending *e) {
    const char *meaning = e->has_code && !strcmp(e->how, "exited") ? exit_code_meaning(e->code) : NULL;
    if (meaning)
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: the program exited with 0x%lX: %s\n", c->command, e->code,
                   meaning);
}

int ctl_run(ctl *c) {
    run r = {0};
    sb_client *client = NULL;
    sb_process process = {0};
    int result = parse(c, &r);

    if (result) return result;
    if ((result = open_all(c, &r))) goto done;
    interrupted = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(on_control, TRUE);
    if ((result = ctl_connect(c, &client))) goto done;
    uint64_t deadline = call_deadline(r.timeout_ms);
    if ((result = launch(c, &r, client, &process))) goto done;
    close_given(&r);
    for (int i = 0; i < STD_COUNT; i++) relay_start(&r.relays[i]);
    ending e = wait_for(&r, process.process, deadline);
    relay_finish(r.relays, STD_COUNT);
    if (c->json) report(c, &process, &e);
    else explain(c, &e);
    result = e.result;

done:
    close_given(&r);
    sb_process_close(&process);
    sb_disconnect(client);

    return result;
}
