/* Names of users are looked up once, and connections do not wait for the look-up. */
#include "service/broker/accounts.h"

#include "service/win32/win.h"
#include "tests/support/check.h"
#include "tests/support/harness.h"

#include <stdlib.h>
#include <string.h>

#define SID_FAST "S-1-5-21-1-2-3-1001"
#define SID_SLOW "S-1-5-21-1-2-3-1002"
#define SID_NONE "S-1-5-21-1-2-3-1003"

enum { SLOW_MS = 4000, MOST_MS = 3000 };

static volatile LONG lookups;

static char *look_up(const char *sid) {
    InterlockedIncrement(&lookups);
    if (!strcmp(sid, SID_SLOW)) Sleep(SLOW_MS); /* no domain controller answers */
    return strcmp(sid, SID_NONE) ? _strdup(!strcmp(sid, SID_SLOW) ? "DOMAIN\\slow" : "DOMAIN\\fast") : NULL;
}

static bool has_name(void *context) {
    return !strcmp(account_name(context), "DOMAIN\\slow");
}

static void names(accounts *all) {
    check_case("a name that is found at once");
    const account *fast = accounts_find(all, SID_FAST);
    if (!CHECK(fast != NULL)) return;
    CHECK_TEXT(account_name(fast), "DOMAIN\\fast");
    CHECK(accounts_find(all, SID_FAST) == fast);
    CHECK_INT(lookups, 1);

    check_case("no name");
    const account *none = accounts_find(all, SID_NONE);
    if (!CHECK(none != NULL)) return;
    CHECK_TEXT(account_name(none), SID_NONE);
    CHECK(accounts_find(all, SID_NONE) == none);
    CHECK_INT(lookups, 2); /* it is not looked up for each connection */
}

static void slow_name(accounts *all) {
    int64_t begun = ticks_us();
    check_case("a name that takes long");
    const account *slow = accounts_find(all, SID_SLOW);
    if (!CHECK(slow != NULL)) return;
    CHECK(ticks_us() - begun < MOST_MS * 1000);
    CHECK_TEXT(account_name(slow), SID_SLOW);

    begun = ticks_us();
    CHECK(accounts_find(all, SID_SLOW) == slow); /* the test has waited for it */
    CHECK(ticks_us() - begun < 500 * 1000);
    CHECK_INT(lookups, 3);
    CHECK(poll_until(has_name, (void *)(ULONG_PTR)slow, TEST_DEADLINE_MS));
}

/* The end of the broker does not wait for a look-up either, and a name that is found later is dropped. */
static void ended_before(void) {
    accounts *all = NULL;
    check_case("the broker ends before the name is found");
    if (!CHECK(accounts_create(look_up, &all))) return;
    CHECK(accounts_find(all, SID_SLOW) != NULL);
    int64_t begun = ticks_us();
    accounts_destroy(&all);
    CHECK(all == NULL);
    CHECK(ticks_us() - begun < MOST_MS * 1000);
    Sleep(SLOW_MS);
}

static void windows(void) {
    check_case("Windows");
    char *name = accounts_ask_windows("S-1-5-18");
    if (CHECK(name != NULL)) CHECK(strchr(name, '\\') != NULL);
    free(name);
    CHECK(accounts_ask_windows("S-1-5-21-1-2-3-1001") == NULL);
    CHECK(accounts_ask_windows("none") == NULL);
}

int wmain(int argc, wchar_t **argv) {
    accounts *all = NULL;
    (void)argc, (void)argv;
    if (CHECK(accounts_create(look_up, &all))) {
        names(all);
        slow_name(all);
    }
    accounts_destroy(&all);
    ended_before();
    windows();
    return check_report();
}
