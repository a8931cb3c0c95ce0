/* spawnctl doctor: checks the broker's data directory, its policy and its free space. */
#include "client/ctl/doctor.h"
#include "client/ctl/policy.h"
#include "service/win32/guard.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <inttypes.h>
#include <string.h>

/* A launch takes a few hundred bytes of the audit. On a full disk nothing is launched (docs/operations.md).
 */
#define LITTLE_BYTES (INT64_C(1) << 30)
#define NO_BYTES (INT64_C(64) << 20)

/* Finds the directory: as the broker reports it to callers that may read all records, else as the service is
 * registered. */
static void find_data(doctor *d) {
    if (d->status.version && *d->status.database) {
        const char *last = strrchr(d->status.database, '\\');
        d->database = d->status.database;
        if (last) d->data = arena_copy(d->a, d->database, (size_t)(last - d->database));
    } else if (d->of_service && (d->data = service_data(d->a, &d->service)) != NULL)
        d->database = arena_printf(d->a, "%s\\audit.db", d->data);
}

static void check_directory(doctor *d, const wchar_t *path) {
    const char *wrong = NULL;
    wchar_t *true_path = NULL;
    DWORD err = guard_true_path(d->a, path, &true_path);
    if (err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND) {
        doctor_say(d, "data", DOCTOR_ERROR, "spawnctl service install creates it", "%s does not exist",
                   d->data);
        return;
    }
    if (!err) err = guard_directory(d->a, true_path, &wrong);
    if (err) doctor_failed(d, "data", err, "cannot find out who may change the data directory");
    else if (wrong)
        doctor_say(d, "data", d->of_service ? DOCTOR_ERROR : DOCTOR_WARNING,
                   "remove those rights: they allow changing the policy and the audit", "%s", wrong);
    else doctor_say(d, "data", DOCTOR_OK, NULL, "%s, which only administrators can change", d->data);
}

static void check_disk(doctor *d, const wchar_t *path) {
    ULARGE_INTEGER room;
    if (!GetDiskFreeSpaceExW(path, &room, NULL, NULL)) {
        doctor_failed(d, "disk", win_error(), "cannot find out how much space is free");
        return;
    }
    int64_t mega = (int64_t)(room.QuadPart >> 20);
    if ((int64_t)room.QuadPart < NO_BYTES)
        doctor_say(d, "disk", DOCTOR_ERROR,
                   "free space, or set audit.retention in the policy: without space nothing is launched",
                   "%" PRId64 " MiB free for the audit", mega);
    else if ((int64_t)room.QuadPart < LITTLE_BYTES)
        doctor_say(d, "disk", DOCTOR_WARNING, "free space, or set audit.retention in the policy",
                   "%" PRId64 " MiB free for the audit", mega);
    else doctor_say(d, "disk", DOCTOR_OK, NULL, "%" PRId64 " MiB free for the audit", mega);
}

static void check_policy(doctor *d) {
    policy *p = NULL;
    policy_error why;
    policy_doubts doubts = {0};
    const char *file = arena_printf(d->a, "%s\\policy.json", d->data);
    const char *trouble = d->status.version && d->status.has_policy ? d->status.policy_trouble : "";
    DWORD err = policy_load_file(d->a, file, &p, &why, &doubts);
    bool absent = err == ERROR_FILE_NOT_FOUND || err == ERROR_PATH_NOT_FOUND;

    if (err == ERROR_INVALID_DATA)
        doctor_say(
            d, "policy", DOCTOR_ERROR,
            "fix it (spawnctl policy check reports the same): a running broker keeps its policy, but the "
            "next start fails",
            "%s:%lu:%lu: %s", file, (unsigned long)why.line, (unsigned long)why.column, why.message);
    else if (err && !absent) doctor_failed(d, "policy", err, "cannot read policy.json");
    else if (*trouble)
        doctor_say(d, "policy", DOCTOR_ERROR, "spawnctl status says which policy is in force, and since when",
                   "%s", trouble);
    else if (absent)
        doctor_say(d, "policy", DOCTOR_OK, NULL,
                   "no policy.json: callers outside a sandbox may launch as themselves");
    else if (doubts.count)
        doctor_say(d, "policy", DOCTOR_WARNING, "spawnctl policy check shows all warnings", "%s:%lu:%lu: %s",
                   file, (unsigned long)doubts.at[0].line, (unsigned long)doubts.at[0].column,
                   doubts.at[0].message);
    else
        doctor_say(d, "policy", DOCTOR_OK, NULL, "%s, %lu rules", file,
                   (unsigned long)policy_settings_of(p)->rules);
    policy_free(&p);
}

void doctor_data(doctor *d) {
    find_data(d);
    const wchar_t *path = text_wide(d->a, d->data);
    if (!path) {
        doctor_say(d, "data", DOCTOR_SKIPPED, d->status.version ? "run this as an administrator" : NULL,
                   d->status.version
                       ? "not checked: the broker hides its path, because you may not read all records"
                       : "not checked: no broker reports its path");
        return;
    }
    check_directory(d, path);
    check_policy(d);
    check_disk(d, path);
}
