#include "tests/bench/report.h"

#include <io.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static struct {
    FILE *tables; /* the original standard output */
    FILE *json;   /* NULL: no JSON */
    bool in_part, in_rows;
    const char *part;
    const char *const *columns;
} out;

/* ---- JSON: {"parts": [{"name": ..., "rows": [{...}, ...]}, ...]} ---- */

static void json_open_row(void) {
    if (!out.json) return;
    fprintf(out.json, "%s\n   {", out.in_rows ? "," : "");
    out.in_rows = true;
}

static void json_text(const char *name, const char *text) {
    if (out.json) fprintf(out.json, "\"%s\": \"%s\", ", name, text);
}

static void json_numbers(const char *name, const double *numbers, size_t count, bool last) {
    if (!out.json) return;
    fprintf(out.json, "\"%s\": %s", name, count == 1 ? "" : "[");
    for (size_t i = 0; i < count; i++)
        if (isfinite(numbers[i])) fprintf(out.json, "%s%.3f", i ? ", " : "", numbers[i]);
        else fprintf(out.json, "%snull", i ? ", " : "");
    fprintf(out.json, "%s%s", count == 1 ? "" : "]", last ? "}" : ", ");
}

static void json_end_part(void) {
    if (out.json && out.in_part) fprintf(out.json, "\n  ]}");
    out.in_rows = false;
}

/* Sends what others print, such as brokers that stop, to standard error. Standard output gets only the
 * tables. */
static bool tables_open(void) {
    int kept = _dup(_fileno(stdout));
    out.tables = kept < 0 ? NULL : _fdopen(kept, "w");
    return out.tables && !_dup2(_fileno(stderr), _fileno(stdout));
}

bool report_open(const wchar_t *json) {
    if (!tables_open()) return false;
    if (!json) return true;
    out.json = _wfopen(json, L"wb");
    if (!out.json) fprintf(stderr, "%ls cannot be written\n", json);
    else fprintf(out.json, "{\"parts\": [");
    return out.json != NULL;
}

bool report_close(void) {
    json_end_part();
    bool good = !out.tables || !fclose(out.tables);
    if (out.json) {
        fprintf(out.json, "\n]}\n");
        good = !ferror(out.json) && good;
        good = !fclose(out.json) && good;
    }
    if (!good) fprintf(stderr, "the report cannot be written\n");
    return good;
}

void report_part(const char *name, const char *says) {
    json_end_part();
    if (out.json) fprintf(out.json, "%s\n {\"name\": \"%s\", \"rows\": [", out.in_part ? "," : "", name);
    out.in_part = true;
    out.part = name;
    fprintf(out.tables, "\n### %s\n\n%s\n\n", name, says);
    fprintf(stderr, "%s\n", name);
}

/* ---- sides ---- */

typedef struct figures {
    double p[3], ratio[5]; /* the quantiles 0.5, 0.95 and 0.99, and the result of measure_ratio */
} figures;

static figures figures_of(const side *s, measure m, int rounds) {
    static const double quantiles[3] = {0.5, 0.95, 0.99};
    figures n;
    size_t count = m == MEASURE_rate ? (size_t)rounds : s->sample_count;
    for (int i = 0; i < 3; i++) n.p[i] = measure_quantile(s->samples[m], count, quantiles[i]);
    if (s->against) measure_ratio(s, m, rounds, n.ratio);
    return n;
}

static void print_number(double number) {
    if (isfinite(number)) fprintf(out.tables, number < 100 ? " %9.2f |" : " %9.0f |", number);
    else fprintf(out.tables, " %9s |", "-");
}

static void print_side(const side *s, measure m, const figures *n) {
    fprintf(out.tables, "| %-18s | %-9s | %-20s |", s->what, s->way->name, measure_names[m]);
    for (int i = 0; i < 3; i++) { /* times in milliseconds; low rates are the bad ones */
        if (m == MEASURE_rate && i) fprintf(out.tables, " %9s |", "");
        else print_number(m == MEASURE_rate ? n->p[i] : n->p[i] / 1e3);
    }
    if (s->against && s->against != s)
        fprintf(out.tables, " **%.2f** | %.2f - %.2f | %.2f - %.2f |\n", n->ratio[2], n->ratio[1],
                n->ratio[3], n->ratio[0], n->ratio[4]);
    else fprintf(out.tables, " 1 | | |\n");
}

static bool is_wanted(measure m, unsigned rows) {
    switch (m) {
    case MEASURE_returned: return rows & REPORT_RETURNED;
    case MEASURE_rate: return rows & REPORT_RATE;
    default: return rows & REPORT_CHILD;
    }
}

static void json_side(const side *s, measure m, const figures *n) {
    const double samples = (double)s->sample_count;
    json_open_row();
    json_text("case", s->what);
    json_text("way", s->way->name);
    json_text("measured", measure_names[m]);
    json_text("unit", m == MEASURE_rate ? "1/s" : "us");
    json_numbers("samples", &samples, 1, false);
    json_numbers("p50_p95_p99", n->p, 3, s->against == NULL);
    if (s->against) json_numbers("ratio_min_q1_median_q3_max", n->ratio, 5, true);
}

void report_sides(const side *sides, size_t count, int rounds, unsigned rows, const char *against) {
    fprintf(out.tables,
            "| %-18s | %-9s | %-20s | %9s | %9s | %9s | to %s | half of the rounds | all rounds |\n", "what",
            "way", "measured (ms)", "p50", "p95", "p99", against);
    fprintf(out.tables, "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (int m = 0; m < MEASURES; m++)
        for (size_t i = 0; i < count; i++) {
            figures n = figures_of(&sides[i], (measure)m, rounds);
            if (is_wanted((measure)m, rows)) print_side(&sides[i], (measure)m, &n);
            json_side(&sides[i], (measure)m, &n);
        }
    fflush(out.tables);
}

/* ---- other tables ---- */

void report_columns(const char *first, const char *const *names, size_t count) {
    out.columns = names;
    fprintf(out.tables, "| %-34s |", first);
    for (size_t i = 0; i < count; i++) fprintf(out.tables, " %9s |", names[i]);
    fprintf(out.tables, "\n| --- |");
    for (size_t i = 0; i < count; i++) fprintf(out.tables, " ---: |");
    fprintf(out.tables, "\n");
}

void report_row(const char *what, const double *numbers, size_t count) {
    fprintf(out.tables, "| %-34s |", what);
    json_open_row();
    json_text("what", what);
    for (size_t i = 0; i < count; i++) {
        print_number(numbers[i]);
        json_numbers(out.columns[i], &numbers[i], 1, i + 1 == count);
    }
    fprintf(out.tables, "\n");
    fflush(out.tables);
}

void report_end(const char *text) {
    fprintf(out.tables, "\n%s%s", text, *text ? "\n" : "");
}
