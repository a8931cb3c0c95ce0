/* A program with command line, run to its end, its output read. */
#ifndef SB_TESTS_SUPPORT_TOOL_H
#define SB_TESTS_SUPPORT_TOOL_H

#include <windows.h>

/* What the last one wrote to standard output and error, up to this much. */
enum { TOOL_OUTPUT_BYTES = 65536 };
extern char tool_out[TOOL_OUTPUT_BYTES], tool_err[TOOL_OUTPUT_BYTES];

/* Runs program with arguments (printf's format), NUL as input and the two outputs in files: a service that it
 * starts may hold neither. Its exit code; STILL_ACTIVE when it did not end in time. */
DWORD tool_run(const wchar_t *program, const wchar_t *format, ...);

#endif
