/* Repeats what the broker does with a request without any help of Windows, for a program that counts
 * instructions. tests/bench_instructions.sh runs it twice under callgrind, with different TIMES; the
 * difference belongs to the piece alone.
 *
 * usage: instructions decode|decide|encode TIMES */
#include "proto/frame.h"
#include "proto/message.h"
#include "service/policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Encodes a launch as a plugin host requests it: four handles, standard handles and twenty variables. */
static char *request_make(size_t *ret_length) {
    static const char *const variables[] = {
        "ALLUSERSPROFILE=C:\\ProgramData",
        "APPDATA=C:\\Users\\Ann\\AppData\\Roaming",
        "CommonProgramFiles=C:\\Program Files\\Common Files",
        "COMPUTERNAME=OFFICE-7",
        "ComSpec=C:\\Windows\\system32\\cmd.exe",
        "HOMEDRIVE=C:",
        "HOMEPATH=\\Users\\Ann",
        "LOCALAPPDATA=C:\\Users\\Ann\\AppData\\Local",
        "NUMBER_OF_PROCESSORS=8",
        "OS=Windows_NT",
        "Path=C:\\Windows\\system32;C:\\Windows;C:\\Windows\\System32\\Wbem",
        "PATHEXT=.COM;.EXE;.BAT;.CMD;.VBS",
        "PROCESSOR_ARCHITECTURE=AMD64",
        "ProgramData=C:\\ProgramData",
        "ProgramFiles=C:\\Program Files",
        "PUBLIC=C:\\Users\\Public",
        "SystemRoot=C:\\Windows",
        "TEMP=C:\\Users\\Ann\\AppData\\Local\\Temp",
        "USERNAME=Ann",
        "windir=C:\\Windows"};

    static const msg_handle handles[] = {{.name = "frames", .value = 0x98, .access = 4},
                                         {.name = "events", .value = 0xa4, .fd = 3},
                                         {.name = "log", .value = 0xb8},
                                         {.name = "stop", .value = 0xc0, .access = 0x100000}};

    const msg_spawn spawn = {.application = "C:\\Program Files\\Example\\plugin.exe",
                             .command_line =
                                 "\"C:\\Program Files\\Example\\plugin.exe\" --safe --frames {handle:frames}",
                             .expand = true,
                             .directory = "C:\\Users\\Ann\\Documents",
                             .environment = variables,
                             .environment_count = sizeof variables / sizeof *variables,
                             .handles = handles,
                             .handle_count = sizeof handles / sizeof *handles,
                             .std = {0x10, 0x14, 0x18},
                             .job = true};

    return msg_encode_spawn(7, &spawn, ret_length);
}

static bool decode(long times) {
    size_t length = 0;
    char *frame = request_make(&length);
    bool good = frame != NULL;
    for (long i = 0; good && i < times; i++) {
        msg_request request;
        msg_decode_request(frame + FRAME_HEADER_BYTES, length - FRAME_HEADER_BYTES, &request);
        good = request.method == MSG_SPAWN && !request.fault.kind && request.u.spawn.handle_count == 4;
        if (!good) fprintf(stderr, "decoded: %s\n", request.fault.message);
        msg_request_free(&request);
    }
    free(frame);
    return good;
}

static bool true_path(void *context, const char **ret, policy_why *why) {
    (void)why;
    *ret = context;
    return true;
}

/* Decides with nine rules that look at the program and its arguments. The last rule matches. */
static bool decide(long times) {
    static const char text[] =
        "{\"version\": 1, \"default\": \"deny\", \"rules\": ["
        "{\"name\": \"a\", \"action\": \"deny\", \"reason\": \"no\", \"program\": {\"path\": "
        "[\"C:\\\\Windows\\\\**\"]}},"
        "{\"name\": \"b\", \"action\": \"deny\", \"reason\": \"no\", \"program\": {\"path\": "
        "[\"**\\\\cmd.exe\"]}},"
        "{\"name\": \"c\", \"action\": \"deny\", \"reason\": \"no\", \"program\": {\"path\": "
        "[\"**\\\\powershell.exe\"]}},"
        "{\"name\": \"d\", \"action\": \"allow\", \"caller\": {\"sid\": [\"S-1-5-18\"]}},"
        "{\"name\": \"e\", \"action\": \"allow\", \"caller\": {\"session\": {\"least\": 0, \"most\": 0}}},"
        "{\"name\": \"f\", \"action\": \"allow\", \"caller\": {\"image\": [\"D:\\\\**\"]}},"
        "{\"name\": \"g\", \"action\": \"deny\", \"reason\": \"no\", \"arguments\": {\"some\": "
        "[\"--unsafe*\"]}},"
        "{\"name\": \"h\", \"action\": \"deny\", \"reason\": \"no\", \"handles\": {\"count\": {\"least\": "
        "64}}},"
        "{\"name\": \"i\", \"action\": \"allow\", \"program\": {\"path\": [\"C:\\\\Program "
        "Files\\\\Example\\\\*.exe\"]},"
        " \"lifetime\": [\"caller\"]}]}";
    static char program[] = "C:\\Program Files\\Example\\plugin.exe";
    const policy_options options = {0};
    const policy_oracle ask = {.path = true_path};
    const policy_facts facts = {.sid = "S-1-5-21-1004336348-1177238915-1001",
                                .image = "C:\\Program Files\\Example\\host.exe",
                                .session = 1,
                                .integrity = 0x2000,
                                .application = program,
                                .command_line =
                                    "\"C:\\Program Files\\Example\\plugin.exe\" --safe --frames 152",
                                .handle_count = 7,
                                .lifetime = MSG_LIFETIME_CALLER,
                                .ask = &ask,
                                .context = program};
    policy *p = NULL;
    policy_error wrong;
    bool good = policy_parse(text, strlen(text), &options, &p, &wrong);

    if (!good) fprintf(stderr, "%zu:%zu: %s: %s\n", wrong.line, wrong.column, wrong.field, wrong.message);
    for (long i = 0; good && i < times; i++) {
        arena a = {0};
        policy_decision made;
        good = policy_decide(p, &facts, &a, NULL, &made) && made.allow && !strcmp(made.rule, "i");
        if (!good) fprintf(stderr, "decided by the rule %s\n", made.rule);
        arena_free(&a);
    }
    policy_free(&p);
    return good;
}

static bool encode(long times) {
    const msg_id id = {.number = 7};
    const msg_spawn_result result = {.launch_id = "019a2f3e-1111-7222-8333-444455556666",
                                     .process_id = 4711,
                                     .thread_id = 4712,
                                     .process = 0x1a4,
                                     .thread = 0x1a8,
                                     .job = 0x1ac,
                                     .attested = 1,
                                     .times_us = {20, 5, 60, 900, 40, 700, 15, 30, 1770}};
    bool good = true;
    for (long i = 0; good && i < times; i++) {
        size_t length = 0;
        char *frame = msg_encode_spawn_result(&id, &result, &length);
        good = frame != NULL && length > FRAME_HEADER_BYTES;
        free(frame);
    }
    return good;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        bool (*run)(long times);
    } pieces[] = {{"decode", decode}, {"decide", decide}, {"encode", encode}};
    long times = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    for (size_t i = 0; times > 0 && i < sizeof pieces / sizeof *pieces; i++)
        if (!strcmp(argv[1], pieces[i].name)) return pieces[i].run(times) ? 0 : 1;
    fprintf(stderr, "usage: instructions decode|decide|encode TIMES\n");
    return 2;
}
