/* The parts of test_kinds: every kind of handle, and what a child does with one. */
#ifndef SB_TESTS_HANDLES_KINDS_H
#define SB_TESTS_HANDLES_KINDS_H

#include "tests/support/checks.h"
#include "tests/support/child.h"

/* What is given in one launch, and what the test sees the use of it by. The handles are owned. */
typedef struct kind_object {
    HANDLE given, other;    /* other: NULL where given shows it */
    bool is_socket;         /* both are */
    wchar_t path[MAX_PATH]; /* of a directory to remove, or "" */
    wchar_t key[64];        /* below HKEY_CURRENT_USER, to remove, or "" */
} kind_object;

typedef struct kind {
    const char *name;
    const char *type; /* the system's name for it */
    DWORD reduced;    /* what the second launch asks for */
    bool (*make)(kind_object *o);
    bool (*use)(HANDLE given);          /* in the child, with all rights */
    bool (*beyond)(HANDLE given);       /* in the child, what reduced does not allow; NULL: rights only */
    bool (*seen)(const kind_object *o); /* in the test: the use has had its effect */
} kind;

extern const kind kinds_of_files[], kinds_of_sync[], kinds_of_processes[], kinds_of_objects[],
    kinds_of_sockets[]; /* name NULL ends */

const kind *kinds_find(const char *name);

/* Starts this program with arguments, suspended: only its handle and its end are of use. NULL when not. */
HANDLE kinds_victim(void);

/* What the child was born with is exactly the handles given by name and its standard handles. Before the
 * first look-up. Prints what is too many or too few. */
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
