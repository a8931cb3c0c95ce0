/* Writes OCSF 1.8.0 Process Activity (class 1007): an event for the launch, and one for the exit of its
 * child. https://schema.ocsf.io/1.8.0/classes/process_activity Columns for which the schema has no field, and
 * the rule, are in process.xattributes.spawn_broker. */
#include "proto/fields.h"
#include "client/report/report.h"
#include "proto/json_writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CATEGORY = 1, CLASS = 1007, LAUNCH = 1, TERMINATE = 2, MS_US = 1000, EXECUTABLE_FILE = 8 };

static const char extra_columns[] =
    "launch_id,lifetime,creation_flags,rule,stage,attested,create_us,total_us,"
    "environment_names,environment_hash,caller_integrity,caller_elevated,caller_services,"
    "launch_key,label,handles";
static const char exit_columns[] =
    "exited_after,user_us,kernel_us,peak_memory_bytes,read_bytes,written_bytes,processes";

static void write_user(json_writer *w, arena *a, const msg_launch *l) {
    const char *name = l->caller_user ? strchr(l->caller_user, '\\') : NULL;
    if (!l->caller_user && !l->caller_sid) return;
    json_writer_open(w, "user", '{');
    if (l->caller_user) json_writer_text(w, "name", name ? name + 1 : l->caller_user);
    if (name) json_writer_text(w, "domain", arena_copy(a, l->caller_user, (size_t)(name - l->caller_user)));
    if (l->caller_sid) json_writer_text(w, "uid", l->caller_sid);
    json_writer_close(w, '}');
}

static void write_file(json_writer *w, const char *path) {
    if (!path) return;
    json_writer_text(w, "name", column_base_name(path));
    json_writer_open(w, "file", '{');
    json_writer_text(w, "name", column_base_name(path));
    json_writer_text(w, "path", path);
    json_writer_integer(w, "type_id", EXECUTABLE_FILE);
    json_writer_close(w, '}');
}

static void write_session(json_writer *w, arena *a, const msg_launch *l) {
    json_writer_open(w, "session", '{');
    json_writer_text(w, "uid", arena_printf(a, "%" PRId64, l->caller_session));
    json_writer_close(w, '}');
}

static void write_caller(json_writer *w, arena *a, const msg_launch *l) {
    json_writer_open(w, "process", '{');
    json_writer_integer(w, "pid", l->caller_pid);
    write_file(w, l->caller_image);
    if (l->has_caller_started_at) json_writer_integer(w, "created_time", l->caller_started_at / MS_US);
    write_user(w, a, l);
    write_session(w, a, l);
    json_writer_close(w, '}');
}

/* Writes the child, or what it would have been. columns: what to add for which the schema has no field, or
 * NULL. */
static void write_child(json_writer *w, arena *a, const msg_launch *l, const char *columns) {
    fields extra;
    const char *unknown;
    int64_t created = l->has_child_created_at ? l->child_created_at : l->started_at;

    json_writer_open(w, "process", '{');
    if (l->has_child_pid) json_writer_integer(w, "pid", l->child_pid);
    json_writer_text(w, "uid", l->launch_id);
    write_file(w, l->application);
    if (created) json_writer_integer(w, "created_time", created / MS_US);
    if (l->command_line) json_writer_text(w, "cmd_line", l->command_line);
    if (l->directory) json_writer_text(w, "working_directory", l->directory);
    write_user(w, a, l);
    write_session(w, a, l);
    if (l->has_exited_at) json_writer_integer(w, "terminated_time", l->exited_at / MS_US);

    if (columns && columns_parse(a, columns, &extra, &unknown)) {
        json_writer_open(w, "xattributes", '{');
        json_writer_open(w, "spawn_broker", '{');
        fields_write(w, &extra, l);
        json_writer_close(w, '}');
        json_writer_close(w, '}');
    }

    json_writer_close(w, '}');
}

static void write_metadata(json_writer *w, const msg_launch *l, const char *suffix, arena *a) {
    json_writer_open(w, "metadata", '{');
    json_writer_text(w, "version", "1.8.0");
    json_writer_open(w, "product", '{');
    json_writer_text(w, "name", "Spawn Broker");
    json_writer_text(w, "vendor_name", "Spawn Broker");
    json_writer_close(w, '}');
    json_writer_open(w, "profiles", '[');
    json_writer_text(w, NULL, "host");
    json_writer_text(w, NULL, "security_control");
    json_writer_close(w, ']');
    json_writer_text(w, "log_name", "audit");
    json_writer_text(w, "uid", arena_printf(a, "%s%s", l->launch_id, suffix));
    json_writer_text(w, "correlation_uid", l->launch_id);
    json_writer_integer(w, "sequence", l->seq);
    json_writer_close(w, '}');
}

