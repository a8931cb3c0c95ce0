/* Sends every frame of the corpus on a connection of its own. The broker answers each as expected.tsv says
 * (file, fault, field). */
#include "tests/protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS "../corpus"

static char *read_file(const char *path, size_t *ret_length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (bytes) {
        *ret_length = fread(bytes, 1, (size_t)size, file);
        bytes[*ret_length] = 0;
    }
    fclose(file);
    return bytes;
}

/* Checks the reply to a well-formed request. It may still be refused here: a hello of another version or with
 * another nonce, or a launch that cannot be done. */
static void check_good(const char *file, const char *text, size_t length) {
    char start[200];
    snprintf(start, sizeof start, "%.*s", (int)length, text);
    if (!CHECK(strstr(start, "\"result\":") || strstr(start, "\"unknown_version\"") ||
               strstr(start, "\"not_found\"") || strstr(start, "\"not_started\"") ||
               strstr(start, "\"hello_first\"")))
        printf("of %s: %s\n", file, start);
}

static void check_fault(const char *file, const char *text, size_t length, const char *wanted,
                        const char *field) {
    msg_reply reply;
    msg_decode_reply(text, length, &reply);
    if (!CHECK_TEXT(fault_name(reply.fault.kind), wanted)) printf("of %s: %s\n", file, reply.fault.message);
    if (!CHECK_TEXT(reply.fault.field, field)) printf("of %s\n", file);
    msg_reply_free(&reply);
}

static void try_file(const wchar_t *pipe, const char *file, const char *wanted, const char *field) {
    char path[300];
    raw_client client;
    const char *text;
    size_t length = 0, text_length;

    snprintf(path, sizeof path, CORPUS "/%s", file);
    char *payload = read_file(path, &length);
    if (!CHECK(payload != NULL)) {
        printf("%s cannot be read\n", path);
        return;
    }

    if (CHECK(raw_open(&client, pipe) && raw_hello(&client))) {
        CHECK(raw_send_payload(&client, payload, length));
        raw_state state = raw_receive_text(&client, TEST_DEADLINE_MS, &text, &text_length);
        if (CHECK_INT(state, RAW_REPLY)) {
            if (!strcmp(wanted, "none")) check_good(file, text, text_length);
            else check_fault(file, text, text_length, wanted, field);
        } else {
            printf("of %s: no reply\n", file);
        }
    }
    raw_close(&client);
    free(payload);
}

/* Returns whether the file is a valid launch. It would start whatever program this machine has, with handles
 * that happen to have these values. */
static bool is_good_spawn(const char *file) {
    static const char start[] = "good_spawn_";
    return !strncmp(file, start, sizeof start - 1);
}

void protocol_corpus(const wchar_t *pipe) {
    size_t length;
    int files = 0;

    check_about("the corpus");
    char *table = read_file(CORPUS "/expected.tsv", &length);
    if (!CHECK(table != NULL)) return;

    for (char *line = table, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = 0;
        line[strcspn(line, "\r")] = 0;
        char *wanted = strchr(line, '\t'), *field = wanted ? strchr(wanted + 1, '\t') : NULL;
        if (*line == '#' || !field) continue;
        *wanted++ = 0;
        *field++ = 0;
        if (is_good_spawn(line)) continue;
        if (!strcmp(field, "-")) *field = 0;
        try_file(pipe, line, wanted, field);
        files++;
    }

    printf("%d frames of the corpus\n", files);
    CHECK(files > 0);
    free(table);
}
