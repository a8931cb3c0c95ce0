/* Between UTF-8 inside and UTF-16 at the call: the one place where text is converted. */
#ifndef SB_SERVICE_WIN32_TEXT_H
#define SB_SERVICE_WIN32_TEXT_H

#include "proto/arena.h"

#include <windows.h>

/* A NUL-terminated copy in the arena. NULL: out of memory, or not valid text (decoded messages always are);
 * text NULL gives NULL. */
wchar_t *text_wide(arena *a, const char *text);
char *text_utf8(arena *a, const wchar_t *text);
/* The same of length units. */
char *text_utf8_n(arena *a, const wchar_t *text, size_t length);
/* As text_utf8, but a lone surrogate becomes U+FFFD: for names that Windows gives and we only show. */
char *text_utf8_lossy(arena *a, const wchar_t *text);

#endif
