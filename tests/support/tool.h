/* Runs a program with a command line until it exits, and reads its output. */
#ifndef SB_TESTS_SUPPORT_TOOL_H
#define SB_TESTS_SUPPORT_TOOL_H

#include <windows.h>

/* What the last program wrote to standard output and error, up to this size. */
enum { TOOL_OUTPUT_BYTES = 65536 };
extern char tool_out[TOOL_OUTPUT_BYTES], tool_err[TOOL_OUTPUT_BYTES];

/* Runs program with arguments (printf's format). Its input is NUL, and its outputs are files, because a
 * service that it starts might keep pipes open. Returns its exit code, or STILL_ACTIVE if it did not exit in
 * time. */
DWORD tool_run(const wchar_t *program, const wchar_t *format, ...);

#endif
