/* The native calls that the documented interface has no equal for, found in ntdll at run time. */
#ifndef SB_SERVICE_WIN32_NT_H
#define SB_SERVICE_WIN32_NT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <windows.h>

/* What a handle refers to and what it may do. */
typedef struct nt_object {
    char type[32]; /* the object's type: File, Section, Event ... */
    ACCESS_MASK access;
} nt_object;

enum { NT_DEVICE_DISK = 0x07, NT_DEVICE_NAMED_PIPE = 0x11, NT_DEVICE_NULL = 0x15, NT_DEVICE_CONSOLE = 0x50 };

/* Type and access of a handle of this process; never its name, since asking a synchronous pipe for its name
 * can hang (NtQueryObject's page; systeminformer#746). */
DWORD nt_query_object(HANDLE handle, nt_object *ret);

/* The devices of handles (nt_device; 0 for what is no file), as GetFileType finds them. Asking a synchronous
 * file waits while another thread of whoever opened it is reading: it is asked on a thread of its own, and
 * what has not answered in time is taken for a pipe, as such files are. On failure nobody was asked, and
 * devices are untouched. */
DWORD nt_query_devices(const HANDLE *handles, size_t count, DWORD *devices);

/* Of a device: those that GetFileType calls FILE_TYPE_CHAR. */
bool nt_is_character_device(DWORD device);

/* Whether two handles of this process are of one object. */
bool nt_same_object(HANDLE a, HANDLE b);

/* The process id that created process, 0 when it cannot be told. */
DWORD nt_parent_pid(HANDLE process);

typedef struct nt_handle {
    HANDLE value;
    ACCESS_MASK access;
    bool inheritable;
} nt_handle;

/* The handle table of a process, malloc'd: free(*ret). process needs PROCESS_QUERY_INFORMATION; pid is the
 * same process's id. Windows answers for one process (ProcessHandleInformation); where that is not there
 * (Wine), the system's table is searched, chosen at run time. */
DWORD nt_handle_table(HANDLE process, DWORD pid, nt_handle **ret, size_t *ret_count);

#endif
