#include "client/ctl/run.h"
#include "service/win32/win.h"

enum { PIECE_BYTES = 4096, LINGER_MS = 200 };

/* Bytes as they are, both ways: what the child would have read from and written to the console itself. */
static DWORD WINAPI relay_main(void *context) {
    relay *r = context;
    char piece[PIECE_BYTES];
    DWORD got, put;
    HANDLE from = r->is_input ? r->console : r->ours, to = r->is_input ? r->ours : r->console;
    while (ReadFile(from, piece, sizeof piece, &got, NULL) && got)
        for (DWORD done = 0; done < got; done += put)
            if (!WriteFile(to, piece + done, got - done, &put, NULL) || !put) goto done;
done:
    if (r->is_input) win_close(&r->ours); /* end of file for the child */
    return 0;
}

DWORD relay_prepare(DWORD std, bool detached, relay *ret, HANDLE *ret_handle, HANDLE *ret_owned) {
    HANDLE handle = GetStdHandle(std), read_end, write_end;
    *ret = (relay){.is_input = std == STD_INPUT_HANDLE};
    if (handle == INVALID_HANDLE_VALUE) handle = NULL;
    *ret_handle = handle;
    *ret_owned = NULL;
    if (!handle || !out_is_console(std)) return ERROR_SUCCESS;
    if (detached) {
        *ret_handle = NULL;
        return ERROR_SUCCESS;
    }
    if (!CreatePipe(&read_end, &write_end, NULL, 0)) return win_error();
    ret->console = handle;
    ret->ours = ret->is_input ? write_end : read_end;
    *ret_handle = *ret_owned = ret->is_input ? read_end : write_end;
    return ERROR_SUCCESS;
}

DWORD relay_start(relay *r) {
    if (!r->console) return ERROR_SUCCESS;
    r->thread = CreateThread(NULL, 0, relay_main, r, 0, NULL);
    return r->thread ? ERROR_SUCCESS : win_error();
}

void relay_finish(relay *relays, size_t count) {
    for (size_t i = 0; i < count; i++) {
        relay *r = &relays[i];
        DWORD available = 1;
        if (!r->thread || r->is_input) continue; /* reading the console may take for ever: the exit ends it */
        while (available && WaitForSingleObject(r->thread, LINGER_MS) == WAIT_TIMEOUT)
            if (!PeekNamedPipe(r->ours, NULL, 0, NULL, &available, NULL)) available = 0;
    }
}
