/* What the tests of real processes share: deadlines, directories of their own, and a broker of their own. */
#ifndef SB_TESTS_SUPPORT_HARNESS_H
#define SB_TESTS_SUPPORT_HARNESS_H

#include "client/lib/spawn_broker.h"

#include <stdbool.h>
#include <stdint.h>

int wmain(int argc, wchar_t **argv); /* mingw does not declare it */

/* Long enough for a busy machine; only a failing test waits for it. */
enum { TEST_DEADLINE_MS = 30000 };

/* A time on a clock that only runs forward, ms from now; and whether it is past. */
uint64_t deadline_in(DWORD ms);
bool deadline_passed(uint64_t deadline);
/* Calls done every few milliseconds until it says true; false when ms have passed. */
bool poll_until(bool (*done)(void *context), void *context, DWORD ms);

/* The full path of a file beside this program: text[MAX_PATH]. */
void beside_program(wchar_t *text, const wchar_t *file);

/* A new empty directory under the temporary one: text[MAX_PATH]. */
bool directory_make(wchar_t *text, const wchar_t *label);
/* Removes it with its files and those of its subdirectories. */
void directory_remove(const wchar_t *path);
bool file_write(const wchar_t *path, const void *bytes, size_t length);
/* A whole file of a directory, with a NUL behind it, for free(); NULL when it cannot be read. */
char *file_read(const wchar_t *directory, const wchar_t *name, size_t *ret_size);

/* Pseudo-random, below limit: the same again from the same state, which is not 0. */
unsigned random_below(uint64_t *state, unsigned limit);
/* Takes the option of that name and its number from the arguments at *at. */
bool option_number(int argc, wchar_t **argv, int *at, const wchar_t *name, unsigned *ret);
/* Microseconds on a clock that only runs forward. */
int64_t ticks_us(void);
/* How many processes run that program, by its file's name; -1 when that cannot be told. */
int processes_of(const wchar_t *file);

/* Handles in the table of a process of which the caller has PROCESS_QUERY_INFORMATION; 0 when it failed. */
size_t handle_count(HANDLE process, DWORD process_id);
/* Those of them that a child could inherit; SIZE_MAX when it failed. */
size_t inheritable_count(HANDLE process, DWORD process_id);
/* Whether this is Wine, which does not enforce or keep everything that Windows does. */
bool on_wine(void);

/* Reads what is there until the pipe ends, text is full or ms have passed. NUL-terminates; returns whether
 * the end came. */
bool read_to_end(HANDLE pipe, char *text, size_t size, DWORD ms);

/* A broker of this test's own: spawnbroker.exe from beside the program, on a pipe and with data that nobody
 * else uses. */
typedef struct test_broker {
    HANDLE process, input, output; /* input: the writing end of its standard input */
    DWORD process_id;
    wchar_t pipe[64];
    wchar_t data[MAX_PATH];
    const wchar_t *program; /* NULL: spawnbroker.exe */
} test_broker;

/* Starts it and waits until it says that it is ready. data: a directory, or NULL for a new one. When it does
 * not become ready this prints why, counts a failed check and returns false. */
bool broker_start(test_broker *ret, const wchar_t *data);
/* Another program that is a broker: a path, or a name beside this one. */
bool broker_start_program(test_broker *ret, const wchar_t *program, const wchar_t *data);
/* Starts one that is to refuse to: its exit code, and in text what it said. STILL_ACTIVE: it became ready. */
DWORD broker_fail(const wchar_t *data, char *text, size_t size);
/* Ends its input, on which it stops, and waits. Returns its exit code, STILL_ACTIVE when it had to be ended.
 * Removes the data. */
DWORD broker_stop(test_broker *broker);
/* The same, but leaves the data. */
DWORD broker_stop_keep(test_broker *broker);
/* The same, and text is what it said after it was ready, its events among it. */
DWORD broker_stop_said(test_broker *broker, char *text, size_t size);
/* Connects to it. Without a connection this prints why, counts a failed check and returns NULL. */
sb_client *broker_connect(const wchar_t *pipe);

#endif
