/* From a filter to a statement that is answered from an index: one condition drives (its index gives the
 * launches in the order of seq), the others are looked at for each launch that it gives. The plan is pinned,
 * by INDEXED BY and CROSS JOIN: without statistics SQLite could take a worse one. */
#ifndef SB_SERVICE_AUDIT_FILTER_H
#define SB_SERVICE_AUDIT_FILTER_H

#include "proto/arena.h"
#include "service/audit/db.h"

enum { FILTER_TERMS = 16, FILTER_VALUES = 3, FILTER_PROBE_ROWS = 1000 };

typedef struct filter_value {
    const char *text; /* NULL: the number */
    int64_t number;
} filter_value;

/* One condition. SQL of a driver is about its row d and the launch l, that of others about l alone. */
typedef struct filter_term {
    const char *from;         /* the driver's table, as d; NULL: there is no index of it */
    const char *seq;          /* its column that is the launch's seq */
    const char *where, *also; /* what its index answers; what is left, or NULL */
    const char *condition;    /* for each launch of another driver */
    filter_value values[FILTER_VALUES];
    int count; /* of values */
    int probe; /* of those, how many where takes: the first */
    int skip;  /* and how many of the first condition does not take */
} filter_term;

typedef struct filter_plan {
    filter_term terms[FILTER_TERMS];
    int count;
    int driver; /* of terms, or -1: the launches themselves */
    int grep;   /* the one that is about a part of a text, or -1 */
    bool has_since, has_until;
    int64_t since, until;
    bool oldest_first;
    int64_t work;   /* steps of SQLite's machine */
    int64_t window; /* how many seqs to look through at a time, to begin with */
} filter_plan;

/* The conditions of a filter; its texts go on being used. False when there is no memory for others. */
bool filter_terms(const audit_filter *filter, arena *a, filter_plan *ret, audit_error *ret_error);
/* Chooses the driver: the one with the fewest launches between after and before (both excluded), as far as is
 * seen by asking each index for 1,000. */
bool filter_choose(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before, audit_error *ret_error);

/* How many launches an index gives, at most rows of them, the first in the order of the plan; and how many
 * seqs these are spread over. */
typedef struct filter_probe {
    int64_t count, span;
} filter_probe;
bool filter_ask(db *d, const filter_term *term, bool oldest_first, int rows, int64_t after, int64_t before,
                filter_probe *ret, audit_error *ret_error);
/* Fewer; of two that have as many, the one whose launches are farther apart. */
bool filter_is_better(const filter_probe *a, const filter_probe *b);

/* What the index of texts is asked for: of the words of three characters that the text has, the rarest. */
bool filter_grep(db *d, filter_plan *plan, arena *a, int64_t after, int64_t before, audit_error *ret_error);

/* The statement: rows with the columns of select, which may speak of l and of joins. Its arguments are what
 * filter_put puts. For free(); NULL: no memory. */
char *filter_sql(const filter_plan *plan, const char *select, const char *joins);
void filter_put(const filter_plan *plan, int64_t after, int64_t before, db_args *args);

#endif
