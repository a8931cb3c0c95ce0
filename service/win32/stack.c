#include "service/win32/stack.h"

#include <windows.h>

/* Enough for the frames below the caller's, and for the call here. */
enum { IN_USE_BYTES = 32 * 1024 };

/* QUIRK wine 8: when a thread starts, nearly a MiB of its stack is filled with zeros, which stay in memory;
 * and a process that creates another copies the page tables of all its memory, twice (fork). CURE: give the
 * memory back. On Windows those pages are only reserved until they are used, and MEM_RESET fails without
 * effect. TEST: tests/launch/test_rules.c, stacks */
void stack_give_back(void) {
    ULONG_PTR low, high, here = (ULONG_PTR)&high;
    GetCurrentThreadStackLimits(&low, &high);
    if (here - low > IN_USE_BYTES)
        VirtualAlloc((void *)low, here - low - IN_USE_BYTES, MEM_RESET, PAGE_READWRITE);
}
