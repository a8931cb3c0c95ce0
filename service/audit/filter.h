/* Makes of a filter a statement that an index answers. One condition, the driver, gives launches in the order
 * of seq from its index; the statement checks the other conditions for each of them. INDEXED BY and CROSS
 * JOIN pin this plan, since SQLite has no statistics from which to choose a good one. */
#ifndef SB_SERVICE_AUDIT_FILTER_H
#define SB_SERVICE_AUDIT_FILTER_H

#include "proto/arena.h"
#include "service/audit/db.h"

enum { FILTER_TERMS = 16, FILTER_VALUES = 6, FILTER_PROBE_ROWS = 1000 };

typedef struct filter_value {
    const char *text; /* NULL: the number */
    int64_t number;
} filter_value;

/* One condition of a filter. SQL for the driver may use its row d and the launch l; other SQL uses l alone.
 */
typedef struct filter_term {
    const char *from;         /* the driver's table as d; NULL: no index answers this condition */
    const char *seq;          /* the column of d that holds the launch's seq */
    const char *where, *also; /* the part that the index answers; the rest, or NULL */
    const char *condition;    /* the condition if another one drives */
    filter_value values[FILTER_VALUES];
    int count; /* of values */
    int probe; /* the first ones, which `where` uses */
    int skip;  /* the first ones, which `condition` does not use */
} filter_term;

typedef struct filter_plan {
    filter_term terms[FILTER_TERMS];
    int count;
    int driver; /* an index of terms; -1: the table of launches itself */
    int grep;   /* an index of terms: the one about a part of a text; or -1 */
    bool has_since, has_until;
    int64_t since, until;
    bool oldest_first;
    int64_t work;   /* steps of SQLite's virtual machine */
    int64_t window; /* how many seqs to look through at first */
} filter_plan;

/* Collects the conditions of a filter, whose texts the plan uses from then on. False when out of memory. */
bool filter_terms(const audit_filter *filter, arena *a, filter_plan *ret, audit_error *ret_error);
/* Chooses as the driver the condition with the fewest launches between after and before, both excluded. Asks
 * each index for at most 1,000. */
bool filter_choose(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before, audit_error *ret_error);

/* The number of launches that an index gives, up to a limit, and the number of seqs over which they are
 * spread. */
typedef struct filter_probe {
    int64_t count, span;
} filter_probe;
bool filter_ask(db *d, const filter_term *term, bool oldest_first, int rows, int64_t after, int64_t before,
                filter_probe *ret, audit_error *ret_error);
/* Returns whether a has fewer launches than b, or as many that are farther apart. */
bool filter_is_better(const filter_probe *a, const filter_probe *b);

/* Chooses the three characters for which to ask the index of texts: the rarest in the text. */
bool filter_grep(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before, audit_error *ret_error);

/* Returns the statement, for free(), or NULL when out of memory. Its rows have the columns of `select`, which
 * may use l and the joins. filter_put gives it its arguments. */
char *filter_sql(const filter_plan *plan, const char *select, const char *joins);
void filter_put(const filter_plan *plan, int64_t after, int64_t before, db_args *args);

#endif
