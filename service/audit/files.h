/* The operations on files that the audit needs besides SQLite. Paths are UTF-8. */
#ifndef SB_SERVICE_AUDIT_FILES_H
#define SB_SERVICE_AUDIT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool files_exist(const char *path);
/* Returns the size in bytes; 0 if there is no such file. */
int64_t files_size(const char *path);
/* Returns the bytes that are free where the file is or would be; 0 if that is unknown. */
int64_t files_room(const char *path);
/* Moves a file; fails if the new name exists. */
bool files_rename(const char *from, const char *to);
/* Removes a file. It is fine if there is none. */
bool files_remove(const char *path);
/* Writes a small file; it is on the disk when this returns. */
bool files_write(const char *path, const void *bytes, size_t length);
/* Reads up to size - 1 bytes and adds a NUL. False if the file cannot be read. */
bool files_read(const char *path, char *ret, size_t size);
/* Creates a file that takes up its size on the disk. On failure there is no file. */
bool files_reserve(const char *path, size_t bytes);

/* Moves a database and the files that belong to it aside, to a name with the time in it, which is *ret_name.
 * Replaces no file. False if the database could not be moved; then nothing has moved. */
bool files_set_aside(const char *path, int64_t now_us, char *ret_name, size_t size);

#endif
