/* Whether a user can change which program a path runs. */
#ifndef SB_SERVICE_WIN32_REPLACEABLE_H
#define SB_SERVICE_WIN32_REPLACEABLE_H

#include <stdbool.h>
#include <windows.h>

/* Finds out whether the thread, as whom it impersonates, could change the file, add files to its directory,
 * or rename or replace one of the directories above, up to the root of the volume or share. path is a true
 * path; the text is changed and restored. An error other than "access denied" is returned. */
DWORD replaceable(wchar_t *path, bool *ret);

#endif
