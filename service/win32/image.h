/* Opens the file of a program and checks it before a process is made from it. */
#ifndef SB_SERVICE_WIN32_IMAGE_H
#define SB_SERVICE_WIN32_IMAGE_H

#include "proto/fault.h"

#include <windows.h>

/* Opens path (absolute) for reading and executing with the rights of the calling thread, which may be
 * impersonating: while the handle is open nobody can write, rename or delete it. *ret_file may be NULL:
 * nothing to be opened. Refuses what is not a PE program: Windows would give some such files to other
 * programs to run. *ret_machine is IMAGE_FILE_MACHINE_... for messages. Faults: stage create. */
fault_kind image_open(const wchar_t *path, const char *shown, HANDLE *ret_file, WORD *ret_machine,
                      fault *ret_fault);

/* Whether the process, which has not run yet, was made of that file: ERROR_SUCCESS; ERROR_FILE_INVALID: of
 * another. */
DWORD image_check(HANDLE file, HANDLE process);

/* The name of a machine: "x64", "ARM64", ... or "unknown". */
const char *image_machine_name(WORD machine);

#endif
