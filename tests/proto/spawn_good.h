/* A good launch, for tests that spoil one field of it. */
#ifndef SB_TESTS_PROTO_SPAWN_GOOD_H
#define SB_TESTS_PROTO_SPAWN_GOOD_H

#include "tests/support/check.h"
#include "proto/message.h"

static const msg_spawn good = {.application = "C:\\a.exe", .directory = "C:\\"};

/* wanted_win32 0: the launch is good. */
static inline void check_it(const msg_spawn *spawn, fault_kind wanted, uint32_t wanted_win32,
                            const char *field) {
    fault f = {.kind = FAULT_NONE};
    CHECK_TEXT(fault_name(msg_spawn_check(spawn, &f)), fault_name(wanted));
    CHECK_INT(f.kind, wanted);
    CHECK_INT(f.win32, wanted_win32);
    CHECK_TEXT(f.field, field);
    if (wanted != FAULT_NONE) CHECK(strlen(f.message) > 10);
}

#endif
