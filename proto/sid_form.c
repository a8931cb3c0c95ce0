#include "proto/sid_form.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS = 15 }; /* SID_MAX_SUB_AUTHORITIES */

/* Returns the end of a decimal number up to most, without leading zeros, or NULL if text has none. */
static const char *past_number(const char *text, uint64_t most) {
    size_t digits = strspn(text, "0123456789");
    bool good = digits && digits <= 15 && (text[0] != '0' || digits == 1) && strtoull(text, NULL, 10) <= most;
    return good ? text + digits : NULL;
}

bool sid_form_is(const char *text) {
    int parts = 0;
    if (strncmp(text, "S-1-", 4) != 0 || !(text = past_number(text + 4, (UINT64_C(1) << 48) - 1)))
        return false;
    for (; *text == '-'; parts++) {
        if (!(text = past_number(text + 1, UINT32_MAX))) return false;
    }
    return !*text && parts > 0 && parts <= MOST_PARTS;
}
