/* Takes any text as a time and as a list of columns. Nothing may crash, and an accepted time is written back
 * as the same time. */
#include "client/report/columns.h"
#include "tests/support/fuzz.h"
#include "client/report/when.h"

#include <string.h>

static int odd(void *context, int64_t us) {
    (void)context;
    return (us / 86400000000 / 90) % 2 ? 3600 : -12600;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const when_zone utc = {0}, zone = {.offset = odd};
    char *text = malloc(size + 1);
    arena a = {0};
    fields columns;
    const char *unknown = NULL;
    int64_t us = 0, again = 1;

    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = 0;

    if (when_parse(text, 1790000000000000, &zone, &us)) {
        const char *written = when_format(&a, us, &utc, WHEN_RFC3339);
        FUZZ_CHECK(!strcmp(written, "-") || (when_parse(written, 0, &zone, &again) && again == us));
        when_format(&a, us, &zone, WHEN_MICROSECONDS);
    }

    if (columns_parse(&a, text, &columns, &unknown)) FUZZ_CHECK(columns.count > 0);
    else FUZZ_CHECK(unknown != NULL);
    arena_free(&a);
    free(text);

    return 0;
}
