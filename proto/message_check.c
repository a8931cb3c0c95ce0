/* Checks a launch beyond the shape of its message. docs/protocol.md, "spawn", has the rules. */
#include "proto/fields.h"
#include "proto/message_check.h"
#include "proto/path_form.h"
#include "proto/sid_form.h"
#include "proto/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DESKTOP_UNITS = 256 };

fault_kind message_fault_at(fault *ret_fault, int handle_index, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(ret_fault->field, sizeof ret_fault->field, format, list);
    va_end(list);
    ret_fault->handle_index = handle_index;
    return ret_fault->kind;
}

/* The field `what` has the path. s and win32 are for a path that is not absolute. */
static fault_kind check_path(const char *what, const char *path, stage s, uint32_t win32, fault *ret_fault) {
    switch (path_form_of(path)) {
    case PATH_ABSOLUTE: return FAULT_NONE;
    case PATH_RELATIVE:
        fault_set(ret_fault, FAULT_BAD_VALUE, s, win32,
                  "the %s is not an absolute path: resolve it before you ask", what);
        break;
    case PATH_DEVICE:
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_BAD_PATHNAME,
                  "the %s is a device path: give a path on a drive or a share", what);
        break;
    case PATH_BAD_CHARACTER:
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_NAME,
                  "the %s holds a character that no path has", what);
        break;
    case PATH_TOO_LONG:
        fault_set(ret_fault, FAULT_TOO_LONG, STAGE_DECODE, WIN32_FILENAME_EXCED_RANGE,
                  "the %s is longer than %d UTF-16 units", what, LIMIT_PATH_UNITS - 1);
        break;
    case PATH_BAD_TEXT:
        fault_set(ret_fault, FAULT_INVALID_UTF8, STAGE_DECODE, WIN32_NO_UNICODE_TRANSLATION,
                  "the %s is not UTF-8", what);
        break;
    }

    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", what);
}

static fault_kind check_application(const char *application, fault *ret_fault) {
    if (!application || !*application) {
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "the application is empty");
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, application));
    }
    if (check_path(FIELD_NAME(msg_spawn, application), application, STAGE_RESOLVE, WIN32_FILE_NOT_FOUND,
                   ret_fault))
        return ret_fault->kind;
    if (!path_is_batch(application)) return FAULT_NONE;
    fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_BAD_EXE_FORMAT,
              "batch files run cmd.exe with other quoting rules: name cmd.exe /c ... yourself");
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, application));
}

static fault_kind check_command_line(const char *line, fault *ret_fault) {
    ptrdiff_t units = line ? utf8_to_utf16_length(line, strlen(line)) : 0;
    if (units == UTF_BAD)
        fault_set(ret_fault, FAULT_INVALID_UTF8, STAGE_DECODE, WIN32_NO_UNICODE_TRANSLATION,
                  "the command line is not UTF-8");
    else if (units >= LIMIT_COMMAND_LINE_UNITS)
        fault_set(ret_fault, FAULT_TOO_LONG, STAGE_DECODE, WIN32_FILENAME_EXCED_RANGE,
                  "the command line is %td UTF-16 units long; the most is %d", units,
                  LIMIT_COMMAND_LINE_UNITS - 1);
    else return FAULT_NONE;
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, command_line));
}

/* The messages do not quote an entry, since it may hold a secret. */
static fault_kind check_environment(const msg_spawn *spawn, fault *ret_fault) {
    if (spawn->environment_count > LIMIT_ENVIRONMENT_ENTRIES) {
        fault_set(ret_fault, FAULT_TOO_MANY, STAGE_DECODE, WIN32_BAD_LENGTH,
                  "%zu environment entries; the most is %d", spawn->environment_count,
                  LIMIT_ENVIRONMENT_ENTRIES);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, environment));
    }
    for (size_t i = 0; i < spawn->environment_count; i++) {
        const char *entry = spawn->environment[i];
        if (*entry && strchr(entry + 1, '=')) continue;
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "environment entry %zu is not NAME=VALUE", i);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s[%zu]",
                                FIELD_NAME(msg_spawn, environment), i);
    }
    return FAULT_NONE;
}

