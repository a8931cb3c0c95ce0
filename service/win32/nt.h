/* Native calls for what no documented function does; they are looked up in ntdll at run time. */
#ifndef SB_SERVICE_WIN32_NT_H
#define SB_SERVICE_WIN32_NT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

/* The object of a handle, and the access that the handle has. */
typedef struct nt_object {
    char type[32]; /* the type of the object: File, Section, Event ... */
    ACCESS_MASK access;
} nt_object;

enum {
    NT_DEVICE_DISK = 0x07,
    NT_DEVICE_NAMED_PIPE = 0x11,
    NT_DEVICE_NULL = 0x15,
    NT_DEVICE_CONSOLE = 0x50,
    NT_DEVICE_NO_ANSWER = 0x10000 /* not a device of Windows, whose numbers are below 0x10000 */
};

/* Queries the type and the access of a handle of this process. Does not query the name: for a synchronous
 * pipe that can hang (NtQueryObject's page; systeminformer#746). */
DWORD nt_query_object(HANDLE handle, nt_object *ret);

/* Queries the device of each handle (NT_DEVICE_...; 0: not a file), from which GetFileType makes its answer.
 * The query of a synchronous file waits while any thread reads from the file, so that it runs on another
 * thread; a handle without an answer in time is NT_DEVICE_NO_ANSWER. hung counts the threads that wait still,
 * and must live as long as they do; NULL: nobody counts them. On failure, devices is unchanged. */
DWORD nt_query_devices(const HANDLE *handles, size_t count, volatile LONG *hung, DWORD *devices);

/* Closes handles of files. To close the last handle of a synchronous file waits while a thread reads from the
 * file, so that another thread closes them; after a moment it is given up, and counted in hung until it comes
 * back. If most_hung are, the handles that are left stay open until then. */
void nt_close_files(const HANDLE *handles, size_t count, volatile LONG *hung, LONG most_hung);

/* Whether GetFileType calls files on this device FILE_TYPE_CHAR. */
bool nt_is_character_device(DWORD device);
/* Whether files on this device are files on a disk, here or on a server. */
bool nt_is_disk_device(DWORD device);

/* The device of a file that this process has opened itself. Call within a limit (io_limit.h). */
typedef struct nt_volume {
    DWORD device;
    bool remote; /* on another machine */
} nt_volume;
DWORD nt_query_volume(HANDLE file, nt_volume *ret);

/* Whether two handles of this process refer to the same object. */
bool nt_same_object(HANDLE a, HANDLE b);

/* Whether process was created from the file that this handle, which has FILE_EXECUTE, has open. Asks for no
 * name, so that it does not matter where the name leads now. ERROR_NOT_SUPPORTED: this Windows cannot tell.
 */
DWORD nt_created_from(HANDLE process, HANDLE file, bool *ret);

/* The id of the process that created process; 0: unknown. */
DWORD nt_parent_pid(HANDLE process);

typedef struct nt_handle {
    HANDLE value;
    ACCESS_MASK access;
    bool inheritable;
} nt_handle;

/* Reads the handle table of a process; free(*ret). process needs PROCESS_QUERY_INFORMATION; pid is its id.
 * Windows has a query for one process (ProcessHandleInformation). Where it is missing (Wine), the table of
 * the whole system is searched. */
DWORD nt_handle_table(HANDLE process, DWORD pid, nt_handle **ret, size_t *ret_count);

#endif
