#include "service/broker/caller_age.h"

/* How much two clocks may drift apart: the system clock is corrected by running slower, not only by being
 * set. */
enum { DRIFT_US = 1000000, DRIFT_PART = 100 };

caller_age caller_age_of(int64_t created, caller_moment connected, caller_moment now) {
    const int64_t passed = now.ticks - connected.ticks;
    const int64_t drift = DRIFT_US + passed / DRIFT_PART;
    if (now.clock < connected.clock + passed - drift) return CALLER_AGE_UNKNOWN;

    /* A younger process was created between the two moments. One whose creation lies in the future is older
     * than the last time that the clock was set back. */
    return created > connected.clock && created <= now.clock ? CALLER_TOO_YOUNG : CALLER_OLD_ENOUGH;
}
