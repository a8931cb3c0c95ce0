/* What well-known exit codes of Windows mean. Portable. */
#ifndef SB_CLIENT_REPORT_EXIT_CODE_H
#define SB_CLIENT_REPORT_EXIT_CODE_H

#include <stdint.h>

/* X(code, meaning): NTSTATUS values with which Windows ends a process.
 * Source:
 * https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55 */
#define EXIT_CODE_LIST(X)                                                                                 \
    X(0xC0000005, "access violation")                                                                     \
    X(0xC0000017, "out of memory")                                                                        \
    X(0xC00000FD, "stack overflow")                                                                       \
    X(0xC0000135, "a DLL was not found")                                                                  \
    X(0xC0000139, "a function was not found in a DLL")                                                    \
    X(0xC000013A, "Ctrl+C")                                                                               \
    X(0xC0000142, "a DLL failed to initialize, or the program may not use its window station or desktop") \
    X(0xC0000374, "heap corruption")                                                                      \
    X(0xC0000409, "the program detected a fatal error in itself (fail fast)")

/* NULL: the code means what the program says. */
const char *exit_code_meaning(int64_t code);

#endif
