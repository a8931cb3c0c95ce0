/* Classifies a Windows path by its text alone. '/' counts as '\'. */
#ifndef SB_PROTO_PATH_FORM_H
#define SB_PROTO_PATH_FORM_H

#include <stdbool.h>

typedef enum path_form {
    PATH_ABSOLUTE, /* X:\..., \\server\share..., \\?\X:\... or \\?\UNC\server\share... */
    PATH_RELATIVE, /* depends on the directory or the drive of a process; also "" */
    PATH_DEVICE,   /* \\.\..., \??\..., and \\?\... without a drive or a share */
    PATH_BAD_CHARACTER,
    PATH_TOO_LONG, /* more than LIMIT_PATH_UNITS - 1 UTF-16 units */
    PATH_BAD_TEXT  /* not UTF-8 */
} path_form;

path_form path_form_of(const char *path);

/* Returns whether CreateProcess may take the file for a batch file: if the name of the file or of a stream
 * ends in .bat or .cmd, apart from dots and spaces at its end, which Windows drops. */
bool path_is_batch(const char *path);

#endif
