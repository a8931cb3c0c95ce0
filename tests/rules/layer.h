/* The layer's own: Wine's functions behind it, and what it knows of this process. */
#ifndef SB_TESTS_RULES_LAYER_H
#define SB_TESTS_RULES_LAYER_H

#include "tests/rules/hooks.h"
#include "tests/rules/rules.h"

#include <stddef.h>

/* Wine's functions. The layer calls those it stands before through here only. */
typedef struct rules_real {
#define X(result, name, parameters) result(WINAPI *name) parameters;
    RULES_HOOKS(X)
#undef X
} rules_real;
extern rules_real real;

/* The layer's functions. */
#define X(result, name, parameters) result WINAPI rules_##name parameters;
RULES_HOOKS(X)
#undef X

/* An attribute, as UpdateProcThreadAttribute was given it, with a copy of what the value was then. */
typedef struct rules_attribute {
    DWORD_PTR key;
    const void *value;
    void *copy;
    SIZE_T size;
} rules_attribute;

enum { RULES_LISTS = 64, RULES_ATTRIBUTES = 8 };
typedef struct rules_list {
    const void *list; /* NULL: free */
    size_t count;
    rules_attribute attributes[RULES_ATTRIBUTES];
} rules_list;

/* One for all modules of a process that have the layer: a program, and a DLL of ours. */
typedef struct rules_process {
    volatile LONG rules; /* bits */
    rules_token token;
    uint64_t created; /* when the process was */
    SRWLOCK lock;     /* of lists */
    rules_list lists[RULES_LISTS];
} rules_process;
extern rules_process *rules_own;

/* Returns whether this process enforces a rule. */
bool rules_on(int rule);
/* Sets the last error; returns FALSE. */
BOOL rules_fail(DWORD err);
/* Prints a line on the standard error: what a program did that Windows does not forgive. */
void rules_say(const char *format, ...);
/* Puts ntdll's function of that name into a pointer to it. */
void rules_ntdll(const char *name, void *function);
/* Memory of the process's heap, zeroed, which counts with nobody's. Ends the process when there is none. */
void *rules_allocate(size_t size);
void rules_free(void *memory);

#endif
