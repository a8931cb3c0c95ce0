/* Shared by the tests of real processes: deadlines, directories, and brokers of a test's own. */
#ifndef SB_TESTS_SUPPORT_HARNESS_H
#define SB_TESTS_SUPPORT_HARNESS_H

#include "client/lib/spawn_broker.h"

#include <stdbool.h>
#include <stdint.h>

int wmain(int argc, wchar_t **argv); /* declared here because mingw does not declare it */

/* Is long enough for a busy machine. Only a failing test waits so long. */
enum { TEST_DEADLINE_MS = 30000 };

/* deadline_in returns the time ms from now, on a clock that only runs forward. deadline_passed says whether
 * that time has passed. */
uint64_t deadline_in(DWORD ms);
bool deadline_passed(uint64_t deadline);
/* Calls done every few milliseconds until it returns true. Returns false after ms. */
bool poll_until(bool (*done)(void *context), void *context, DWORD ms);

/* Writes the full path of a file beside this program to text[MAX_PATH]. */
void beside_program(wchar_t *text, const wchar_t *file);

/* Makes a new empty directory below the temporary one, and writes its path to text[MAX_PATH]. */
bool directory_make(wchar_t *text, const wchar_t *label);
/* The same for a broker's data: an elevated broker trusts only administrators, and the temporary directory is
 * the user's. */
bool directory_make_data(wchar_t *text, const wchar_t *label);
/* Removes a directory with its files and those of its subdirectories. */
void directory_remove(const wchar_t *path);
bool file_write(const wchar_t *path, const void *bytes, size_t length);
/* Makes a file that many bytes long, or as long as the file system takes, without writing them. False: it is
 * less than 16 GiB. */
bool file_extend(const wchar_t *path, int64_t bytes);
/* Reads a whole file of a directory and puts a NUL after it. Free the result with free(). NULL: the file
 * cannot be read. */
char *file_read(const wchar_t *directory, const wchar_t *name, size_t *ret_size);

/* Returns a pseudo-random number below limit. The same state, which is not 0, gives the same number. */
unsigned random_below(uint64_t *state, unsigned limit);
/* Takes an option of that name, and its number, from the arguments at *at. */
bool option_number(int argc, wchar_t **argv, int *at, const wchar_t *name, unsigned *ret);
/* Returns microseconds on a clock that only runs forward. */
int64_t ticks_us(void);
/* Returns how many processes run the program with that file name, or -1 if this cannot be determined. */
int processes_of(const wchar_t *file);

/* Returns the number of handles in a process's table, or 0 on failure. The caller needs
 * PROCESS_QUERY_INFORMATION. */
size_t handle_count(HANDLE process, DWORD process_id);
/* Returns how many of these handles a child could inherit, or SIZE_MAX on failure. */
size_t inheritable_count(HANDLE process, DWORD process_id);
/* Returns whether this is Wine, which does not enforce or keep all that Windows does. */
bool on_wine(void);
/* Return why tests of what a token lacks, of whom a pipe's client is, or of rates of processors cannot be
 * tried here: Wine alone, without tests/rules, does not do what Windows does. NULL: they can. */
const char *lax_tokens(void);
const char *lax_pipes(void);
const char *lax_rates(void);

/* Reads until the pipe ends, text is full or ms have passed. Adds a NUL. Returns whether the pipe has
 * ended. */
bool read_to_end(HANDLE pipe, char *text, size_t size, DWORD ms);

/* A broker of the test's own: spawnbroker.exe from beside this program, with a pipe and a data directory that
 * no other broker uses. */
typedef struct test_broker {
    HANDLE process, input, output; /* input: the writing end of its standard input */
    DWORD process_id;
    wchar_t pipe[64];
    wchar_t data[MAX_PATH];
    const wchar_t *program; /* NULL: spawnbroker.exe */
} test_broker;

/* Starts the broker and waits until it is ready. data is a directory; NULL means a new one. If the broker
 * does not become ready, prints why, counts a failed check and returns false. */
bool broker_start(test_broker *ret, const wchar_t *data);
/* Starts another program that is a broker. program is a path, or a name beside this program. */
bool broker_start_program(test_broker *ret, const wchar_t *program, const wchar_t *data);
/* Ends the broker at once, as a crash does. Its pipe's name and its data stay in *broker. */
void broker_kill(test_broker *broker);
/* Starts a broker again, on the pipe and with the data of one that was killed. */
bool broker_start_again(test_broker *broker);
/* Starts a broker that must refuse to start. Returns its exit code, or STILL_ACTIVE if it became ready; text
 * gets what it printed. */
DWORD broker_fail(const wchar_t *data, char *text, size_t size);
/* Closes the broker's input, which stops it, and waits. Returns its exit code, or STILL_ACTIVE if the broker
 * had to be terminated. Removes the data. */
DWORD broker_stop(test_broker *broker);
/* Stops the broker in the same way, but leaves the data. */
DWORD broker_stop_keep(test_broker *broker);
/* Stops the broker in the same way. text gets what it printed after it was ready, including its events. */
DWORD broker_stop_said(test_broker *broker, char *text, size_t size);
/* Connects to the broker. On failure prints why, counts a failed check and returns NULL. */
sb_client *broker_connect(const wchar_t *pipe);
/* The same for a client that does not connect again after the broker is gone. */
sb_client *broker_connect_once(const wchar_t *pipe);

/* Whether the arguments name this section of a test, or none at all. */
bool section_chosen(int argc, wchar_t *const *argv, const wchar_t *name);

#endif
