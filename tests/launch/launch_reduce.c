/* Children with fewer rights than their caller: what they see of their own token; and that a launch fails
 * when Windows does not apply a reduction. */
#include "tests/launch/launch.h"

#include "tests/support/raw.h"

#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

/* Launches the helper to print its token. part is NULL, or names what Wine alone does not take from a token:
 * there the launch is denied with that field's name. Returns whether there was a child. */
static bool shows(const launch_place *place, const sb_reduce *reduce, const wchar_t *actions,
                  const char *wanted, const char *part) {
    wchar_t line[LINE];
    char message[1024] = "";
    child_result result;
    sb_spawn_options options = helper_options(actions, line, LINE);
    options.reduce = reduce;
    child_run(place->client, &options, &result);
    WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
    if (part && !check_part(part, lax_tokens())) {
        CHECK_INT(result.err, ERROR_NOT_SUPPORTED);
        CHECK_INT(result.error.stage, SB_STAGE_CREATE);
        CHECK_HAS(message, "did not apply this reduction");
        return false;
    }
    if (!CHECK_INT(result.err, ERROR_SUCCESS)) printf("%s\n", message);
    CHECK_TEXT(result.output, wanted);
    return true;
}

static void each(const launch_place *place) {
    static const wchar_t *const administrators[] = {L"S-1-5-32-544", L"S-1-5-32-545"};
    static const wchar_t *const nobodys[] = {L"S-1-5-21-1-2-3-4"};
    const sb_reduce none = {.size = sizeof none};
    const sb_reduce privileges = {.size = sizeof privileges, .drop_privileges = TRUE};
    const sb_reduce groups = {.size = sizeof groups, .deny_groups = administrators, .deny_group_count = 2};
    const sb_reduce other = {.size = sizeof other, .deny_groups = nobodys, .deny_group_count = 1};
    const sb_reduce low = {.size = sizeof low, .low_integrity = TRUE};
    const sb_reduce restricted = {.size = sizeof restricted, .restricted = TRUE};

    check_about("reduce: nothing");
    shows(place, &none, L"group:S-1-5-32-545", "grants\n", NULL);

    check_about("reduce: privileges");
    shows(place, &privileges, L"privileges group:S-1-5-32-545", "SeChangeNotifyPrivilege\ngrants\n", NULL);

    check_about("reduce: groups");
    shows(place, &groups, L"group:S-1-5-32-544 group:S-1-5-32-545 group:S-1-1-0", "denies\ndenies\ngrants\n",
          NULL);

    check_about("reduce: a group that the caller is not in");
    shows(place, &other, L"group:S-1-5-21-1-2-3-4 group:S-1-5-32-545", "none\ngrants\n", NULL);

    check_about("reduce: integrity");
    shows(place, &low, L"integrity", "1000\n", "low_integrity");

    check_about("reduce: restricted");
    shows(place, &restricted, L"restricted", "restricted\n", "restricted");
}

static void refused(const launch_place *place) {
    static const wchar_t *const texts[] = {
        L"BA", L"S-1-", L"S-1-5-32-", L"S-1-5--32", L"S-1-5-x", L"", L"S-1-99999999999999999999999-1"};
    wchar_t line[LINE];
    child_result result;
    char message[1024] = "";

    check_about("reduce: an invalid SID");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const sb_reduce reduce = {.size = sizeof reduce, .deny_groups = &texts[i], .deny_group_count = 1};
        sb_spawn_options options = helper_options(L"exit:0", line, LINE);
        options.reduce = &reduce;
        child_run(place->client, &options, &result);
        CHECK(result.err != ERROR_SUCCESS);
        WideCharToMultiByte(CP_UTF8, 0, result.error.message, -1, message, sizeof message, NULL, NULL);
        CHECK_HAS(message, "is not a SID");
    }

    check_about("reduce: size");
    const sb_reduce odd = {.size = 3};
    sb_spawn_options options = helper_options(L"exit:0", line, LINE);
    options.reduce = &odd;
    child_run(place->client, &options, &result);
    CHECK_INT(result.err, ERROR_INVALID_PARAMETER);
}

void launch_reduced(const launch_place *place) {
    each(place);
    refused(place);
}
