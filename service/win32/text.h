/* Converts between UTF-8, which our code uses, and UTF-16, which Windows takes. Text is converted only here.
 */
#ifndef SB_SERVICE_WIN32_TEXT_H
#define SB_SERVICE_WIN32_TEXT_H

#include "proto/arena.h"

#include <windows.h>

/* Return a NUL-terminated copy in the arena. NULL: out of memory, or the text is not valid (that of decoded
 * messages always is). For text NULL, return NULL. */
wchar_t *text_wide(arena *a, const char *text);
char *text_utf8(arena *a, const wchar_t *text);
/* Converts length units. */
char *text_utf8_n(arena *a, const wchar_t *text, size_t length);
/* As text_utf8, but a lone surrogate becomes U+FFFD: for names from Windows that are only shown. */
char *text_utf8_lossy(arena *a, const wchar_t *text);

#endif
