/* The programs where administrators keep them, for tests that register the service itself. */
#ifndef SB_TESTS_SUPPORT_INSTALLED_H
#define SB_TESTS_SUPPORT_INSTALLED_H

#include <stdbool.h>
#include <windows.h>

typedef struct installed {
    wchar_t directory[MAX_PATH], ctl[MAX_PATH], broker[MAX_PATH];
    wchar_t data[MAX_PATH]; /* the service's default */
} installed;

/* Fills ret. Returns why a test must not register the service here, or NULL if it may: it takes an
 * administrator, and a machine without a SpawnBroker and its data. */
const char *installed_missing(installed *ret);
/* Copies spawnctl.exe and spawnbroker.exe into a directory of their own in ProgramFiles. */
bool installed_make(const installed *i);
/* Removes the service, its data and the directory. */
void installed_remove(const installed *i);

/* Gives everybody all rights to a file or directory, or takes them back. */
bool open_to_all(const wchar_t *path, bool open);

#endif
