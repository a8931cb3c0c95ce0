/* Opens the file of a program and checks it before a process is made from it. */
#ifndef SB_SERVICE_WIN32_IMAGE_H
#define SB_SERVICE_WIN32_IMAGE_H

#include "proto/fault.h"
#include "service/win32/io_limit.h"

#include <stdbool.h>
#include <windows.h>

/* What the system changes when the content of a file changes. */
typedef struct image_stamp {
    uint64_t size, written; /* 0, 0: not read */
} image_stamp;

/* An open program file. */
typedef struct image_file {
    HANDLE file;       /* NULL: not opened, or an alias of a packaged program, which is no file */
    WORD machine;      /* IMAGE_FILE_MACHINE_..., for messages; 0: unknown */
    bool can_move;     /* another program may rename or delete the file although it is open here */
    image_stamp stamp; /* when a rule looked at the content */
    bool remote;       /* the file is on another machine, which may give it another content at any time */
} image_file;

/* Opens path (absolute) for reading and executing, with the rights of the calling thread, which may
 * impersonate. While the file is open nobody can write to it; unless can_move, nobody can rename or delete it
 * or its directories either. Rejects a file that is not a PE program: Windows would give some such files to
 * other programs; and, before it reads anything, what is not on a disk, such as a pipe. bound: how long that
 * may take; NULL: any time. After an error *ret is unchanged. Faults: stage create; FAULT_TIMED_OUT. */
fault_kind image_open(const wchar_t *path, const char *shown, const io_bound *bound, image_file *ret,
                      fault *ret_fault);
void image_close(image_file *image);

/* Reads the stamp of an open file. */
DWORD image_stamp_read(HANDLE file, image_stamp *ret);

/* Checks that a process, which has not run yet, was created from the file that is open, and that its content
 * has not changed since its stamp was read. Opens nothing. ERROR_FILE_INVALID: it was created from another
 * file.
 *
 * Where the system cannot tell (Wine), by_path lets the file be opened once more by the name that the process
 * has for it, with the rights of the thread; without it, the file is taken for the same. */
DWORD image_check(const image_file *image, HANDLE process, bool by_path);

/* The name of a machine: "x64", "ARM64", ... or "unknown". */
const char *image_machine_name(WORD machine);

#endif