static fault_kind check_limits(const msg_spawn *spawn, fault *ret_fault) {
    const char *percent = FIELD_NAME(msg_limits, cpu_percent);
    if ((unsigned)spawn->lifetime > MSG_LIFETIME_DETACHED) {
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER, "lifetime %u is not one",
                  (unsigned)spawn->lifetime);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, lifetime));
    }
    if (spawn->limits.cpu_percent > 100) {
        fault_set(ret_fault, FAULT_OUT_OF_RANGE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "%s is %u; it is 1 to 100, or 0 for no limit", percent,
                  (unsigned)spawn->limits.cpu_percent);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s.%s", FIELD_NAME(msg_spawn, limits),
                                percent);
    }
    return FAULT_NONE;
}

/* Checks for "name" or "station\name". */
static fault_kind check_desktop(const char *desktop, fault *ret_fault) {
    if (!desktop) return FAULT_NONE;
    size_t length = strlen(desktop), name = strcspn(desktop, "\\");
    ptrdiff_t units = utf8_to_utf16_length(desktop, length);

    bool named = name > 0 && (name == length || (desktop[name + 1] && !strchr(desktop + name + 1, '\\')));
    if (units > DESKTOP_UNITS)
        fault_set(ret_fault, FAULT_TOO_LONG, STAGE_DECODE, WIN32_FILENAME_EXCED_RANGE,
                  "the desktop's name is longer than %d UTF-16 units", DESKTOP_UNITS);
    else if (units == UTF_BAD || !named)
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_NAME,
                  "the desktop is neither NAME nor STATION\\NAME");
    else return FAULT_NONE;
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, desktop));
}

static fault_kind check_groups(const msg_reduce *reduce, fault *ret_fault) {
    const char *place = FIELD_NAME(msg_spawn, reduce), *list = FIELD_NAME(msg_reduce, deny_groups);
    if (reduce->deny_group_count > LIMIT_GROUPS) {
        fault_set(ret_fault, FAULT_TOO_MANY, STAGE_DECODE, WIN32_BAD_LENGTH, "%zu groups; the most is %d",
                  reduce->deny_group_count, LIMIT_GROUPS);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s.%s", place, list);
    }
    for (size_t i = 0; i < reduce->deny_group_count; i++) {
        if (sid_form_is(reduce->deny_groups[i])) continue;
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "\"%.100s\" is not a SID such as S-1-5-32-544", reduce->deny_groups[i]);
        return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s.%s[%zu]", place, list, i);
    }
    return FAULT_NONE;
}

static fault_kind check_key(const char *key, fault *ret_fault) {
    if (!key || (strlen(key) == LIMIT_KEY_CHARS && strspn(key, "0123456789abcdef") == LIMIT_KEY_CHARS))
        return FAULT_NONE;
    fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
              "the key is not %d hexadecimal digits 0-9 and a-f", LIMIT_KEY_CHARS);
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, key));
}

static fault_kind check_label(const char *label, fault *ret_fault) {
    if (!label) return FAULT_NONE;
    const size_t length = strlen(label), count = utf8_count(label, length);
    bool shown = length > 0;
    for (const char *p = label; *p; p++) shown = shown && (unsigned char)*p >= ' ' && *p != 0x7f;
    if (count > LIMIT_LABEL_CHARS)
        fault_set(ret_fault, FAULT_TOO_LONG, STAGE_DECODE, WIN32_BAD_LENGTH,
                  "the label has %zu characters; the most is %d", count, LIMIT_LABEL_CHARS);
    else if (!shown)
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "the label is empty or holds a control character");
    else return FAULT_NONE;
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", FIELD_NAME(msg_spawn, label));
}

fault_kind msg_outcome_check(const msg_outcome *outcome, fault *ret_fault) {
    fault f;
    if (check_key(outcome->key, &f)) *ret_fault = f;
    else f.kind = FAULT_NONE;
    return f.kind;
}

fault_kind msg_spawn_check(const msg_spawn *spawn, fault *ret_fault) {
    fault f;
    const char *directory = spawn->directory ? spawn->directory : "";
    if (check_application(spawn->application, &f) || check_command_line(spawn->command_line, &f) ||
        check_path(FIELD_NAME(msg_spawn, directory), directory, STAGE_DECODE, WIN32_DIRECTORY, &f) ||
        check_environment(spawn, &f) || message_check_handles(spawn, &f) ||
        message_check_flags(spawn->creation_flags, &f) || check_limits(spawn, &f) ||
        check_desktop(spawn->desktop, &f) || check_groups(&spawn->reduce, &f) || check_key(spawn->key, &f) ||
        check_label(spawn->label, &f)) {
        *ret_fault = f;
        return f.kind;
    }
    return FAULT_NONE;
}
