/* Reads Prometheus's text exposition format 0.0.4 strictly:
 * https://prometheus.io/docs/instrumenting/exposition_formats/. It is stricter than a scraper. Each family is
 * in one piece and has HELP and TYPE before its samples. Counters end in _total. The buckets of a histogram
 * ascend, add up, and end with +Inf, which equals its count. */
#ifndef SB_TESTS_SUPPORT_PROMETHEUS_H
#define SB_TESTS_SUPPORT_PROMETHEUS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROMETHEUS_FAMILIES = 64 };

typedef struct prometheus {
    char families[PROMETHEUS_FAMILIES][80], type[16];
    size_t count; /* of families; the last is the current one */
    bool typed;
    size_t samples;
    char labels[200];     /* of the current histogram, without le */
    double le, below;     /* of its last bucket */
    bool in_buckets, sum; /* the buckets have not ended; a sum was read */
    double infinite;      /* its +Inf bucket; -1: not read yet */
    const char *why;
} prometheus;

static inline bool prometheus_fail(prometheus *p, const char *why) {
    p->why = why;
    return false;
}

static inline size_t prometheus_name(const char *at, bool colon) {
    size_t n = 0;
    while ((at[n] >= 'a' && at[n] <= 'z') || (at[n] >= 'A' && at[n] <= 'Z') || at[n] == '_' ||
           (colon && at[n] == ':') || (n && at[n] >= '0' && at[n] <= '9'))
        n++;
    return n;
}

static inline bool prometheus_comment(prometheus *p, const char *line) {
    bool help = !strncmp(line, "# HELP ", 7);
    if (!help && strncmp(line, "# TYPE ", 7) != 0)
        return prometheus_fail(p, "a comment that is neither HELP nor TYPE");
    size_t n = prometheus_name(line + 7, true);
    if (!n || n >= 80 || line[7 + n] != ' ') return prometheus_fail(p, "no name in HELP or TYPE");

    if (help) {
        if (p->in_buckets) return prometheus_fail(p, "a histogram without +Inf");
        if (p->count && (!p->typed || !p->samples))
            return prometheus_fail(p, "a family without TYPE or samples");
        if (p->count == PROMETHEUS_FAMILIES) return prometheus_fail(p, "too many families");
        for (size_t i = 0; i < p->count; i++)
            if (strlen(p->families[i]) == n && !strncmp(p->families[i], line + 7, n))
                return prometheus_fail(p, "a family twice");
        snprintf(p->families[p->count++], 80, "%.*s", (int)n, line + 7);
        p->typed = false;
        p->samples = 0;
        for (const char *c = line + 8 + n; *c; c++)
            if (*c == '\\' && *++c != '\\' && *c != 'n') return prometheus_fail(p, "a bad escape in HELP");
        return true;
    }

    if (!p->count || strlen(p->families[p->count - 1]) != n ||
        strncmp(p->families[p->count - 1], line + 7, n) != 0)
        return prometheus_fail(p, "TYPE of another family than HELP");

    snprintf(p->type, sizeof p->type, "%s", line + 8 + n);
    if (p->typed || (strcmp(p->type, "counter") && strcmp(p->type, "gauge") && strcmp(p->type, "histogram")))
        return prometheus_fail(p, "a second TYPE, or an unknown one");
    if (!strcmp(p->type, "counter") && (n < 6 || strncmp(line + 7 + n - 6, "_total", 6) != 0))
        return prometheus_fail(p, "a counter that does not end in _total");
    p->typed = true;

    return true;
}

/* Copies the labels at `at`, {name="value",...}, without le to text, and le to le. Returns where they end, or
 * NULL if they are malformed. */
