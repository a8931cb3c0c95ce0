/* The programs where administrators keep them, for tests that register the service itself. */
#ifndef SB_TESTS_SUPPORT_INSTALLED_H
#define SB_TESTS_SUPPORT_INSTALLED_H

#include <stdbool.h>
#include <windows.h>

typedef struct installed {
    wchar_t directory[MAX_PATH], ctl[MAX_PATH], broker[MAX_PATH];
    wchar_t data[MAX_PATH]; /* the service's default */
} installed;

/* Whether this may be tried: not without the rights of an administrator, nor on a machine that has a
 * SpawnBroker or its data; then it says so. Fills ret. */
bool installed_may(installed *ret);
/* Copies spawnctl.exe and spawnbroker.exe into a directory of their own in ProgramFiles. */
bool installed_make(const installed *i);
/* Removes the service, its data and the directory. */
void installed_remove(const installed *i);

/* Gives everybody all rights to a file or directory, or takes them back. */
bool open_to_all(const wchar_t *path, bool open);

#endif
