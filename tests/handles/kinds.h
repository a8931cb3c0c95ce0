/* The parts of test_kinds: every kind of handle, and how a child uses it. */
#ifndef SB_TESTS_HANDLES_KINDS_H
#define SB_TESTS_HANDLES_KINDS_H

#include "tests/support/checks.h"
#include "tests/support/child.h"

/* The handle that a launch gives, and what shows the test that the child used it. Owns the handles. */
typedef struct kind_object {
    HANDLE given, other;    /* other: NULL where given itself shows the use */
    bool is_socket;         /* whether both are sockets */
    wchar_t path[MAX_PATH]; /* a directory to remove, or "" */
    wchar_t key[64];        /* a key below HKEY_CURRENT_USER to remove, or "" */
} kind_object;

typedef struct kind {
    const char *name;
    const char *type; /* Windows' name for the type */
    DWORD reduced;    /* the access that the second launch requests */
    bool (*make)(kind_object *o);
    bool (*use)(HANDLE given); /* runs in the child, with full access */
    bool (*beyond)(
        HANDLE given); /* runs in the child, does what reduced does not allow; NULL: compare access only */
    bool (*seen)(const kind_object *o); /* runs in the test: the use had its effect */
} kind;

extern const kind kinds_of_files[], kinds_of_sync[], kinds_of_processes[], kinds_of_objects[],
    kinds_of_sockets[]; /* each ends with name NULL */

const kind *kinds_find(const char *name);

/* Creates this program suspended, with arguments: an object to wait for and to terminate. NULL: failed. */
HANDLE kinds_victim(void);

/* Whether the child inherited exactly the named handles and its standard handles; call it before the first
 * look-up. Prints the handles that differ. */
bool kinds_born_exact(size_t named);

/* Options to launch this program as a child with arguments; line[size] holds the command line. */
sb_spawn_options kinds_options(const wchar_t *arguments, wchar_t *line, size_t size);

int kinds_child(int argc, wchar_t **argv);
int many_child_wait(void);
int many_child_set(int number);

/* kinds_many.c: 16 children that share nothing, and 200 launches of 16 threads. */
void many_ends(sb_client *client);
void many_launches(sb_client *client, const char *mode);

#endif
