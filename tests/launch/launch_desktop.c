/* The desktop of a child: the caller's, or another that the caller may open. */
#include "tests/launch/launch.h"

#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

typedef HDESK(WINAPI *create_desktop)(const wchar_t *, const wchar_t *, void *, DWORD, ACCESS_MASK,
                                      SECURITY_ATTRIBUTES *);
typedef BOOL(WINAPI *close_desktop)(HDESK);

static DWORD launch(const launch_place *place, const wchar_t *desktop, child_result *ret) {
    wchar_t line[LINE];
    sb_spawn_options options = helper_options(L"desktop", line, LINE);
    options.desktop = desktop;
    child_run(place->client, &options, ret);
    return ret->err;
}

static void refused(const launch_place *place, const wchar_t *desktop, DWORD code) {
    child_result result;
    char message[600];
    CHECK_INT(launch(place, desktop, &result), code);
    CHECK_INT(result.error.stage, SB_STAGE_DECODE);
    snprintf(message, sizeof message, "%ls", result.error.message);
    CHECK_HAS(message, "desktop");
}

void launch_desktop(const launch_place *place) {
    child_result result;
    HMODULE user = LoadLibraryW(L"user32.dll");
    create_desktop create = (create_desktop)(void (*)(void))GetProcAddress(user, "CreateDesktopW");
    close_desktop close = (close_desktop)(void (*)(void))GetProcAddress(user, "CloseDesktop");
    SECURITY_DESCRIPTOR nobody;
    ACL empty;
    SECURITY_ATTRIBUTES closed = {.nLength = sizeof closed, .lpSecurityDescriptor = &nobody};

    check_about("desktop: the caller's, and one by name");
    CHECK_INT(launch(place, NULL, &result), ERROR_SUCCESS);
    CHECK_HAS(result.output, "\\");
    CHECK_INT(launch(place, L"WinSta0\\Default", &result), ERROR_SUCCESS);
    CHECK_TEXT(result.output, "WinSta0\\Default\n");

    check_about("desktop: one that does not exist, and invalid names");
    refused(place, L"WinSta0\\nowhere", ERROR_FILE_NOT_FOUND);
    refused(place, L"nowhere\\Default", ERROR_FILE_NOT_FOUND);
    CHECK(launch(place, L"a\\b\\c", &result) != ERROR_SUCCESS);

    check_about("desktop: one that the caller made, which no process may open");
    InitializeSecurityDescriptor(&nobody, SECURITY_DESCRIPTOR_REVISION);
    InitializeAcl(&empty, sizeof empty, ACL_REVISION);
    SetSecurityDescriptorDacl(&nobody, TRUE, &empty, FALSE);
    HDESK desktop = create(L"sb-closed", NULL, NULL, 0, GENERIC_ALL, &closed);
    CHECK(desktop != NULL);
    if (check_part("closed_desktop", on_wine() ? "Wine lets every user open a desktop" : NULL))
        refused(place, L"sb-closed", ERROR_ACCESS_DENIED);
    if (desktop) close(desktop);
}
