/* What the broker turns off in itself. */
#ifndef SB_SERVICE_BROKER_HARDEN_H
#define SB_SERVICE_BROKER_HARDEN_H

/* Once, at the start. Afterwards no extension point puts code into this process (SetWindowsHookEx,
 * AppInit_DLLs, input methods ...), DLLs come from the system's directory, fonts from the system's, a heap
 * that is found corrupt ends the process, and no handle of this process is inheritable. What the system does
 * not know it refuses, and the broker runs without.
 * https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-setprocessmitigationpolicy
 */
void harden_process(void);

#endif
