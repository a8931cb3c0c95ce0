/* Tests which processes can be the client that connected, on clocks that are set forward and back. */
#include "service/broker/caller_age.h"

#include "tests/support/check.h"

enum { SECOND = 1000000 };

#define HOURS(n) ((int64_t)(n)*3600 * SECOND)

static const struct {
    const char *name;
    int64_t created, connected, now; /* by the clock */
    int64_t passed;                  /* between connected and now, on a clock that only runs forward */
    caller_age wanted;
} rows[] = {
    {"created before it connected", HOURS(1), HOURS(2), HOURS(2) + SECOND, SECOND, CALLER_OLD_ENOUGH},
    {"created as it connected", HOURS(2), HOURS(2), HOURS(2), 0, CALLER_OLD_ENOUGH},
    {"created after it connected", HOURS(2) + 1, HOURS(2), HOURS(2) + SECOND, SECOND, CALLER_TOO_YOUNG},
    {"created just now", HOURS(2) + SECOND, HOURS(2), HOURS(2) + SECOND, SECOND, CALLER_TOO_YOUNG},
    {"created an hour after it connected", HOURS(3), HOURS(2), HOURS(4), HOURS(2), CALLER_TOO_YOUNG},
    {"the clock was set back before it connected", HOURS(3), HOURS(2), HOURS(2) + SECOND, SECOND,
     CALLER_OLD_ENOUGH},
    {"the clock was set back by a moment", HOURS(2) + 2 * SECOND, HOURS(2), HOURS(2) + SECOND, SECOND,
     CALLER_OLD_ENOUGH},
    {"the clock was set back after it connected", HOURS(1), HOURS(2), HOURS(1), SECOND, CALLER_AGE_UNKNOWN},
    {"the same, and the process is younger", HOURS(1) + 1, HOURS(2), HOURS(1) + SECOND, SECOND,
     CALLER_AGE_UNKNOWN},
    {"the clock was set forward after it connected", HOURS(1), HOURS(2), HOURS(3), SECOND, CALLER_OLD_ENOUGH},
    {"the clock was set forward, and the process is younger", HOURS(3), HOURS(2), HOURS(3) + SECOND, SECOND,
     CALLER_TOO_YOUNG},
    {"the clock runs a little slow", HOURS(1), HOURS(2), HOURS(12) - 30 * SECOND, HOURS(10),
     CALLER_OLD_ENOUGH},
};

int main(void) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const caller_moment connected = {rows[i].connected, HOURS(100)};
        const caller_moment now = {rows[i].now, HOURS(100) + rows[i].passed};
        check_case("%s", rows[i].name);
        CHECK_INT(caller_age_of(rows[i].created, connected, now), rows[i].wanted);
    }
    return check_report();
}
