/* A module's table of imports: what a program calls through it can be led elsewhere. */
#ifndef SB_TESTS_RULES_IMPORTS_H
#define SB_TESTS_RULES_IMPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

/* Takes one import by name: the DLL it comes from, the function, and the slot that calls go through. */
typedef bool imports_visit(void *context, const char *dll, const char *name, uintptr_t *slot);

/* Calls visit for each function that the module imports by name. Returns whether every call returned true; a
 * false one does not end the walk. */
bool imports_each(HMODULE module, imports_visit *visit, void *context);
/* Puts a function into a slot. Returns what the slot had, or 0 when the slot cannot be written. */
uintptr_t imports_replace(uintptr_t *slot, uintptr_t function);

#endif