static void write_class(json_writer *w, int activity, const char *name, int64_t at, int severity,
                        const char *severity_name) {
    json_writer_integer(w, "activity_id", activity);
    json_writer_text(w, "activity_name", name);
    json_writer_integer(w, "category_uid", CATEGORY);
    json_writer_text(w, "category_name", "System Activity");
    json_writer_integer(w, "class_uid", CLASS);
    json_writer_text(w, "class_name", "Process Activity");
    json_writer_integer(w, "type_uid", CLASS * 100 + activity);
    json_writer_integer(w, "time", at / MS_US);
    json_writer_integer(w, "severity_id", severity);
    json_writer_text(w, "severity", severity_name);
}

static void write_device(json_writer *w, const report_look *look) {
    json_writer_open(w, "device", '{');
    json_writer_integer(w, "type_id", 0);
    json_writer_text(w, "type", "Unknown");
    json_writer_text(w, "hostname", look->host ? look->host : "localhost");
    json_writer_close(w, '}');
}

static void write_status(json_writer *w, arena *a, const msg_launch *l) {
    bool good = !strcmp(l->outcome, "started"), denied = !strcmp(l->outcome, "denied");
    bool known = good || denied || !strcmp(l->outcome, "failed");
    json_writer_integer(w, "status_id", good ? 1 : known ? 2 : 0);
    json_writer_text(w, "status", good ? "Success" : known ? "Failure" : "Unknown");
    if (l->has_error_code) json_writer_text(w, "status_code", arena_printf(a, "%" PRId64, l->error_code));
    if (l->error_message) json_writer_text(w, "status_detail", l->error_message);
    json_writer_integer(w, "action_id", denied ? 2 : known ? 1 : 0);
    json_writer_text(w, "action", denied ? "Denied" : known ? "Allowed" : "Unknown");
    json_writer_integer(w, "disposition_id", denied ? 2 : known ? 1 : 0);
    json_writer_text(w, "disposition", denied ? "Blocked" : known ? "Allowed" : "Unknown");
    if (!l->rule) return;
    json_writer_open(w, "policy", '{');
    json_writer_text(w, "name", l->rule);
    json_writer_close(w, '}');
}

static void finish(json_writer *w, arena *a, const report_sink *sink) {
    json_writer_close(w, '}');
    char *json = json_writer_take(w, NULL);
    if (json) {
        report_print(sink, out_json_shown(a, json));
        report_print(sink, "\n");
    }
    free(json);
}

static void launched(arena *a, const report_look *look, const report_sink *sink, const msg_launch *l) {
    json_writer w = {.limit = SIZE_MAX / 4};
    bool denied = !strcmp(l->outcome, "denied"), good = !strcmp(l->outcome, "started");

    json_writer_open(&w, NULL, '{');
    write_class(&w, LAUNCH, "Launch", l->requested_at,
                denied ? 3
                : good ? 1
                       : 2,
                denied ? "Medium"
                : good ? "Informational"
                       : "Low");
    write_status(&w, a, l);
    json_writer_text(&w, "message",
                     arena_printf(a, "%s: %s",
                                  column_base_name(l->application ? l->application : "a program"),
                                  report_outcome(a, &(msg_launch){.outcome = l->outcome,
                                                                  .stage = l->stage,
                                                                  .has_error_code = l->has_error_code,
                                                                  .error_code = l->error_code,
                                                                  .error_message = l->error_message})));
    if (l->has_total_us) json_writer_integer(&w, "duration", l->total_us / MS_US);
    write_metadata(&w, l, "", a);
    write_device(&w, look);
    json_writer_open(&w, "actor", '{');
    write_caller(&w, a, l);
    write_user(&w, a, l);
    json_writer_close(&w, '}');
    json_writer_integer(&w, "launch_type_id", 1);
    json_writer_text(&w, "launch_type", "Spawn");
    write_child(&w, a, l, extra_columns);
    finish(&w, a, sink);
}

/* Writes the exit. Its cause is unknown, so the actor is the process itself, as the schema prescribes. */
static void terminated(arena *a, const report_look *look, const report_sink *sink, const msg_launch *l) {
    json_writer w = {.limit = SIZE_MAX / 4};
    json_writer_open(&w, NULL, '{');
    write_class(&w, TERMINATE, "Terminate", l->exited_at, 1, "Informational");
    json_writer_integer(&w, "status_id", 1);
    json_writer_text(&w, "status", "Success");
    json_writer_text(&w, "message",
                     arena_printf(a, "%s: %s",
                                  column_base_name(l->application ? l->application : "a program"),
                                  report_outcome(a, l)));
    write_metadata(&w, l, "/exit", a);
    write_device(&w, look);
    json_writer_open(&w, "actor", '{');
    write_child(&w, a, l, NULL);
    json_writer_close(&w, '}');
    write_child(&w, a, l, exit_columns);
    if (l->has_exit_code) json_writer_integer(&w, "exit_code", l->exit_code);
    finish(&w, a, sink);
}

void report_ocsf_row(arena *a, const report_look *look, const report_sink *sink, const msg_launch *l) {
    launched(a, look, sink, l);
    if (l->has_exited_at) terminated(a, look, sink, l);
}
