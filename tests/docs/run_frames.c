/* Runs frames of the protocol. "-> " is a request, which is sent with the paths, handles and ids of this
 * machine.
 * "<- " is the reply: its members and their types are compared, and the values that programs decide by. */
#include "tests/support/raw.h"
#include "tests/docs/scene.h"
#include "proto/json_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { TEXT = 65536 };

static char request[TEXT], wanted[TEXT], launch_id[37], user[256], nonce[64];

/* Replaces each occurrence of part in text[TEXT]. */
static void replace(char *text, const char *part, const char *by) {
    static char copy[TEXT];
    char *to = text;
    snprintf(copy, sizeof copy, "%s", text);
    for (const char *at = copy, *found;; at = found + strlen(part)) {
        found = strstr(at, part);
        size_t length = found ? (size_t)(found - at) : strlen(at);
        to += snprintf(to, (size_t)(text + TEXT - to), "%.*s%s", (int)length, at, found ? by : "");
        if (!found) return;
    }
}

/* Replaces the directories of the documentation by the scene's, and its handles by handles of this process.
 */
static void localise(const scene *s) {
    /* In two steps, by a mark: one of our own values may equal one that is shown. */
    static const char *const values[] = {"\":412", "\":416", "\":424"}, *const marks[] = {"\":@1", "\":@2",
                                                                                          "\":@3"};
    static HANDLE handles[3];
    char directory[2 * MAX_PATH] = "", text[32];
    size_t used = 0;
    for (const wchar_t *c = s->directory; *c; c++)
        used += (size_t)snprintf(directory + used, sizeof directory - used, *c == L'\\' ? "\\\\" : "%lc", *c);
    replace(request, "C:\\\\Tools", directory);
    replace(request, "C:\\\\Users\\\\ann", directory);
    if (!check_part("cpu_rate", lax_rates())) replace(request, "\"cpu_percent\":50,", "");
    if (user[0]) replace(request, "DESK\\\\ann", user);
    if (launch_id[0]) replace(request, "6f1c7a52-1f4e-4a9e-9c5f-0d6f3e0b7a11", launch_id);
    if (nonce[0]) replace(request, "3b0c5e1d9f7a4c2286b14fd02e9a6c51", nonce);
    for (int i = 0; i < 3; i++) replace(request, values[i], marks[i]);

    for (int i = 0; i < 3; i++) {
        if (!handles[i])
            handles[i] = CreateFileW(L"given.txt", GENERIC_READ | GENERIC_WRITE,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
        snprintf(text, sizeof text, "\":%u", (unsigned)(ULONG_PTR)handles[i]);
        replace(request, marks[i], text);
    }
}

/* Joins the lines from *at that belong to a frame with this mark. False if the next frame has another mark.
 */
static bool take_frame(const char **at, const char *mark, char *ret) {
    size_t used = 0;
    if (strncmp(*at, mark, 3)) return false;
    *at += 3;
    do {
        size_t length = strcspn(*at, "\n");
        memcpy(ret + used, *at, length);
        used += length;
        *at += length + ((*at)[length] != 0);
    } while (**at && strncmp(*at, "-> ", 3) && strncmp(*at, "<- ", 3));
    ret[used] = 0;
    return true;
}

static bool is_exact(const char *name) {
    static const char *const exact[] = {"jsonrpc", "id",           "name",    "win32", "stage",
                                        "field",   "handle_index", "message", "code"};
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (!strcmp(exact[i], name)) return true;
    return false;
}

static void same(const char *where, const json_tree_node *shown, const json_tree_node *got, bool in_error);

static void same_members(const char *where, const json_tree_node *shown, const json_tree_node *got,
                         bool in_error) {
    char inner[256];
    for (const json_tree_node *m = json_tree_first(shown); m; m = json_tree_next(m)) {
        const json_tree_node *other = json_tree_member(got, json_tree_key(m));
        snprintf(inner, sizeof inner, "%s.%s", where, json_tree_key(m));
        if (CHECK(other != NULL)) same(inner, m, other, in_error || !strcmp(json_tree_key(m), "error"));
        else printf("    %s is documented, and is not there\n", inner);
    }
    for (const json_tree_node *m = json_tree_first(got); m; m = json_tree_next(m))
        if (!CHECK(json_tree_member(shown, json_tree_key(m)) != NULL))
            printf("    %s.%s is there, and not documented\n", where, json_tree_key(m));
}

static void same(const char *where, const json_tree_node *shown, const json_tree_node *got, bool in_error) {
    json_tree_kind kind = json_tree_kind_of(shown), other = json_tree_kind_of(got);
    bool exact = in_error || strrchr(where, '.') == where; /* of the reply itself, or of an error */
    if (kind == TREE_NULL || other == TREE_NULL) return;   /* what may be absent */
    if (!CHECK_INT(other, kind)) printf("    %s is of another type than documented\n", where);
    else if (kind == TREE_OBJECT) same_members(where, shown, got, in_error);
    else if (kind == TREE_ARRAY && json_tree_first(shown) && json_tree_first(got))
        same(where, json_tree_first(shown), json_tree_first(got), in_error);
    else if (exact && *where && is_exact(strrchr(where, '.') + 1)) {
        if (kind == TREE_TEXT) CHECK_TEXT(json_tree_text(got), json_tree_text(shown));
        if (kind == TREE_NUMBER) CHECK_INT(json_tree_number(got), json_tree_number(shown));
    }
}

/* Keeps what later requests name: the launch id, the user and the nonce. */
static void remember(const json_tree_node *answer) {
    const json_tree_node *result = json_tree_member(answer, "result");
    const json_tree_node *id = json_tree_member(result, "launch_id"),
                         *caller = json_tree_member(result, "caller");
    if (id) snprintf(launch_id, sizeof launch_id, "%s", json_tree_text(id));
    if (!caller) return;
    snprintf(nonce, sizeof nonce, "%s", json_tree_text(json_tree_member(result, "nonce")));
    size_t used = 0;
    for (const char *c = json_tree_text(json_tree_member(caller, "user")); *c; c++)
        used += (size_t)snprintf(user + used, sizeof user - used, *c == '\\' ? "\\\\" : "%c", *c);
}

static void exchange(const scene *s, raw_client *client) {
    const char *text = NULL;
    size_t length = 0;
    msg_request decoded;

    localise(s);
    msg_decode_request(request, strlen(request), &decoded);
    if (!strstr(wanted, "\"error\"") && !CHECK_TEXT(fault_name(decoded.fault.kind), "none"))
        printf("    %s: %s\n", request, decoded.fault.message);
    msg_request_free(&decoded);
    if (!CHECK(raw_send_payload(client, request, strlen(request))) ||
        !CHECK_INT(raw_receive_text(client, TEST_DEADLINE_MS, &text, &length), RAW_REPLY))
        return;

    json_tree_node *shown = json_tree_parse(wanted, strlen(wanted)), *got = json_tree_parse(text, length);
    if (CHECK(shown != NULL) && CHECK(got != NULL)) {
        int failures = check_failures();
        same("", shown, got, false);
        if (check_failures() > failures)
            printf("---- %s\n---- documented %s\n---- got %.*s\n", request, wanted, (int)length, text);
        remember(got);
    }
    json_tree_free(shown);
    json_tree_free(got);
}

void run_frames(scene *s, const page_block *b) {
    static raw_client client;
    const char *at = b->text;
    if (!client.pipe && !CHECK(raw_open(&client, s->broker.pipe))) return;
    while (*at && CHECK(take_frame(&at, "-> ", request)) && CHECK(take_frame(&at, "<- ", wanted)))
        exchange(s, &client);
}
