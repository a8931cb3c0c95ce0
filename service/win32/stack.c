#include "service/win32/stack.h"

#include <windows.h>

/* What is in use below the caller's frame, and by what is called here. */
enum { IN_USE_BYTES = 32 * 1024 };

/* QUIRK wine 8: as a thread begins, nearly a MiB of its stack is filled with zeros, which stay in memory; and
 * whoever creates a process copies the page tables of all that it has in memory, twice (fork). CURE: given
 * back. On Windows those pages are not there before they are used, and are not reset where some are not.
 * TEST: tests/launch/test_rules.c, stacks */
void stack_give_back(void) {
    ULONG_PTR low, high, here = (ULONG_PTR)&high;
    GetCurrentThreadStackLimits(&low, &high);
    if (here - low > IN_USE_BYTES)
        VirtualAlloc((void *)low, here - low - IN_USE_BYTES, MEM_RESET, PAGE_READWRITE);
}
