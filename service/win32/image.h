/* Opens the file of a program and checks it before a process is made from it. */
#ifndef SB_SERVICE_WIN32_IMAGE_H
#define SB_SERVICE_WIN32_IMAGE_H

#include "proto/fault.h"

#include <stdbool.h>
#include <windows.h>

/* An open program file. */
typedef struct image_file {
    HANDLE file;   /* NULL: not opened, or an alias of a packaged program, which is no file */
    WORD machine;  /* IMAGE_FILE_MACHINE_..., for messages; 0: unknown */
    bool can_move; /* another program may rename or delete the file although it is open here */
} image_file;

/* Opens path (absolute) for reading and executing, with the rights of the calling thread, which may
 * impersonate. While the file is open nobody can write to it; unless can_move, nobody can rename or delete it
 * or its directories either. Rejects a file that is not a PE program: Windows would give some such files to
 * other programs. deadline: on the clock of GetTickCount64; 0: none. After an error *ret is unchanged.
 * Faults: stage create; FAULT_TIMED_OUT. */
fault_kind image_open(const wchar_t *path, const char *shown, uint64_t deadline, image_file *ret,
                      fault *ret_fault);
void image_close(image_file *image);

/* Checks that a process, which has not run yet, was created from the file. Call with the rights of the user
 * that opened it. ERROR_FILE_INVALID: it was created from another file. */
DWORD image_check(HANDLE file, HANDLE process);

/* The name of a machine: "x64", "ARM64", ... or "unknown". */
const char *image_machine_name(WORD machine);

#endif
