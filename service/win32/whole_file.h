/* Small files, read and written as a whole. For the service and spawnctl. */
#ifndef SB_SERVICE_WIN32_WHOLE_FILE_H
#define SB_SERVICE_WIN32_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

/* Reads the first size bytes of a file, or all of it where it is shorter. While another program, such as an
 * editor that saves, has the file open for itself alone, waits for it up to a second. *ret_length: how many
 * bytes were read. */
DWORD whole_file_read(const wchar_t *path, void *ret, DWORD size, DWORD *ret_length);

/* A file that appears under its name when it is complete, and not before. */
typedef struct whole_file whole_file;

/* Creates a new file beside path. ERROR_FILE_EXISTS: path exists, and replace is false. attributes: the
 * security of the file; NULL: what it inherits from the directory. path must live until whole_file_end. */
DWORD whole_file_begin(const wchar_t *path, bool replace, SECURITY_ATTRIBUTES *attributes, whole_file **ret);
/* Appends to the file. An error is kept for whole_file_end. file is a whole_file: the signature is that of a
 * report_sink. */
void whole_file_add(void *file, const char *bytes, size_t length);
/* Flushes the file to the disk and gives it its name; keep false, or an error: removes it instead. While
 * another program has the file that is replaced open, waits for it up to a second. Sets *file to NULL; NULL
 * is fine. */
DWORD whole_file_end(whole_file **file, bool keep);

/* The three in one: writes length bytes as the whole file, and replaces an older one. */
DWORD whole_file_write(const wchar_t *path, SECURITY_ATTRIBUTES *attributes, const void *bytes, DWORD length);

#endif
