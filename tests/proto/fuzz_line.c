/* Takes any text as a command line, as arguments for one, as one to redact and as one with placeholders, and
 * compares each with a second implementation of the rules (slow_line.h). Quoted arguments split into the same
 * arguments; a redacted line has the same words except the secrets; a placeholder becomes the value of its
 * handle. */
#include "service/policy/args.h"
#include "tests/support/fuzz.h"
#include "proto/handle_placeholders.h"
#include "service/policy/policy.h"
#include "client/ctl/quote.h"
#include "tests/proto/slow_line.h"
#include "proto/utf.h"

#include <string.h>

enum { WORDS = 64 };

static void check_split(arena *a, const char *line) {
    argument *got = NULL;
    slow_words want;
    size_t count = 0, at = 0;
    FUZZ_CHECK(args_split(a, line, &got, &count));
    slow_split(a, line, &want);
    FUZZ_CHECK(count == want.count && count >= 1);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(!strcmp(got[i].text, want.at[i]));
        FUZZ_CHECK(got[i].from >= at && got[i].to >= got[i].from && got[i].to <= strlen(line));
        FUZZ_CHECK(strspn(line + at, " \t") >= got[i].from - at); /* only blanks stand between words */
        at = got[i].to;
    }
}

/* Takes the lines of the text as arguments. */
static void check_quote(arena *a, const char *text) {
    const char *words[WORDS];
    char *copy = arena_copy(a, text, strlen(text)), *next;
    slow_words back;
    size_t count = 0;
    for (char *word = copy; word && count < WORDS; word = next) {
        if ((next = strchr(word, '\n')) != NULL) *next++ = 0;
        words[count++] = word;
    }
    const char *line = quote_join(a, words, count);
    FUZZ_CHECK((line != NULL) == !strchr(words[0], '"'));
    if (!line) return;
    slow_split(a, line, &back);
    FUZZ_CHECK(back.count == count);
    for (size_t i = 0; i < count; i++) FUZZ_CHECK(!strcmp(back.at[i], words[i]));
    check_split(a, line);
}

static const policy *redacting(void) {
    static policy *p;
    static const char text[] = "{\"version\":1,\"default\":\"allow\",\"redact\":[" SLOW_REDACT_JSON "]}";
    const policy_options options = {0};
    policy_error error;
    if (!p) FUZZ_CHECK(policy_parse(text, sizeof text - 1, &options, &p, &error));
    return p;
}

static void check_redact(arena *a, const char *line) {
    const char *hidden = policy_redact(redacting(), NULL, a, line);
    const char *again = hidden ? policy_redact(redacting(), NULL, a, hidden) : NULL;
    slow_words before, after;
    FUZZ_CHECK(hidden && again && utf8_valid(hidden, strlen(hidden), NULL));
    FUZZ_CHECK(!strcmp(hidden, again));
    slow_split(a, line, &before);
    slow_split(a, hidden, &after);
    FUZZ_CHECK(before.count == after.count);
    for (size_t i = 0; i < before.count; i++) {
        const char *want = slow_redacted(a, &before, i);
        /* Beyond ASCII, the policy knows more pairs of upper and lower case. */
        if (slow_is_ascii(before.at[i]) && (i == 0 || slow_is_ascii(before.at[i - 1])))
            FUZZ_CHECK(!strcmp(after.at[i], want));
        else if (strcmp(want, before.at[i]) != 0) FUZZ_CHECK(!strcmp(after.at[i], want));
    }
}

static void check_marks(arena *a, const char *line) {
    static const msg_handle handles[] = {{.name = "a"}, {.name = "log"}, {.name = "x.y-z_0"}};
    static const uint32_t values[] = {4294967295u, 4, 1000};
    static const char *const texts[] = {"4294967295", "4", "1000"};
    const msg_spawn spawn = {.handles = handles, .handle_count = 3};
    const char *got = NULL, *want;
    fault f;
    fault_kind kind = handle_placeholders_replace(a, line, &spawn, values, &got, &f);
    want = slow_marks(a, line, (const char *[]){"a", "log", "x.y-z_0"}, texts, 3);
    FUZZ_CHECK((kind == FAULT_NONE) == (want != NULL));
    if (want) FUZZ_CHECK(!strcmp(got, want) && strlen(got) <= strlen(line));
    else
        FUZZ_CHECK(!got && f.kind == FAULT_BAD_VALUE && !strcmp(f.field, "params.command_line") &&
                   strstr(f.message, "{handle:"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    arena a = {0};
    char *line = arena_copy(&a, (const char *)data, size);
    size_t length = line ? strlen(line) : 0;
    if (line && utf8_valid(line, length, NULL)) { /* as in every request that passes decoding */
        check_split(&a, line);
        check_quote(&a, line);
        check_redact(&a, line);
        check_marks(&a, line);
    }
    arena_free(&a);
    return 0;
}
