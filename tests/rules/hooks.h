/* The functions that the layer stands before. */
#ifndef SB_TESTS_RULES_HOOKS_H
#define SB_TESTS_RULES_HOOKS_H

#include <windows.h>

/* X(result, name, parameters). Each is looked up in kernel32, advapi32 and ntdll, in this order. One of
 * another library is led through the layer if the program looks it up itself. */
#define RULES_HOOKS(X)                                                                                       \
    X(FARPROC, GetProcAddress, (HMODULE, LPCSTR))                                                            \
    X(BOOL, InitializeProcThreadAttributeList, (LPPROC_THREAD_ATTRIBUTE_LIST, DWORD, DWORD, PSIZE_T))        \
    X(BOOL, UpdateProcThreadAttribute,                                                                       \
      (LPPROC_THREAD_ATTRIBUTE_LIST, DWORD, DWORD_PTR, PVOID, SIZE_T, PVOID, PSIZE_T))                       \
    X(void, DeleteProcThreadAttributeList, (LPPROC_THREAD_ATTRIBUTE_LIST))                                   \
    X(BOOL, CreateProcessW,                                                                                  \
      (LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES, LPSECURITY_ATTRIBUTES, BOOL, DWORD, LPVOID, LPCWSTR,          \
       LPSTARTUPINFOW, LPPROCESS_INFORMATION))                                                               \
    X(BOOL, CreateProcessAsUserW,                                                                            \
      (HANDLE, LPCWSTR, LPWSTR, LPSECURITY_ATTRIBUTES, LPSECURITY_ATTRIBUTES, BOOL, DWORD, LPVOID, LPCWSTR,  \
       LPSTARTUPINFOW, LPPROCESS_INFORMATION))                                                               \
    X(LPWCH, GetEnvironmentStringsW, (void))                                                                 \
    X(BOOL, ImpersonateNamedPipeClient, (HANDLE))                                                            \
    X(DWORD, GetFileAttributesW, (LPCWSTR))                                                                  \
    X(BOOL, GetFileAttributesExW, (LPCWSTR, GET_FILEEX_INFO_LEVELS, LPVOID))                                 \
    X(BOOL, CreateRestrictedToken,                                                                           \
      (HANDLE, DWORD, DWORD, PSID_AND_ATTRIBUTES, DWORD, PLUID_AND_ATTRIBUTES, DWORD, PSID_AND_ATTRIBUTES,   \
       PHANDLE))                                                                                             \
    X(BOOL, GetTokenInformation, (HANDLE, TOKEN_INFORMATION_CLASS, LPVOID, DWORD, PDWORD))                   \
    X(BOOL, SetTokenInformation, (HANDLE, TOKEN_INFORMATION_CLASS, LPVOID, DWORD))                           \
    X(BOOL, IsTokenRestricted, (HANDLE))                                                                     \
    X(BOOL, CheckTokenMembership, (HANDLE, PSID, PBOOL))                                                     \
    X(BOOL, DuplicateToken, (HANDLE, SECURITY_IMPERSONATION_LEVEL, PHANDLE))                                 \
    X(BOOL, DuplicateTokenEx,                                                                                \
      (HANDLE, DWORD, LPSECURITY_ATTRIBUTES, SECURITY_IMPERSONATION_LEVEL, TOKEN_TYPE, PHANDLE))             \
    X(BOOL, OpenThreadToken, (HANDLE, DWORD, BOOL, PHANDLE))                                                 \
    X(HANDLE, OpenProcess, (DWORD, BOOL, DWORD))                                                             \
    X(BOOL, CreatePipe, (PHANDLE, PHANDLE, LPSECURITY_ATTRIBUTES, DWORD))                                    \
    X(HANDLE, CreateFileW, (LPCWSTR, DWORD, DWORD, LPSECURITY_ATTRIBUTES, DWORD, DWORD, HANDLE))             \
    X(HANDLE, CreateNamedPipeW, (LPCWSTR, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, LPSECURITY_ATTRIBUTES))  \
    X(BOOL, ConnectNamedPipe, (HANDLE, LPOVERLAPPED))                                                        \
    X(BOOL, DisconnectNamedPipe, (HANDLE))                                                                   \
    X(BOOL, WaitNamedPipeW, (LPCWSTR, DWORD))                                                                \
    X(BOOL, SetKernelObjectSecurity, (HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR))                   \
    X(BOOL, DuplicateHandle, (HANDLE, HANDLE, HANDLE, LPHANDLE, DWORD, BOOL, DWORD))                         \
    X(BOOL, CloseHandle, (HANDLE))                                                                           \
    X(BOOL, ReadFile, (HANDLE, LPVOID, DWORD, LPDWORD, LPOVERLAPPED))                                        \
    X(BOOL, WriteFile, (HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED))                                      \
    X(BOOL, PeekNamedPipe, (HANDLE, LPVOID, DWORD, LPDWORD, LPDWORD, LPDWORD))                               \
    X(BOOL, FlushFileBuffers, (HANDLE))                                                                      \
    X(DWORD, GetFileType, (HANDLE))                                                                          \
    X(BOOL, GetNamedPipeInfo, (HANDLE, LPDWORD, LPDWORD, LPDWORD, LPDWORD))                                  \
    X(BOOL, SetNamedPipeHandleState, (HANDLE, LPDWORD, LPDWORD, LPDWORD))                                    \
    X(HANDLE, CreateJobObjectW, (LPSECURITY_ATTRIBUTES, LPCWSTR))                                            \
    X(BOOL, SetInformationJobObject, (HANDLE, JOBOBJECTINFOCLASS, LPVOID, DWORD))                            \
    X(BOOL, QueryInformationJobObject, (HANDLE, JOBOBJECTINFOCLASS, LPVOID, DWORD, LPDWORD))                 \
    X(BOOL, AssignProcessToJobObject, (HANDLE, HANDLE))                                                      \
    X(SC_HANDLE, OpenServiceW, (SC_HANDLE, LPCWSTR, DWORD))                                                  \
    X(SC_HANDLE, CreateServiceW,                                                                             \
      (SC_HANDLE, LPCWSTR, LPCWSTR, DWORD, DWORD, DWORD, DWORD, LPCWSTR, LPCWSTR, LPDWORD, LPCWSTR, LPCWSTR, \
       LPCWSTR))                                                                                             \
    X(BOOL, ChangeServiceConfig2W, (SC_HANDLE, DWORD, LPVOID))                                               \
    X(BOOL, QueryServiceConfig2W, (SC_HANDLE, DWORD, LPBYTE, DWORD, LPDWORD))                                \
    X(BOOL, CancelSynchronousIo, (HANDLE))                                                                   \
    X(BOOL, IsWow64Process, (HANDLE, PBOOL))                                                                 \
    X(void, GetStartupInfoW, (LPSTARTUPINFOW))                                                               \
    X(BOOL, GetUserObjectInformationW, (HANDLE, int, PVOID, DWORD, LPDWORD))                                 \
    X(BOOL, ProcessIdToSessionId, (DWORD, DWORD *))                                                          \
    X(DWORD, GetFinalPathNameByHandleW, (HANDLE, LPWSTR, DWORD, DWORD))                                      \
    X(BOOL, QueryFullProcessImageNameW, (HANDLE, DWORD, LPWSTR, PDWORD))                                     \
    X(HANDLE, RegisterEventSourceW, (LPCWSTR, LPCWSTR))                                                      \
    X(BOOL, ReportEventW, (HANDLE, WORD, WORD, DWORD, PSID, WORD, DWORD, LPCWSTR *, LPVOID))                 \
    X(void, GetSystemTimePreciseAsFileTime, (LPFILETIME))                                                    \
    X(BOOL, LookupAccountSidW, (LPCWSTR, PSID, LPWSTR, LPDWORD, LPWSTR, LPDWORD, PSID_NAME_USE))             \
    X(BOOL, StartServiceCtrlDispatcherW, (const SERVICE_TABLE_ENTRYW *))                                     \
    X(BOOL, ControlService, (SC_HANDLE, DWORD, LPSERVICE_STATUS))                                            \
    X(LONG, NtQueryVolumeInformationFile, (HANDLE, void *, void *, ULONG, ULONG))

#endif
