#include "client/lib/last_error.h"

#include <stdlib.h>

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static DWORD slot = FLS_OUT_OF_INDEXES;

static void WINAPI free_error(void *error) {
    free(error);
}

/* Pins the module: threads call free_error when they end, perhaps much later. */
static BOOL CALLBACK make_slot(INIT_ONCE *init, void *parameter, void **context) {
    static const wchar_t here[] = L"";
    HMODULE module;
    (void)init, (void)parameter, (void)context;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, here,
                              &module) &&
           (slot = FlsAlloc(free_error)) != FLS_OUT_OF_INDEXES;
}

void last_error_keep(const sb_error *error) {
    if (!InitOnceExecuteOnce(&once, make_slot, NULL, NULL)) return;
    sb_error *kept = FlsGetValue(slot);
    if (!kept) {
        if (!(kept = malloc(sizeof *kept))) return;
        if (!FlsSetValue(slot, kept)) {
            free(kept);
            return;
        }
    }
    *kept = *error;
}

DWORD sb_create_process_error(sb_error *ret_error) {
    const sb_error *kept = slot == FLS_OUT_OF_INDEXES ? NULL : FlsGetValue(slot);
    if (!ret_error) return ERROR_INVALID_PARAMETER;
    if (!kept) return ERROR_NOT_FOUND;
    *ret_error = *kept;
    return ERROR_SUCCESS;
}
