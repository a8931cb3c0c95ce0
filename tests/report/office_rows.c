#include "tests/report/office_rows.h"

#include <inttypes.h>

static uint64_t state;

static unsigned below(unsigned limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

typedef struct worker {
    const char *image, *user, *sid, *application, *line, *rule;
    int share;           /* out of a hundred launches */
    int ms;              /* about how long a child runs */
    const char *handles; /* one letter per handle; see the list */
} worker;

static const worker workers[] = {
    {"C:\\Build\\agent.exe", "OFFICE\\build", "S-1-5-21-7-8-9-1104", "C:\\Tools\\bin\\cl.exe",
     "cl.exe /nologo /c /O2 src\\unit%u.c", "build-tools", 38, 4000, "iolb"},
    {"C:\\Build\\agent.exe", "OFFICE\\build", "S-1-5-21-7-8-9-1104", "C:\\Tools\\bin\\link.exe",
     "link.exe /out:app%u.dll @objects.rsp", "build-tools", 9, 16000, "iolb"},
    {"C:\\Program Files\\Studio\\studio.exe", "OFFICE\\ann", "S-1-5-21-7-8-9-1131",
     "C:\\Program Files\\Studio\\plugins\\lint.exe", "lint.exe --stdin --project %u", "plugins", 16, 52000,
     "ioef"},
    {"C:\\Program Files\\Studio\\studio.exe", "OFFICE\\boris", "S-1-5-21-7-8-9-1140",
     "C:\\Program Files\\Studio\\plugins\\preview.exe", "preview.exe --frames {handle:frames} --page %u",
     "plugins", 8, 420000, "oefp"},
    {"D:\\Mail\\scanner.exe", "NT AUTHORITY\\SYSTEM", "S-1-5-18", "D:\\Mail\\unpack.exe",
     "unpack.exe --message %u --limit 64M", "mail-sandbox", 17, 2500, "iot"},
    {"C:\\Program Files\\Fleet\\agent.exe", "NT AUTHORITY\\LOCAL SERVICE", "S-1-5-19",
     "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
     "powershell.exe -NoProfile -File C:\\Fleet\\task%u.ps1", "fleet", 8, 9000, "oel"},
    {"C:\\Users\\carol\\Downloads\\helper.exe", "OFFICE\\carol", "S-1-5-21-7-8-9-1162",
     "C:\\Windows\\System32\\cmd.exe", "cmd.exe /c whoami /all > out%u.txt", "no-shells", 4, 500, "o"},
};

static const struct {
    char letter;
    msg_launch_handle handle;
} handles[] = {{'i', {.name = "stdin", .type = "File", .granted_access = 0x120089}},
               {'o', {.name = "stdout", .type = "File", .granted_access = 0x120196}},
               {'e', {.name = "stderr", .type = "File", .granted_access = 0x120196}},
               {'l', {.name = "log", .type = "File", .granted_access = 0x100004, .fd = 3}},
               {'b', {.name = "jobserver", .type = "Semaphore", .granted_access = 0x100002}},
               {'f', {.name = "frames", .type = "Section", .granted_access = 0x4}},
               {'p', {.name = "painted", .type = "Event", .granted_access = 0x100002}},
               {'t', {.name = "quarantine", .type = "File", .granted_access = 0x1200a9}}};

static bool add_handles(arena *a, msg_launch *l, const char *letters) {
    msg_launch_handle *list = arena_array(a, 8, sizeof *list);
    for (; list && *letters; letters++)
        for (size_t i = 0; i < sizeof handles / sizeof *handles; i++) {
            if (handles[i].letter != *letters) continue;
            msg_launch_handle *h = &list[l->handle_count];
            *h = handles[i].handle;
            h->position = (int64_t)l->handle_count++;
            h->caller_value = 4 * (100 + below(900));
            h->child_value = 4 * (30 + below(40));
            if (*letters == 'f' && !below(9)) h->granted_access = 6; /* one with write access */
        }
    l->handles = list;
    return list;
}

static void refuse(msg_launch *l, const char *outcome, const char *stage, int64_t code, const char *why) {
    l->outcome = outcome;
    l->stage = stage;
    l->has_error_code = true;
    l->error_code = code;
    l->error_message = why;
    l->handle_count = 0;
}

static void run(msg_launch *l, const worker *w, int64_t lives) {
    l->outcome = "started";
    l->has_child_pid = l->has_attested = l->has_started_at = l->has_create_us = l->has_child_created_at =
        true;
    l->child_pid = 4 * (500 + below(9000));
    l->attested = 1;
    l->create_us = 1500 + below(2500);
    l->child_created_at = l->requested_at + 900 + below(500);
    l->started_at = l->requested_at + l->create_us + 1200;
    if (l->started_at + lives > OFFICE_END) return; /* it still runs */
    l->has_exited_at = l->has_exit_code = true;
    l->exited_at = l->started_at + lives;
    l->exit_code = below(16) ? 0 : w->ms < 3000 ? 0xC0000005 : 1;
}

static bool add(arena *a, msg_launch *l, int64_t number, int64_t at) {
    unsigned share = below(100), which = 0;

    for (; share >= (unsigned)workers[which].share; which++) share -= (unsigned)workers[which].share;
    const worker *w = &workers[which];
    *l = (msg_launch){.seq = 3 * number + 11,
                      .requested_at = at,
                      .caller_pid = 4 * (200 + which * 37),
                      .caller_session = which > 1 && which < 4};
    l->launch_id = arena_printf(a, "01a2c3d4-%04x-7586-b750-%012" PRIx64, below(65536), (uint64_t)number);
    l->caller_image = w->image;
    l->caller_user = w->user;
    l->caller_sid = w->sid;
    l->application = w->application;
    l->command_line = arena_printf(a, w->line, below(400));
    l->directory = "C:\\Work";
    l->rule = w->rule;
    l->lifetime = "caller";
    l->has_caller_started_at = l->has_total_us = true;
    l->caller_started_at = OFFICE_START - INT64_C(3600000000) * (which + 1);
    l->total_us = 3000 + below(4000);
    l->environment_names = "PATH\nSystemRoot\nTEMP\nUSERPROFILE";
    l->environment_hash = "5bd1fe0c54b9a0f5c6a01bb7e9f20b4dd4e7ac80aa40c65f0be6c1ef9a9e2c31";
    if (!l->launch_id || !l->command_line || !add_handles(a, l, w->handles)) return false;
    if (which == 6) refuse(l, "denied", "decide", 1260, "the policy's rule no-shells refuses it");
    else if (which == 5 && !below(4))
        refuse(l, "denied", "adopt", 5, "the handle log: write access is more than the rule admits");
    else if (!below(45)) refuse(l, "failed", "create", 2, "the program is not there");
    else run(l, w, (w->ms / 3 + (int64_t)below((unsigned)w->ms)) * 1000);

    return true;
}

const msg_launch *office_rows(arena *a) {
    msg_launch *rows = arena_array(a, OFFICE_ROWS, sizeof *rows);
    int64_t at = OFFICE_END, step = (OFFICE_END - OFFICE_START) / OFFICE_ROWS;
    state = 88172645463325252u;
    for (int i = 0; rows && i < OFFICE_ROWS; i++) {
        unsigned busy = (unsigned)(i / 40) % 4; /* load comes in waves */
        at -= (int64_t)below((unsigned)(step / 1000)) * (busy == 1 ? 400 : busy == 2 ? 3200 : 1900);
        if (!add(a, &rows[i], OFFICE_ROWS - i, at)) return NULL;
    }
    if (rows)
        rows[0].outcome = "pending",
        rows[0].has_started_at = rows[0].has_child_pid = rows[0].has_attested = false;
    if (rows)
        refuse(&rows[300], "interrupted", NULL, 0, "the broker ended before it knew"),
            rows[300].has_error_code = false;
    return rows;
}

static const char *const hostile[] = {
    "</script><script>window.hacked = 1</script>",
    "<!-- <script> \\u003c/script> -->",
    "]]> <![CDATA[ <img src=x onerror=\"window.hacked=2\">",
    "\" onmouseover=\"window.hacked=3\" x='",
    "line\xE2\x80\xA8separator\xE2\x80\xA9paragraph",
    "gpj.\xE2\x80\xAE.exe \xE2\x81\xA6hidden\xE2\x81\xA9 \xF3\xA0\x80\x81tag",
    "bell \a esc \x1b[31m del \x7F c1 \xC2\x9B nul \\0 \\x00 \x01",
    "=cmd|'/c calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "a,b \"c\"\r\nd",
    "",
    " =1",
    "tab\tx",
    "https://example.invalid/x.png",
    "javascript:window.hacked=4",
    "{{constructor}} ${window.hacked=5} &lt;b&gt; &amp;",
    "\xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x98\x80 e\xCC\x81",
    "__proto__",
    "\xFF\xFE not text",
};

const msg_launch *hostile_rows(arena *a, size_t *ret_count) {
    enum { COUNT = sizeof hostile / sizeof *hostile };
    msg_launch *rows = arena_array(a, COUNT, sizeof *rows);

    for (int i = 0; rows && i < COUNT; i++) {
        const char *text = hostile[i];
        msg_launch_handle *handle = arena_alloc(a, sizeof *handle);
        if (!handle) return NULL;
        *handle = (msg_launch_handle){.name = text,
                                      .type = i % 2 ? text : "File",
                                      .granted_access = 3,
                                      .caller_value = 4,
                                      .child_value = 8};
        rows[i] = (msg_launch){.seq = 100 - i,
                               .requested_at = OFFICE_START - i * INT64_C(1500000),
                               .caller_pid = 4,
                               .caller_image = text,
                               .caller_sid = text,
                               .caller_user = text,
                               .application = text,
                               .command_line = text,
                               .directory = text,
                               .rule = text,
                               .error_message = text,
                               .has_error_code = true,
                               .error_code = 5,
                               .stage = "decide",
                               .lifetime = "caller",
                               .environment_names = text,
                               .outcome = i % 3 ? "denied" : "failed",
                               .handles = handle,
                               .handle_count = i + 1 < COUNT};
        rows[i].launch_id = arena_printf(a, "%08x-0000-7000-8000-000000000000", (unsigned)i);
    }

    *ret_count = COUNT;
    return rows;
}
