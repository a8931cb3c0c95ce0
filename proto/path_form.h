/* What can be said of a Windows path by looking at its text. '/' counts as '\'. */
#ifndef SB_PROTO_PATH_FORM_H
#define SB_PROTO_PATH_FORM_H

#include <stdbool.h>

typedef enum path_form {
    PATH_ABSOLUTE, /* X:\..., \\server\share..., \\?\X:\... or \\?\UNC\server\share... */
    PATH_RELATIVE, /* anything whose meaning depends on a process's directory or drive; "" too */
    PATH_DEVICE,   /* \\.\..., \??\..., and \\?\... that is not a drive or a share */
    PATH_BAD_CHARACTER,
    PATH_TOO_LONG, /* more than LIMIT_PATH_UNITS - 1 UTF-16 units */
    PATH_BAD_TEXT  /* not UTF-8 */
} path_form;

path_form path_form_of(const char *path);

/* Whether CreateProcess may take it for a batch file: .bat or .cmd at the end of the file's or a stream's
 * name, before any dots and spaces, which Windows drops. */
bool path_is_batch(const char *path);

#endif
