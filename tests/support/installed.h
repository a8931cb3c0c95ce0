/* Puts the programs where administrators keep them, for tests that register the service. */
#ifndef SB_TESTS_SUPPORT_INSTALLED_H
#define SB_TESTS_SUPPORT_INSTALLED_H

#include <stdbool.h>
#include <windows.h>

typedef struct installed {
    wchar_t directory[MAX_PATH], ctl[MAX_PATH], broker[MAX_PATH];
    wchar_t data[MAX_PATH]; /* the service's default */
} installed;

/* Fills ret. Returns why a test must not register the service here, or NULL if it may. It needs an
 * administrator, and a machine that has no SpawnBroker service and none of its data. */
const char *installed_missing(installed *ret);
/* Copies spawnctl.exe and spawnbroker.exe to a new directory in ProgramFiles. */
bool installed_make(const installed *i);
/* Removes the service, its data and the directory. */
void installed_remove(const installed *i);

/* Gives everyone all rights to a file or directory, or removes them again. */
bool open_to_all(const wchar_t *path, bool open);

#endif
