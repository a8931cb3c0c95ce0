/* What the broker imports, for spawnbroker_faults: the functions whose failure is planted, and those that are
 * left out, each with the reason. If a function is in neither list, the program does not start, so no
 * function is forgotten. */
#ifndef SB_TESTS_FAULTS_FAULTS_TABLE_H
#define SB_TESTS_FAULTS_FAULTS_TABLE_H

/* X(name, parameters, result of a failure, its error). The error is 0 if the result itself says it. */
#define FAULTS_OF_IMPORTS(X)                                                               \
    X(AccessCheck, 8, 0, ERROR_NO_SYSTEM_RESOURCES)                                        \
    X(AdjustTokenPrivileges, 6, 0, ERROR_NO_SYSTEM_RESOURCES)                              \
    X(CheckTokenMembership, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(ConnectNamedPipe, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(ConvertSidToStringSidA, 2, 0, ERROR_NOT_ENOUGH_MEMORY)                               \
    X(ConvertSidToStringSidW, 2, 0, ERROR_NOT_ENOUGH_MEMORY)                               \
    X(ConvertStringSecurityDescriptorToSecurityDescriptorW, 4, 0, ERROR_NOT_ENOUGH_MEMORY) \
    X(ConvertStringSidToSidA, 2, 0, ERROR_NOT_ENOUGH_MEMORY)                               \
    X(ConvertStringSidToSidW, 2, 0, ERROR_NOT_ENOUGH_MEMORY)                               \
    X(CopySid, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                            \
    X(CreateDirectoryW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(CreateEventW, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                       \
    X(CreateFileMappingW, 6, 0, ERROR_NO_SYSTEM_RESOURCES)                                 \
    X(CreateFileW, 7, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                           \
    X(CreateJobObjectW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(CreateNamedPipeW, 8, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                      \
    X(CreateProcessAsUserW, 11, 0, ERROR_NO_SYSTEM_RESOURCES)                              \
    X(CreateProcessW, 10, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(CreateRestrictedToken, 9, 0, ERROR_NO_SYSTEM_RESOURCES)                              \
    X(CreateThread, 6, 0, ERROR_NOT_ENOUGH_MEMORY)                                         \
    X(CreateThreadpool, 1, 0, ERROR_NOT_ENOUGH_MEMORY)                                     \
    X(CreateThreadpoolIo, 4, 0, ERROR_NOT_ENOUGH_MEMORY)                                   \
    X(CreateThreadpoolTimer, 3, 0, ERROR_NOT_ENOUGH_MEMORY)                                \
    X(CreateThreadpoolWait, 3, 0, ERROR_NOT_ENOUGH_MEMORY)                                 \
    X(CreateThreadpoolWork, 3, 0, ERROR_NOT_ENOUGH_MEMORY)                                 \
    X(CreateToolhelp32Snapshot, 2, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)              \
    X(CreateWellKnownSid, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                 \
    X(CryptAcquireContextA, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(CryptGenRandom, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(DeleteFileW, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                                        \
    X(DuplicateHandle, 7, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(DuplicateToken, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(DuplicateTokenEx, 6, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(FlushFileBuffers, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(FlushViewOfFile, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(FormatMessageW, 7, 0, ERROR_NOT_ENOUGH_MEMORY)                                       \
    X(GetAclInformation, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                  \
    X(GetDiskFreeSpaceExW, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                \
    X(GetExitCodeProcess, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                 \
    X(GetFileAttributesExW, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(GetFileAttributesW, 1, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                    \
    X(GetFileInformationByHandle, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                         \
    X(GetFileInformationByHandleEx, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                       \
    X(GetFileSizeEx, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                      \
    X(GetFinalPathNameByHandleW, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                          \
    X(GetFullPathNameW, 4, 0, ERROR_NOT_ENOUGH_MEMORY)                                     \
    X(GetHandleInformation, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(GetNamedPipeClientProcessId, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                        \
    X(GetNamedPipeHandleStateW, 7, 0, ERROR_NO_SYSTEM_RESOURCES)                           \
    X(GetNamedSecurityInfoW, 8, ERROR_NO_SYSTEM_RESOURCES, 0)                              \
    X(GetOverlappedResult, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                \
    X(GetPriorityClass, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(GetProcessAffinityMask, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                             \
    X(GetProcessHandleCount, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                              \
    X(GetProcessIdOfThread, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(GetProcessIoCounters, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(GetProcessMitigationPolicy, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                         \
    X(GetProcessTimes, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(GetSecurityDescriptorDacl, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                          \
    X(GetSecurityInfo, 8, ERROR_NO_SYSTEM_RESOURCES, 0)                                    \
    X(GetSystemDirectoryW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                \
    X(GetTokenInformation, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                                \
    X(ImpersonateNamedPipeClient, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                         \
    X(InitializeProcThreadAttributeList, 4, 0, ERROR_NOT_ENOUGH_MEMORY)                    \
    X(IsProcessInJob, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(K32GetProcessMemoryInfo, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                            \
    X(LoadLibraryExW, 3, 0, ERROR_NOT_ENOUGH_MEMORY)                                       \
    X(LockFileEx, 6, 0, ERROR_NO_SYSTEM_RESOURCES)                                         \
    X(LookupAccountSidW, 7, 0, ERROR_NO_SYSTEM_RESOURCES)                                  \
    X(LookupPrivilegeValueW, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                              \
    X(MapViewOfFile, 5, 0, ERROR_NOT_ENOUGH_MEMORY)                                        \
    X(MoveFileExW, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                        \
    X(MultiByteToWideChar, 6, 0, ERROR_NO_UNICODE_TRANSLATION)                             \
    X(OpenJobObjectW, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(OpenProcess, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                        \
    X(NtQueryInformationFile, 5, FAULTS_STATUS, 0)                                         \
    X(OpenProcessToken, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(OpenThread, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                         \
    X(OpenThreadToken, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(Process32FirstW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(Process32NextW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(QueryFullProcessImageNameW, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                         \
    X(ProcessIdToSessionId, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(QueryDosDeviceW, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                                    \
    X(QueryInformationJobObject, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                          \
    X(ReadFile, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                                           \
    X(RegGetValueW, 7, ERROR_NO_SYSTEM_RESOURCES, 0)                                       \
    X(ReportEventW, 9, 0, ERROR_NO_SYSTEM_RESOURCES)                                       \
    X(ResumeThread, 1, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                          \
    X(SetEndOfFile, 1, 0, ERROR_NO_SYSTEM_RESOURCES)                                       \
    X(SetFilePointerEx, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(SetHandleInformation, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                               \
    X(SetInformationJobObject, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                            \
    X(SetKernelObjectSecurity, 3, 0, ERROR_NO_SYSTEM_RESOURCES)                            \
    X(SetPriorityClass, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                   \
    X(SetProcessAffinityMask, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                             \
    X(SetThreadToken, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(SetTokenInformation, 4, 0, ERROR_NO_SYSTEM_RESOURCES)                                \
    X(TerminateJobObject, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                 \
    X(Thread32First, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                      \
    X(Thread32Next, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                       \
    X(TrySubmitThreadpoolCallback, 3, 0, ERROR_NOT_ENOUGH_MEMORY)                          \
    X(UpdateProcThreadAttribute, 7, 0, ERROR_NOT_ENOUGH_MEMORY)                            \
    X(WaitForSingleObject, 2, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                   \
    X(WaitForSingleObjectEx, 3, FAULTS_INVALID, ERROR_NO_SYSTEM_RESOURCES)                 \
    X(WaitNamedPipeW, 2, 0, ERROR_NO_SYSTEM_RESOURCES)                                     \
    X(WideCharToMultiByte, 8, 0, ERROR_NO_UNICODE_TRANSLATION)                             \
    X(WriteFile, 5, 0, ERROR_NO_SYSTEM_RESOURCES)                                          \
    X(_beginthreadex, 6, 0, ERROR_NOT_ENOUGH_MEMORY)

/* The C runtime's memory functions. They also count the blocks. */
#define FAULTS_OF_MEMORY(X) X(malloc) X(calloc) X(realloc) X(_wcsdup)

/* The same as FAULTS_OF_IMPORTS, for functions that are looked up by name. An NTSTATUS is the result. */
#define FAULTS_OF_LOOK_UPS(X)                                \
    X(NtQueryInformationProcess, 5, FAULTS_STATUS, 0)        \
    X(NtQueryObject, 5, FAULTS_STATUS, 0)                    \
    X(NtQuerySystemInformation, 4, FAULTS_STATUS, 0)         \
    X(NtQueryVolumeInformationFile, 5, FAULTS_STATUS, 0)     \
    X(CompareObjectHandles, 2, 0, ERROR_NO_SYSTEM_RESOURCES) \
    X(BCryptGenRandom, 4, FAULTS_STATUS, 0)                  \
    X(BCryptOpenAlgorithmProvider, 4, FAULTS_STATUS, 0)      \
    X(BCryptCreateHash, 7, FAULTS_STATUS, 0)                 \
    X(BCryptHashData, 4, FAULTS_STATUS, 0)                   \
    X(BCryptFinishHash, 4, FAULTS_STATUS, 0)                 \
    X(BCryptHash, 7, FAULTS_STATUS, 0)                       \
    X(BCryptGenerateKeyPair, 4, FAULTS_STATUS, 0)            \
    X(BCryptFinalizeKeyPair, 2, FAULTS_STATUS, 0)            \
    X(BCryptImportKeyPair, 7, FAULTS_STATUS, 0)              \
    X(BCryptExportKey, 7, FAULTS_STATUS, 0)                  \
    X(BCryptSignHash, 8, FAULTS_STATUS, 0)                   \
    X(BCryptVerifySignature, 7, FAULTS_STATUS, 0)            \
    X(CryptProtectData, 7, 0, ERROR_NO_SYSTEM_RESOURCES)     \
    X(CryptUnprotectData, 7, 0, ERROR_NO_SYSTEM_RESOURCES)   \
    X(WinVerifyTrust, 3, ERROR_NO_SYSTEM_RESOURCES, 0)

/* The functions of SQLite that db.c calls and that return a code. */
/* clang-format off: version 14 changes this list at each run. */
#define FAULTS_OF_SQLITE(X) \
    X(sqlite3_backup_step)  \
    X(sqlite3_bind_blob64)  \
    X(sqlite3_bind_int64)   \
    X(sqlite3_bind_null)    \
    X(sqlite3_bind_text64)  \
    X(sqlite3_db_config)    \
    X(sqlite3_exec)         \
    X(sqlite3_open_v2)      \
    X(sqlite3_prepare_v2)   \
    X(sqlite3_prepare_v3)   \
    X(sqlite3_step)         \
    X(sqlite3_wal_checkpoint_v2)
/* clang-format on */

/* Y(reason, names): functions that are never made to fail. */
#define FAULTS_LEFT_OUT(Y)                                                                                                                                 \
    Y("its failure ends the broker: a test of its own", "RevertToSelf")                                                                                    \
    Y("cannot fail",                                                                                                                                       \
      "AcquireSRWLockExclusive AcquireSRWLockShared ReleaseSRWLockExclusive ReleaseSRWLockShared "                                                         \
      "TryAcquireSRWLockExclusive InitializeSRWLock InitializeConditionVariable WakeAllConditionVariable "                                                 \
      "WakeConditionVariable EnterCriticalSection LeaveCriticalSection TryEnterCriticalSection "                                                           \
      "InitializeCriticalSection AreFileApisANSI CancelThreadpoolIo StartThreadpoolIo SubmitThreadpoolWork "                                               \
      "SetThreadpoolThreadMaximum SetThreadpoolTimer SetThreadpoolWait WaitForThreadpoolTimerCallbacks "                                                   \
      "WaitForThreadpoolWaitCallbacks WaitForThreadpoolWorkCallbacks CompareStringOrdinal EqualSid GetCurrentProcess GetCurrentProcessId "                 \
      "GetSidIdentifierAuthority "                                                                                                                         \
      "GetCurrentThread GetCurrentThreadId GetCurrentThreadStackLimits GetLastError GetSidSubAuthority GetSidSubAuthorityCount GetSystemInfo "             \
      "GetSystemTimeAsFileTime GetSystemTimePreciseAsFileTime GetTickCount64 IsTokenRestricted IsWellKnownSid "                                            \
      "QueryPerformanceCounter QueryPerformanceFrequency Sleep GetModuleHandleW GetProcessHeap IsDBCSLeadByteEx "                                          \
      "GetAce GetSecurityDescriptorOwner MapGenericMask CallbackMayRunLong "                                                                               \
      "GetProcAddress SetLastError TlsGetValue VirtualQuery __C_specific_handler OutputDebugStringA")                                                      \
    Y("ends or frees, and nothing could be done about its failure",                                                                                        \
      "CloseHandle CancelIoEx CancelSynchronousIo DisconnectNamedPipe CloseThreadpool CloseThreadpoolIo CloseThreadpoolTimer CloseThreadpoolWait "         \
      "CloseThreadpoolWork VirtualAlloc CryptReleaseContext DeleteCriticalSection DeleteProcThreadAttributeList "                                          \
      "DeregisterEventSource ExitProcess FreeLibrary LocalFree TerminateProcess UnmapViewOfFile free")                                                     \
    Y("cannot fail once it has worked, as it has before anybody can launch", "InitOnceExecuteOnce")                                                        \
    Y("unlocks what the same handle has locked; SQLite would hold the lock until it closes the file",                                                      \
      "UnlockFileEx")                                                                                                                                      \
    Y("on an event of the broker's own: it fails only for a wrong handle", "SetEvent ResetEvent")                                                          \
    Y("returns when it is told or when its time is up, and everybody who calls it looks again",                                                            \
      "SleepConditionVariableSRW WaitForMultipleObjects")                                                                                                  \
    Y("when the broker starts, before anybody can launch",                                                                                                 \
      "GetDriveTypeW GetStartupInfoW GetStdHandle GetSystemWindowsDirectoryW "                                                                             \
      "GetEnvironmentVariableW GetTempPathW OpenFileMappingW HeapSetInformation RegisterEventSourceW RegisterServiceCtrlHandlerExW SetConsoleCtrlHandler " \
      "SetDefaultDllDirectories SetProcessMitigationPolicy SetServiceStatus SetUnhandledExceptionFilter "                                                  \
      "StartServiceCtrlDispatcherW VirtualProtect")                                                                                                        \
    Y("prints an event, which the Event Log has too", "GetConsoleMode WriteConsoleW")                                                                      \
    Y("SQLite's heap of its own, which it is not built to use",                                                                                            \
      "HeapAlloc HeapCompact HeapCreate HeapDestroy HeapFree HeapReAlloc HeapSize HeapValidate")

/* Y(reason, names): functions after whose failure a launch may continue. After any other's it must fail. */
#define FAULTS_MAY_GO_ON(Y)                                                                                                          \
    Y("another instance of the pipe listens", "ConnectNamedPipe CreateNamedPipeW CreateThreadpoolIo")                                \
    Y("whether the caller is the broker's own user matters only where it may be nobody else",                                        \
      "CopySid GetTokenInformation OpenProcessToken")                                                                                \
    Y("a hash that is not remembered is computed",                                                                                   \
      "GetFileInformationByHandleEx GetSecurityInfo GetNamedSecurityInfoW GetSystemDirectoryW ConvertStringSidToSidW GetFileSizeEx") \
    Y("the account's SID stands for its name", "LookupAccountSidW")                                                                  \
    Y("the child's job is the broker's alone then: its caller may not hold it, too", "DuplicateHandle")                              \
    Y("a handle of no known device is no file of the disk", "NtQueryVolumeInformationFile")                                          \
    Y("policy.json is looked at again a moment later", "GetFileAttributesExW")                                                       \
    Y("a client whose pipe closes may lose a reply that it has not read", "NtQueryInformationFile")                                  \
    Y("the native name stands for the path, as on a volume without a letter", "QueryFullProcessImageNameW")                          \
    Y("the record has the time at which the broker saw it", "GetProcessTimes")                                                       \
    Y("when the child has ended", "GetExitCodeProcess GetProcessIoCounters QueryInformationJobObject")                               \
    Y("the audit is written again",                                                                                                  \
      "BCryptHash FlushFileBuffers LockFileEx ReadFile WriteFile CreateFileW "                                                       \
      "sqlite3_bind_blob64 sqlite3_bind_int64 sqlite3_bind_null sqlite3_bind_text64 "                                                \
      "sqlite3_exec sqlite3_prepare_v2 sqlite3_prepare_v3 sqlite3_step")                                                             \
    Y("memory for what can wait: another instance of the pipe, what the audit writes again",                                         \
      "malloc calloc realloc")

#endif
