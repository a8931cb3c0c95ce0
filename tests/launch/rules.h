/* The parts of test_rules. */
#ifndef SB_TESTS_LAUNCH_RULES_H
#define SB_TESTS_LAUNCH_RULES_H

#include "service/win32/create.h"
#include "service/win32/token.h"

#include <wchar.h>

/* A create_spec with these handles, for the helper with the argument "exit:0". */
typedef struct rule {
    wchar_t image[MAX_PATH], line[64];
    create_spec spec;
} rule;

void rule_make(rule *r, const HANDLE *handles, size_t count);
/* Terminates a child that was created suspended. */
void rule_end(PROCESS_INFORMATION *child);

/* rules_create.c, which contains service/win32/token.c. */
int rules_revert(void); /* all that the program "revert" does; it must end before this returns */
void rules_identity(void);
void rules_attributes(void);
void rules_std(void);
void rules_desktop(void);
void rules_devices(void);
void rules_table(void);
void rules_files(void);
void rules_images(void); /* contains service/win32/file_open.c, image.c and true_path.c */
void rules_waits(void);
void rules_hashes(void);

#endif
