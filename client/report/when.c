#include "client/report/when.h"

#include <inttypes.h>
#include <string.h>

const when_zone when_utc = {0};

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

/* Convert between days since 1970-01-01 and dates of the Gregorian calendar. Years begin in March, so that
 * the leap day is their last. */
static int64_t days_of(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;
    return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day) {
    int64_t z = days + 719468, era = z / 146097, of_era = z % 146097; /* days since year 0 */
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    *ret_day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *ret_month = (int)(m < 10 ? m + 3 : m - 9);
    *ret_year = (int)(era * 400 + year + (*ret_month <= 2));
}

static int days_in(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static int64_t offset_at(const when_zone *zone, int64_t us) {
    return zone->offset ? zone->offset(zone->context, us) * SECOND : 0;
}

/* Returns the moment of a local time. */
static int64_t from_local(const when_zone *zone, int64_t local) {
    int64_t before = local - offset_at(zone, local - DAY), after = local - offset_at(zone, local + DAY);
    bool first = before + offset_at(zone, before) == local, second = after + offset_at(zone, after) == local;
    if (first && second) return before < after ? before : after;
    return second ? after : before;
}

/* Reads exactly `count` digits and moves on. */
static bool digits(const char **p, int count, int *ret) {
    int value = 0;
    for (int i = 0; i < count; i++, ++*p) {
        if (**p < '0' || **p > '9') return false;
        value = value * 10 + **p - '0';
    }
    *ret = value;
    return true;
}

static bool take(const char **p, char c) {
    if (**p != c) return false;
    ++*p;
    return true;
}

/* Reads a fraction of a second; digits after the sixth are ignored. */
static bool fraction(const char **p, int64_t *us) {
    int64_t unit = SECOND / 10;
    if (**p < '0' || **p > '9') return false;
    for (; **p >= '0' && **p <= '9'; ++*p, unit /= 10) *us += (**p - '0') * unit;
    return true;
}

/* Reads "Z", "+01", "+01:00" or "+0100"; *ret_given: there was one. */
static bool zone_behind(const char **p, int64_t *us, bool *ret_given) {
    int hours, minutes = 0;
    *ret_given = **p == 'Z' || **p == 'z' || **p == '+' || **p == '-';
    if (!*ret_given) return true;
    char sign = *(*p)++;
    if (sign != '+' && sign != '-') return true;
    if (!digits(p, 2, &hours) || hours > 23) return false;
    if ((take(p, ':') || **p) && (!digits(p, 2, &minutes) || minutes > 59)) return false;
    int64_t ahead = (hours * 60 + minutes) * 60 * SECOND;
    *us -= sign == '+' ? ahead : -ahead;
    return true;
}

static bool parse_iso(const char *p, const when_zone *zone, int64_t *ret) {
    int year, month, day, hour = 0, minute = 0, second = 0;
    bool given = false;
    if (!digits(&p, 4, &year) || !take(&p, '-') || !digits(&p, 2, &month) || !take(&p, '-') ||
        !digits(&p, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return false;
    int64_t us = days_of(year, month, day) * DAY;
    if (*p) {
        if (!take(&p, 'T') && !take(&p, 't') && !take(&p, ' ')) return false;
        if (!digits(&p, 2, &hour) || !take(&p, ':') || !digits(&p, 2, &minute)) return false;
        if (take(&p, ':') && (!digits(&p, 2, &second) || (take(&p, '.') && !fraction(&p, &us)))) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;
        us += (int64_t)((hour * 60 + minute) * 60 + second) * SECOND;
        if (!zone_behind(&p, &us, &given) || *p) return false;
    }
    *ret = given ? us : from_local(zone, us);
    return true;
}

/* Reads "-2h" as that long ago. */
static bool parse_ago(const char *p, int64_t now, int64_t *ret) {
    static const struct {
        char letter;
        int64_t us;
    } units[] = {{'s', SECOND}, {'m', 60 * SECOND}, {'h', 3600 * SECOND}, {'d', DAY}, {'w', 7 * DAY}};
    int64_t count = 0;
    const char *start = p;
    for (; *p >= '0' && *p <= '9'; p++)
        if ((count = count * 10 + *p - '0') > 1000000) return false;
    if (p == start || !*p || p[1]) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (*p != units[i].letter) continue;
        *ret = now - count * units[i].us;
        return true;
    }
    return false;
}

/* Returns the local midnight that many days before a moment. */
static int64_t midnight(const when_zone *zone, int64_t us, int64_t days) {
    int64_t local = us + offset_at(zone, us), of_day = local % DAY;
    return from_local(zone, local - (of_day < 0 ? of_day + DAY : of_day) - days * DAY);
}

bool when_parse(const char *text, int64_t now, const when_zone *zone, int64_t *ret) {
    int64_t us = now;
    bool good = true;
    if (!strcmp(text, "today")) us = midnight(zone, now, 0);
    else if (!strcmp(text, "yesterday")) us = midnight(zone, now, 1);
    else if (text[0] == '-') good = parse_ago(text + 1, now, &us);
    else if (strcmp(text, "now")) good = parse_iso(text, zone, &us);
    if (good) *ret = us;
    return good;
}

const char *when_format(arena *a, int64_t us, const when_zone *zone, when_style style) {
    int year, month, day;
    if (style == WHEN_RFC3339) zone = &when_utc;
    if (us < days_of(1, 1, 1) * DAY || us > days_of(9999, 12, 30) * DAY) return "-";
    int64_t offset = offset_at(zone, us), local = us + offset, days = local / DAY, of_day = local % DAY;
    if (of_day < 0) of_day += DAY, days--;
    date_of(days, &year, &month, &day);
    int seconds = (int)(of_day / SECOND), minutes = (int)((offset < 0 ? -offset : offset) / SECOND / 60);
    const char *part = style == WHEN_SECONDS ? "" : arena_printf(a, ".%06d", (int)(of_day % SECOND));
    const char *behind =
        !zone->offset ? "Z"
                      : arena_printf(a, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    const char *text = part && behind ? arena_printf(a, "%04d-%02d-%02d%c%02d:%02d:%02d%s%s", year, month,
                                                     day, style == WHEN_RFC3339 ? 'T' : ' ', seconds / 3600,
                                                     seconds / 60 % 60, seconds % 60, part, behind)
                                      : NULL;
    return text ? text : "-";
}

const char *when_duration(arena *a, int64_t us) {
    const char *text;
    if (us < 1000) text = arena_printf(a, "%" PRId64 " us", us);
    else if (us < SECOND) text = arena_printf(a, "%.1f ms", (double)us / 1e3);
    else if (us < 120 * SECOND) text = arena_printf(a, "%.2f s", (double)us / 1e6);
    else if (us < 7200 * SECOND)
        text = arena_printf(a, "%" PRId64 " min %" PRId64 " s", us / SECOND / 60, us / SECOND % 60);
    else if (us < 2 * DAY)
        text = arena_printf(a, "%" PRId64 " h %" PRId64 " min", us / SECOND / 3600, us / SECOND / 60 % 60);
    else text = arena_printf(a, "%" PRId64 " d %" PRId64 " h", us / DAY, us % DAY / SECOND / 3600);
    return text ? text : "-";
}
