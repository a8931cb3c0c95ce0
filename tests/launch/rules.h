/* The parts of test_rules. */
#ifndef SB_TESTS_LAUNCH_RULES_H
#define SB_TESTS_LAUNCH_RULES_H

#include "service/win32/create.h"

#include <wchar.h>

/* A create_spec of the helper doing "exit:0", with these handles. */
typedef struct rule {
    wchar_t image[MAX_PATH], line[64];
    create_spec spec;
} rule;

void rule_make(rule *r, const HANDLE *handles, size_t count);
/* Ends a child that was made suspended, by its handle. */
void rule_end(PROCESS_INFORMATION *child);

/* rules_create.c, which is service/win32/create.c too. */
int rules_revert(void); /* a program's whole work: it is to end in the middle of it */
void rules_identity(void);
void rules_attributes(void);
void rules_std(void);
void rules_desktop(void);
void rules_devices(void);
void rules_table(void);

#endif
