/* A file that is there as a whole, or not at all. */
#ifndef SB_CLIENT_CTL_FILE_OUT_H
#define SB_CLIENT_CTL_FILE_OUT_H

#include "client/ctl/ctl.h"

typedef struct file_out file_out;

/* A new file beside the one that is to be there at the end. Without replace one that is there already is an
 * error. On failure *ret_error is Windows' code and *ret what it was. */
bool file_out_begin(arena *a, const char *path, bool replace, file_out **ret, DWORD *ret_error);
/* For a report_sink; f is its context. */
void file_out_write(void *f, const char *text, size_t length);
/* Gives it its name, where keep; else removes it. Sets *f to NULL. */
bool file_out_end(file_out **f, bool keep, DWORD *ret_error);

#endif