static inline const char *prometheus_labels(const char *at, char text[200], char le[40]) {
    size_t used = 0;
    text[0] = le[0] = 0;
    if (*at != '{') return at;
    do {
        size_t n = prometheus_name(++at, false), begin = used;
        if (!n || at[n] != '=' || at[n + 1] != '"') return NULL;
        const char *value = at + n + 2, *end = value;
        for (; *end && *end != '"'; end++)
            if (*end == '\\' && *++end != '\\' && *end != '"' && *end != 'n') return NULL;
        if (!*end) return NULL;
        if (n == 2 && !strncmp(at, "le", 2)) snprintf(le, 40, "%.*s", (int)(end - value), value);
        else used += (size_t)snprintf(text + used, 200 - begin, "%.*s,", (int)(end + 1 - at), at);
        if (used >= 200) return NULL;
        at = end + 1;
    } while (*at == ',');
    return *at == '}' ? at + 1 : NULL;
}

static inline bool prometheus_bucket(prometheus *p, const char *labels, const char *le, double value) {
    bool last = !strcmp(le, "+Inf");
    char *end;
    double bound = last ? 0 : strtod(le, &end);

    if (!*le || (!last && *end)) return prometheus_fail(p, "a bucket without le");
    if (!p->in_buckets) {
        snprintf(p->labels, sizeof p->labels, "%s", labels);
        p->le = p->below = -1;
        p->infinite = -1;
        p->sum = false;
    }

    if (strcmp(p->labels, labels) != 0) return prometheus_fail(p, "buckets of two histograms mixed");
    if ((!last && bound <= p->le) || value < p->below)
        return prometheus_fail(p, "buckets that do not ascend");
    p->le = bound;
    p->below = value;
    p->in_buckets = !last;
    if (last) p->infinite = value;

    return true;
}

static inline bool prometheus_sample(prometheus *p, const char *line) {
    char labels[200], le[40], *end;
    size_t n = prometheus_name(line, true), family = p->count ? strlen(p->families[p->count - 1]) : 0;
    const char *at = prometheus_labels(line + n, labels, le);

    if (!n || !at || *at != ' ') return prometheus_fail(p, "not a sample");
    double value = strtod(at + 1, &end);
    if (end == at + 1 || *end) return prometheus_fail(p, "a value that is no number");
    if (!p->typed || n < family || strncmp(line, p->families[p->count - 1], family) != 0)
        return prometheus_fail(p, "a sample outside its family");
    p->samples++;
    const char *rest = line + family;
    size_t length = n - family;
    if (strcmp(p->type, "histogram") != 0)
        return (!length && !*le) || prometheus_fail(p, "a sample of another name than its family");
    if (length == 7 && !strncmp(rest, "_bucket", 7)) return prometheus_bucket(p, labels, le, value);
    if (p->in_buckets || p->infinite < 0 || strcmp(labels, p->labels) != 0 || *le)
        return prometheus_fail(p, "a sum or count that does not follow its buckets");
    if (length == 4 && !strncmp(rest, "_sum", 4) && !p->sum) return p->sum = true;
    if (length != 6 || strncmp(rest, "_count", 6) != 0 || !p->sum)
        return prometheus_fail(p, "no count after a sum");
    if (value != p->infinite) return prometheus_fail(p, "a count other than the bucket +Inf");
    p->infinite = -1;

    return true;
}

/* Returns NULL if text has the format, else what is wrong. *ret_line is the line. */
static inline const char *prometheus_check(const char *text, size_t *ret_line) {
    static prometheus p;
    p = (prometheus){.infinite = -1};
    *ret_line = 1;
    if (!*text) return "nothing";
    for (; *text; (*ret_line)++) {
        char line[400];
        const char *end = strchr(text, '\n');
        if (!end || end - text >= (ptrdiff_t)sizeof line)
            return "the last line does not end, or a line is too long";
        snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
        text = end + 1;
        if (!(line[0] == '#' ? prometheus_comment(&p, line) : prometheus_sample(&p, line))) return p.why;
    }
    return p.in_buckets || p.infinite >= 0 || !p.samples ? "it ends within a family" : NULL;
}

#endif
