/* Paths of a 32-bit program on 64-bit Windows, as the broker must be told them. For such a program, Windows
 * maps some directories (the file system redirector); the broker, a 64-bit program, sees each path as it is
 * written. */
#ifndef SB_CLIENT_LIB_WOW64_H
#define SB_CLIENT_LIB_WOW64_H

#include "proto/arena.h"

#include <windows.h>

/* Maps an absolute path as the redirector does. windows: the Windows directory. Returns path itself where
 * nothing is mapped; NULL: out of memory. */
const wchar_t *wow64_map(arena *a, const wchar_t *path, const wchar_t *windows);

/* As wow64_map if Windows redirects this process; else returns path. */
const wchar_t *wow64_path(arena *a, const wchar_t *path);

#endif
