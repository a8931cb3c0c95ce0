/* Sample launches of each kind, with text that tries to take over a terminal, a spreadsheet or a reader. */
#ifndef SB_TESTS_REPORT_SAMPLE_H
#define SB_TESTS_REPORT_SAMPLE_H

#include "client/report/report.h"

#include <stdio.h>

#define SAMPLE_AT INT64_C(1790000000123456)

static const msg_launch_handle sample_handles[] = {{.position = 0,
                                                    .name = "stdin",
                                                    .type = "File",
                                                    .granted_access = 0x120189,
                                                    .caller_value = 88,
                                                    .child_value = 180},
                                                   {.position = 1,
                                                    .name = "log",
                                                    .type = NULL,
                                                    .granted_access = 4,
                                                    .caller_value = 92,
                                                    .child_value = 184,
                                                    .fd = 3}};

static const msg_launch sample[] = {
    {.seq = 7,
     .requested_at = SAMPLE_AT,
     .caller_pid = 4711,
     .caller_session = 1,
     .launch_id = "01a20fb7-f603-7586-b750-81420ae4f296",
     .caller_image = "C:\\Hosts\\host.exe",
     .caller_sid = "S-1-5-21-1-2-3-1001",
     .caller_user = "BOX\\ann",
     .application = "C:\\Tools\\build.exe",
     .command_line = "=cmd|'/c calc'!A0 \"\x1b[31m\xE2\x80\xAE\xE6\xBC\xA2\xE5\xAD\x97\xF3\xA0\x80\x81\"",
     .directory = "C:\\Tools",
     .rule = "tools",
     .outcome = "started",
     .has_child_pid = true,
     .child_pid = 812,
     .has_attested = true,
     .attested = 1,
     .has_started_at = true,
     .started_at = SAMPLE_AT + 5000,
     .has_exited_at = true,
     .exited_at = SAMPLE_AT + 7005000,
     .has_exit_code = true,
     .exit_code = 0xC0000005,
     .has_create_us = true,
     .create_us = 3000,
     .has_total_us = true,
     .total_us = 5100,
     .has_caller_started_at = true,
     .caller_started_at = SAMPLE_AT - 9000000,
     .has_child_created_at = true,
     .child_created_at = SAMPLE_AT + 4000,
     .lifetime = "caller",
     .creation_flags = 0x8000000,
     .environment_names = "PATH\nTEMP",
     .environment_hash = "00ff",
     .handles = sample_handles,
     .handle_count = 2},
    {.seq = 11,
     .requested_at = SAMPLE_AT + 1,
     .caller_pid = 4711,
     .launch_id = "01a20fb7-f604-7586-b750-81420ae4f297",
     .application = "nosuch.exe",
     .outcome = "denied",
     .stage = "decide",
     .has_error_code = true,
     .error_code = 1260,
     .error_message = "no, \"never\"\r\nat all",
     .caller_user = "ann",
     .has_total_us = true,
     .total_us = 40},
    {.seq = 13,
     .requested_at = SAMPLE_AT + 2,
     .launch_id = "01a20fb7-f605-7586-b750-81420ae4f298",
     .outcome = "pending"},
    {.seq = 15,
     .requested_at = SAMPLE_AT + 3,
     .launch_id = "01a20fb7-f606-7586-b750-81420ae4f299",
     .outcome = "interrupted",
     .error_message = "the broker ended before it knew",
     .caller_sid = "S-1-5-18"}};
enum { SAMPLES = sizeof sample / sizeof *sample };

/* Returns what a format makes of rows. */
typedef struct sample_text {
    char bytes[65536];
    size_t length;
} sample_text;

static inline void sample_put(void *context, const char *text, size_t length) {
    sample_text *t = context;
    if (length > sizeof t->bytes - 1 - t->length) length = sizeof t->bytes - 1 - t->length;
    memcpy(t->bytes + t->length, text, length);
    t->length += length;
    t->bytes[t->length] = 0;
}

/* Returns the page that is made of rows. */
typedef struct sample_page {
    char bytes[512 * 1024];
    size_t length;
} sample_page;

static inline void sample_page_put(void *context, const char *text, size_t length) {
    sample_page *p = context;
    if (length > sizeof p->bytes - 1 - p->length) length = sizeof p->bytes - 1 - p->length;
    memcpy(p->bytes + p->length, text, length);
    p->length += length;
}

static inline const char *sample_report(sample_text *t, const report_look *look) {
    const report_sink sink = {.write = sample_put, .context = t};
    *t = (sample_text){0};
    reporter *r = report_begin(look, &sink);
    if (!r) return "";
    report_rows(r, sample, 2); /* in two calls, like two pages */
    report_rows(r, sample + 2, SAMPLES - 2);
    report_end(&r, true, 15);
    return t->bytes;
}

#endif
