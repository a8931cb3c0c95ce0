/* caller_age.h: tells the process that connected from a younger one that has got its process id.
 *
 * Windows gives ids out again. A process that was created after the client connected is not the client.
 * Clocks can be set back, so a creation time in the future says nothing about age. Portable. Microseconds. */
#ifndef SB_SERVICE_BROKER_CALLER_AGE_H
#define SB_SERVICE_BROKER_CALLER_AGE_H

#include <stdint.h>

/* A moment on both clocks. */
typedef struct caller_moment {
    int64_t clock; /* since 1970; may be set */
    int64_t ticks; /* only runs forward */
} caller_moment;

typedef enum caller_age {
    CALLER_OLD_ENOUGH,
    CALLER_TOO_YOUNG,  /* the process was created after the client connected */
    CALLER_AGE_UNKNOWN /* the clock was set back after the client connected */
} caller_age;

/* created: when the process was created, by the clock of that time. */
caller_age caller_age_of(int64_t created, caller_moment connected, caller_moment now);

#endif
