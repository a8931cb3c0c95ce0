/* Checks times as people write them, in UTC and in a zone with daylight saving. */
#include "tests/support/check.h"
#include "client/report/when.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

/* Central Europe: one hour ahead, two from 2026-03-29T01:00Z to 2026-10-25T01:00Z. */
static int europe(void *context, int64_t us) {
    (void)context;
    return us >= 1774746000 * SECOND && us < 1792890000 * SECOND ? 7200 : 3600;
}

static int india(void *context, int64_t us) {
    (void)context, (void)us;
    return 19800;
}

static const when_zone utc = {0}, berlin = {.offset = europe}, delhi = {.offset = india};
/* 2026-11-24T22:00:00Z */
#define NOW (INT64_C(1795557600) * SECOND)

static void parsed(const char *text, const when_zone *zone, int64_t wanted) {
    int64_t got = -1;
    check_case("%s", text);
    if (CHECK(when_parse(text, NOW, zone, &got))) CHECK_INT(got, wanted);
}

static void good(void) {
    parsed("1970-01-01", &utc, 0);
    parsed("2000-02-29T12:30", &utc, 951827400 * SECOND);
    parsed("2026-11-24T22:00:00", &utc, NOW);
    parsed("2026-11-24 22:00:00.5", &utc, NOW + SECOND / 2);
    parsed("2026-11-24t22:00:00.1234567z", &berlin, NOW + 123456);
    parsed("2026-11-24T22:00:00Z", &berlin, NOW);
    parsed("2026-11-24T23:00:00+01:00", &utc, NOW);
    parsed("2026-11-24T23:00+01", &utc, NOW);
    parsed("2026-11-24T16:30-0530", &utc, NOW);
    parsed("2026-11-24T23:00", &berlin, NOW);
    parsed("2026-07-01T02:00", &berlin, 1782864000 * SECOND);
    parsed("1969-12-31T23:59:59Z", &utc, -SECOND);

    parsed("today", &utc, NOW - 22 * HOUR);
    parsed("today", &berlin, NOW - 23 * HOUR);
    parsed("today", &delhi, NOW - 3 * HOUR - HOUR / 2); /* it is the 25th there */
    parsed("yesterday", &utc, NOW - 46 * HOUR);
    parsed("now", &utc, NOW);

    parsed("-30s", &utc, NOW - 30 * SECOND);
    parsed("-30m", &utc, NOW - HOUR / 2);
    parsed("-2h", &berlin, NOW - 2 * HOUR);
    parsed("-7d", &utc, NOW - 7 * 24 * HOUR);
    parsed("-2w", &utc, NOW - 14 * 24 * HOUR);
    parsed("-0h", &utc, NOW);
}

/* A clock that is set forward skips an hour; one that is set back repeats one. */
static void clock_changes(void) {
    parsed("2026-03-29T01:59", &berlin, (1774746000 - 60) * SECOND);
    parsed("2026-03-29T02:30", &berlin,
           1774746000 * SECOND + HOUR / 2); /* as if the clock had not been set yet */
    parsed("2026-03-29T03:00", &berlin, 1774746000 * SECOND);
    parsed("2026-10-25T02:30", &berlin, 1792890000 * SECOND - HOUR / 2); /* the first of the two */
    parsed("2026-10-25T03:00", &berlin, 1792890000 * SECOND + HOUR);
    parsed("2026-03-29", &berlin, 1774738800 * SECOND);
    parsed("2026-03-30", &berlin, 1774821600 * SECOND);
}

static void bad(void) {
    static const char *const texts[] = {"",
                                        "x",
                                        "Today",
                                        "tomorrow",
                                        "2h",
                                        "-h",
                                        "-2",
                                        "-2x",
                                        "-2hh",
                                        "-1h30m",
                                        "--2h",
                                        "-99999999999d",
                                        "2026",
                                        "2026-1-1",
                                        "2026-13-01",
                                        "2026-00-01",
                                        "2026-02-29",
                                        "2026-02-30",
                                        "2026-04-31",
                                        "2026-01-01T",
                                        "2026-01-01T1:00",
                                        "2026-01-01T24:00",
                                        "2026-01-01T10:60",
                                        "2026-01-01T10:00:60",
                                        "2026-01-01T10:00:00.",
                                        "2026-01-01T10:00ZZ",
                                        "2026-01-01T10:00+1",
                                        "2026-01-01T10:00+01:",
                                        "2026-01-01T10:00+24:00",
                                        "2026-01-01T10:00+01:60",
                                        "2026-01-01X10:00",
                                        "2026-01-01Z",
                                        "0000-01-01",
                                        "1790000000000000",
                                        " 2026-01-01",
                                        "2026-01-01 ",
                                        "01/02/2026",
                                        "2026-01-01T10"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t got = 77;
        check_case("\"%s\"", texts[i]);
        CHECK(!when_parse(texts[i], NOW, &berlin, &got));
        CHECK_INT(got, 77);
    }
}

static void formatted(void) {
    arena a = {0};

    check_case("formats");
    CHECK_TEXT(when_format(&a, NOW + 1, &utc, WHEN_SECONDS), "2026-11-24 22:00:00Z");
    CHECK_TEXT(when_format(&a, NOW + 1, &berlin, WHEN_SECONDS), "2026-11-24 23:00:00+01:00");
    CHECK_TEXT(when_format(&a, NOW + 1, &delhi, WHEN_MICROSECONDS), "2026-11-25 03:30:00.000001+05:30");
    CHECK_TEXT(when_format(&a, NOW + 1, &berlin, WHEN_RFC3339), "2026-11-24T22:00:00.000001Z");
    CHECK_TEXT(when_format(&a, 0, &utc, WHEN_RFC3339), "1970-01-01T00:00:00.000000Z");
    CHECK_TEXT(when_format(&a, -1, &utc, WHEN_RFC3339), "1969-12-31T23:59:59.999999Z");
    CHECK_TEXT(when_format(&a, INT64_MAX, &utc, WHEN_RFC3339), "-");
    CHECK_TEXT(when_format(&a, INT64_MIN, &utc, WHEN_RFC3339), "-");
    check_case("durations");
    CHECK_TEXT(when_duration(&a, 999), "999 us");
    CHECK_TEXT(when_duration(&a, 1500), "1.5 ms");
    CHECK_TEXT(when_duration(&a, 90 * SECOND), "90.00 s");
    CHECK_TEXT(when_duration(&a, 3 * HOUR + 61 * SECOND), "3 h 1 min");

    /* Converts every day there and back. */
    check_case("days");
    for (int64_t day = -134774; day < 2932896; day += 37) {
        const char *text = when_format(&a, day * 24 * HOUR, &utc, WHEN_RFC3339);
        int64_t back;
        if (!CHECK(when_parse(text, 0, &utc, &back) && back == day * 24 * HOUR)) break;
        arena_free(&a);
    }

    arena_free(&a);
}

int main(void) {
    good();
    clock_changes();
    bad();
    formatted();
    return check_report();
}
