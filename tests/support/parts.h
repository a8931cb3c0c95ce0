/* parts.h: parts of a test that cannot be tried everywhere.
 *
 * A part has a name and is either tried or skipped, with the reason. A program that skipped a part ends with
 * code 77, which ctest shows as skipped. A part can also be an entry of ctest of its own (sb_part in CMake).
 * Then the program passes without it, and the entry TEST.PART shows whether the part was tried. Both kinds of
 * checks include this file (check.h, checks.c). Call it from one thread at a time. */
#ifndef SB_TESTS_SUPPORT_PARTS_H
#define SB_TESTS_SUPPORT_PARTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_SKIPPED_CODE = 77, PART_MOST = 32, PART_LINE = 300 };

static char part_lines[PART_MOST][PART_LINE]; /* as part.cmake reads them */
static int part_count, part_skipped, part_skipped_bare;

/* Returns whether ctest has an entry for the part. SB_TEST_PARTS is a list with commas. */
static inline bool part_has_entry(const char *part) {
    const char *at = getenv("SB_TEST_PARTS");
    size_t length = strlen(part);
    while (at && *at) {
        if (!strncmp(at, part, length) && (!at[length] || at[length] == ',')) return true;
        at = strchr(at, ',');
        if (at) at++;
    }
    return false;
}

/* Notes that the part is tried (missing is NULL) or skipped, because of what is missing here. Returns whether
 * it is tried. A part that is noted twice counts as skipped if it was skipped once. */
static inline bool part_note(const char *part, const char *missing) {
    char line[PART_LINE];
    snprintf(line, sizeof line, missing ? "skipped %s: %s" : "tried %s", part, missing ? missing : "");

    for (int i = 0; i < part_count; i++)
        if (!strcmp(part_lines[i], line)) return !missing;
    if (part_count < PART_MOST) memcpy(part_lines[part_count++], line, sizeof line);

    if (missing) {
        part_skipped++;
        part_skipped_bare += !part_has_entry(part);
        printf("  %s\n", line);
        fflush(stdout);
    }
    return !missing;
}

/* Writes the notes to where the entries of the parts look for them. */
static inline bool part_write(void) {
    const char *path = getenv("SB_TEST_PARTS_FILE");
    if (!path) return true;
    FILE *file = fopen(path, "w");
    if (!file) return false;

    for (int i = 0; i < part_count; i++) fprintf(file, "%s\n", part_lines[i]);
    return !fclose(file);
}

/* Returns the exit code of a program that made that many checks. A program without any check fails, unless it
 * skipped a part. */
static inline int part_exit_code(long made, long failed) {
    if (!part_write()) {
        printf("FAILED: cannot write the file that SB_TEST_PARTS_FILE names\n");
        return 1;
    }
    if (failed) return 1;
    if (!made && !part_skipped) {
        printf("FAILED: no check was made\n");
        return 1;
    }
    return part_skipped_bare || !made ? PART_SKIPPED_CODE : 0;
}

#endif
