/* console.h: text on a console, whatever its code page is. */
#ifndef SB_SERVICE_WIN32_CONSOLE_H
#define SB_SERVICE_WIN32_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

/* Returns whether a standard handle (STD_OUTPUT_HANDLE, ...) is that of a console. */
bool console_is(DWORD std);

/* Writes UTF-8 to a console. False: the handle is not that of one, or the text is not UTF-8. */
bool console_write(DWORD std, const char *text, size_t length);

/* Prints UTF-8 to standard output or standard error: to a console as characters, else as bytes. */
void console_print(DWORD std, const char *text);

#endif
