/* The text of Windows paths: the form in which a path is compared with a pattern, and what a pattern may be.
 */
#ifndef SB_SERVICE_POLICY_PATHS_H
#define SB_SERVICE_POLICY_PATHS_H

#include "proto/arena.h"
#include "service/policy/policy.h"

/* Converts an absolute path to the form that is compared: X:\... or \\server\share\..., with single '\' as
 * separators and without a \\?\ in front. Unless the path had a \\?\, what Windows ignores is left out: ".",
 * "..", dots and spaces at the end of a component, and "::$DATA". Case, short names and links are not looked
 * at: matching ignores case, and in the path of an open file the system has resolved the others. The result
 * is in the arena; NULL: memory ran out. */
char *paths_canonical(arena *a, const char *path);

/* Whether a canonical path names a stream of a file ("C:\file:stream"). */
bool paths_has_stream(const char *canonical);

/* Converts a pattern to the form of canonical paths and replaces each %NAME%. NULL: *ret_what says why it is
 * not a pattern (for example, it could never match a canonical path), or that memory ran out. */
char *paths_pattern(arena *a, const char *pattern, const policy_options *options, const char **ret_what);

#endif
