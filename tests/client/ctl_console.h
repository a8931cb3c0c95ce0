/* Tests spawnctl run with a console. */
#ifndef SB_TESTS_CLIENT_CTL_CONSOLE_H
#define SB_TESTS_CLIENT_CTL_CONSOLE_H

#include <windows.h>

/* For each case, starts program (this one) with a console of its own. It runs ctl_console_child, which prints
 * its checks. */
void ctl_console(const wchar_t *pipe, const wchar_t *program);
/* Runs as "program console PIPE CASE". With "line" instead, the program prints what its standard handles are,
 * reads a line and prints it to both outputs. */
int ctl_console_child(const wchar_t *pipe, const wchar_t *number, const wchar_t *program);

#endif
