/* What a list of handles must not hold: each error names the handle, and no child is created. */
#include "tests/launch/launch.h"

static void refused(const launch_place *place, const sb_handle *handles, size_t count, size_t index,
                    DWORD code, const char *named) {
    child_result result;
    char message[1024] = "";
    helper_run(place->client, L"exit:0", handles, count, &result);
    CHECK_INT(result.err, code);
    CHECK_INT(result.error.code, code);
    CHECK_INT(result.error.handle_index, index);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    CHECK_HAS(message, named);
}

void launch_refused(const launch_place *place) {
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL), other = CreateEventW(NULL, TRUE, FALSE, NULL), weak;
    CHECK(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &weak, SYNCHRONIZE, FALSE, 0));

    check_about("a name given twice");
    sb_handle twice[] = {{.name = L"same", .handle = event}, {.name = L"same", .handle = other}};
    refused(place, twice, 2, 1, ERROR_DUP_NAME, "same");

    check_about("a handle given twice");
    sb_handle again[] = {{.name = L"first", .handle = event}, {.name = L"second", .handle = event}};
    refused(place, again, 2, 1, ERROR_INVALID_PARAMETER, "second");

    check_about("names that are not names");
    sb_handle blank = {.name = L"a b", .handle = event};
    refused(place, &blank, 1, 0, ERROR_INVALID_NAME, "handle 0");
    sb_handle empty = {.name = L"", .handle = event};
    refused(place, &empty, 1, 0, ERROR_INVALID_NAME, "handle 0");

    check_about("more access than the handle has");
    sb_handle more[] = {{.name = L"good", .handle = other},
                        {.name = L"weak", .handle = weak, .access = SYNCHRONIZE | EVENT_MODIFY_STATE}};
    refused(place, more, 2, 1, ERROR_ACCESS_DENIED, "weak");

    CloseHandle(weak);
    CloseHandle(other);
    CloseHandle(event);
}
