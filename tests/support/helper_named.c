#include "tests/support/helper.h"

#include "service/win32/nt.h"
#include "client/lib/spawn_broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void helper_print(const wchar_t *text) {
    char bytes[8192];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
    if (length > 0) printf("%s\n", bytes);
}

/* Returns the handle of that name, or NULL after printing the error. */
static HANDLE look_up(const wchar_t *name) {
    HANDLE handle = sb_inherited_handle(name);
    if (!handle) printf("%ls: error %lu\n", name, GetLastError());
    return handle;
}

int named_list(const wchar_t *a, const wchar_t *b) {
    const wchar_t *name;
    (void)a, (void)b;
    for (size_t i = 0; (name = sb_inherited_name(i)) != NULL; i++) {
        nt_object object;
        DWORD flags = 0;
        HANDLE handle = look_up(name);
        if (!handle || nt_query_object(handle, &object)) return 110;
        GetHandleInformation(handle, &flags);
        printf("%ls %s %lx%s\n", name, object.type, (unsigned long)object.access,
               flags & HANDLE_FLAG_INHERIT ? " inheritable" : "");
    }
    printf("end %lu\n", GetLastError());
    return CONTINUE;
}

int named_find(const wchar_t *a, const wchar_t *b) {
    (void)b;
    if (look_up(a)) printf("%ls: found\n", a);
    return CONTINUE;
}

int named_fill(const wchar_t *a, const wchar_t *b) {
    HANDLE section = look_up(a);
    if (!section) return 111;
    char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (!view) return 112;
    printf("read %s\n", view);
    UnmapViewOfFile(view);
    view = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (!view) {
        printf("write refused: error %lu\n", GetLastError());
        return CONTINUE;
    }
    WideCharToMultiByte(CP_UTF8, 0, b, -1, view, 256, NULL, NULL);
    UnmapViewOfFile(view);
    printf("written\n");
    return CONTINUE;
}

int named_signal(const wchar_t *a, const wchar_t *b) {
    HANDLE event = look_up(a);
    (void)b;
    if (!event) return 113;
    if (SetEvent(event)) printf("signalled\n");
    else printf("signal refused: error %lu\n", GetLastError());
    return CONTINUE;
}

int named_wait(const wchar_t *a, const wchar_t *b) {
    HANDLE event = look_up(a);
    (void)b;
    if (!event || WaitForSingleObject(event, 30000) != WAIT_OBJECT_0) return 114;
    printf("waited\n");
    return CONTINUE;
}

int named_write(const wchar_t *a, const wchar_t *b) {
    char bytes[1024];
    DWORD put;
    HANDLE file = look_up(a);
    if (!file) return 115;
    int length = WideCharToMultiByte(CP_UTF8, 0, b, -1, bytes, sizeof bytes, NULL, NULL);
    if (!WriteFile(file, bytes, (DWORD)length - 1, &put, NULL)) return 116;
    return CONTINUE;
}
