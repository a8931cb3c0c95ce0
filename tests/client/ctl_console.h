/* spawnctl run with a console. */
#ifndef SB_TESTS_CLIENT_CTL_CONSOLE_H
#define SB_TESTS_CLIENT_CTL_CONSOLE_H

#include <windows.h>

/* Starts program (this one) for each case, with a console of its own, for ctl_console_child, which prints its
 * checks. */
void ctl_console(const wchar_t *pipe, const wchar_t *program);
/* "program console PIPE CASE". The program with "line" prints what its standard handles are, reads a line and
 * prints it to both outputs. */
int ctl_console_child(const wchar_t *pipe, const wchar_t *number, const wchar_t *program);

#endif
