/* Turns off what could bring foreign code into the broker. */
#ifndef SB_SERVICE_BROKER_HARDEN_H
#define SB_SERVICE_BROKER_HARDEN_H

/* Call once, at the start. Then no extension point (SetWindowsHookEx, AppInit_DLLs, input methods ...) loads
 * code into this process; DLLs and fonts are loaded from the system's directories only; a corrupt heap ends
 * the process; and no handle of this process is inheritable. A mitigation that this Windows does not know is
 * skipped.
 * learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-setprocessmitigationpolicy */
void harden_process(void);

#endif
