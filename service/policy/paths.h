/* Paths as Windows has them, by their text: what is compared with a pattern, and what a pattern may be. */
#ifndef SB_SERVICE_POLICY_PATHS_H
#define SB_SERVICE_POLICY_PATHS_H

#include "proto/arena.h"
#include "service/policy/policy.h"

/* The one form of an absolute path that is compared: X:\... or \\server\share\..., separators '\' and single,
 * without
 * \\?\ in front; of a path that had none, without what Windows drops (".", "..", dots and spaces at the end
 * of a component,
 * "::$DATA"). Case, short names and links are not of the text: the system has resolved them in the path of an
 * open file, and matching ignores case. In the arena; NULL: memory ran out. */
char *paths_canonical(arena *a, const char *path);

/* Whether a canonical path names a stream of a file. */
bool paths_has_stream(const char *canonical);

/* A pattern in the form of canonical paths, with %NAME% replaced; NULL with *ret_what: why it is none, or
 * that memory ran out. One that could never match a canonical path is refused. */
char *paths_pattern(arena *a, const char *pattern, const policy_options *options, const char **ret_what);

#endif
