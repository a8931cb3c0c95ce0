/* spawnctl doctor: launches a real child of this caller, with handles, and checks that they were attested. */
#include "client/ctl/doctor.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <stdlib.h>
#include <string.h>

enum { CHILD_WAIT_MS = 20000, RECORD_WAIT_MS = 5000, POLL_MS = 20 };

/* Launches spawnctl itself, which prints its version into the pipe that it receives. */
static DWORD launch(doctor *d, HANDLE output, HANDLE event, sb_process *ret, sb_error *ret_error) {
    wchar_t self[LIMIT_PATH_UNITS];
    DWORD length = GetModuleFileNameW(NULL, self, LIMIT_PATH_UNITS);
    if (!length || length >= LIMIT_PATH_UNITS)
        return error_set(ret_error, ERROR_BAD_PATHNAME, SB_STAGE_RESOLVE,
                         L"cannot find the path of this program");
    const sb_handle named = {.name = L"doctor", .handle = event, .access = SYNCHRONIZE};
    const sb_spawn_options options = {.size = sizeof options,
                                      .application = self,
                                      .command_line = L"spawnctl version",
                                      .std_output = output,
                                      .handles = &named,
                                      .handle_count = 1,
                                      .creation_flags = CREATE_NO_WINDOW,
                                      .timeout_ms = CHILD_WAIT_MS};
    return sb_spawn(d->client, &options, ret, ret_error);
}

/* Looks up the child's handles in the audit: 1 attested, 0 not checked, -1 not known. */
static int attested(doctor *d, const char *launch_id) {
    const uint64_t deadline = GetTickCount64() + RECORD_WAIT_MS;
    for (;;) {
        msg_reply reply;
        msg_page page;
        sb_error error;
        int found = -1;
        if (doctor_query(d, launch_id, &reply, &page, &error)) return -1;
        bool there = page.count && strcmp(page.rows[0].outcome, "pending") != 0;
        if (there) found = page.rows[0].has_attested && page.rows[0].attested == 1;
        msg_reply_free(&reply);
        if (there || GetTickCount64() >= deadline) return found;
        Sleep(POLL_MS);
    }
}

static void look_at_child(doctor *d, sb_process *child, HANDLE reading) {
    static const char wanted[] = "spawnctl " CLIENT_VERSION;
    char text[128] = "";
    DWORD got = 0, code = STILL_ACTIVE;

    if (WaitForSingleObject(child->process, CHILD_WAIT_MS) == WAIT_TIMEOUT) {
        TerminateProcess(child->process, 1);
        doctor_say(d, "launch", DOCTOR_ERROR,
                   "check what runs in every new program: antivirus, injected DLLs",
                   "the child was launched, but did not exit within %d seconds", CHILD_WAIT_MS / 1000);
        return;
    }

    GetExitCodeProcess(child->process, &code);
    if (!ReadFile(reading, text, sizeof text - 1, &got, NULL)) got = 0;
    text[got] = 0;

    if (code || strncmp(text, wanted, strlen(wanted)) != 0) {
        const char *advice = code == 0xC0000142
                                 ? "0xC0000142: it may not use the desktop or session that it was started in"
                                 : "the broker's Event Log, and spawnctl audit list, say more";
        doctor_say(d, "launch", DOCTOR_ERROR, advice,
                   "the child exited with 0x%lx, and wrote \"%s\" to its pipe", code, text);
        return;
    }

    int proven = attested(d, child->launch_id);
    if (proven == 1)
        doctor_say(d, "launch", DOCTOR_OK, NULL,
                   "a child with a pipe and an event, and no other handle: attested");
    else if (!proven)
        doctor_say(d, "launch", DOCTOR_WARNING, "\"attest\" in the policy turns it off: docs/policy.md",
                   "a child with a pipe and an event; its handles were not checked");
    else
        doctor_say(d, "launch", DOCTOR_OK, NULL,
                   "a child with a pipe and an event; you may not read whether its handles were checked");
}

static void refused(doctor *d, const sb_error *error) {
    const char *message = text_utf8_lossy(d->a, error->message);
    if (error->stage == SB_STAGE_DECIDE)
        doctor_say(d, "launch", DOCTOR_WARNING, "spawnctl policy explain -- spawnctl.exe says by which rule",
                   "the policy does not let you launch this program: %s", message);
    else
        doctor_say(d, "launch", DOCTOR_ERROR, "docs/operations.md, \"When launches fail\"",
                   "failed at %s: %s", stage_name((stage)error->stage), message);
}

void doctor_launch(doctor *d) {
    sb_error error;
    sb_process child;
    HANDLE reading = NULL, writing = NULL, event = NULL;

    if (!d->client) return;
    if (!CreatePipe(&reading, &writing, NULL, 0) || !(event = CreateEventW(NULL, TRUE, FALSE, NULL))) {
        doctor_failed(d, "launch", win_error(), "cannot create the test pipe and event");
        goto done;
    }

    DWORD err = launch(d, writing, event, &child, &error);
    win_close(&writing); /* the child has a handle of its own */
    if (err) {
        refused(d, &error);
        goto done;
    }

    look_at_child(d, &child, reading);
    sb_process_close(&child);

done:
    win_close(&event);
    win_close(&writing);
    win_close(&reading);
}
