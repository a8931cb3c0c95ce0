/* What the audit needs of the file system beside SQLite. Paths are UTF-8. */
#ifndef SB_SERVICE_AUDIT_FILES_H
#define SB_SERVICE_AUDIT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool files_exist(const char *path);
/* In bytes; 0 when it is not there. */
int64_t files_size(const char *path);
/* Bytes that are free where the file is or would be; 0 when that cannot be found out. */
int64_t files_room(const char *path);
/* Never replaces a file. */
bool files_rename(const char *from, const char *to);
/* One that is not there is fine. */
bool files_remove(const char *path);
/* A small file as a whole, on the disk when it returns. */
bool files_write(const char *path, const void *bytes, size_t length);
/* Up to size - 1 bytes of it, and a NUL; false when it cannot be read. */
bool files_read(const char *path, char *ret, size_t size);
/* A file that really takes its room on the disk; if that is not to be had, false and no file. */
bool files_reserve(const char *path, size_t bytes);

/* Moves a database and what belongs to it out of the way, beside where it was, under a name that says when:
 * never over a file that is there. ret_name: the new path. False, and nothing has moved, when the database
 * could not be moved. */
bool files_set_aside(const char *path, int64_t now_us, char *ret_name, size_t size);

#endif
