/* The columns of a launch, by name, as fields of its message. */
#ifndef SB_CLIENT_REPORT_COLUMNS_H
#define SB_CLIENT_REPORT_COLUMNS_H

#include "proto/fields.h"
#include "proto/message.h"
#include "client/report/when.h"

/* Parses a list such as "seq,outcome". False: *ret_unknown is the name that is unknown, repeated or empty;
 * NULL when out of memory. */
bool columns_parse(arena *a, const char *list, fields *ret, const char **ret_unknown);
/* Returns all names, separated by ", ". */
const char *columns_names(arena *a);
/* Returns the column of that name, or NULL. */
const field *column_find(const char *name);
bool column_is_time(const field *column);

/* Returns a launch's value as text, not escaped; NULL for NULL. Times are in that zone and style; handles are
 * name:type(access), separated by spaces. */
const char *column_text(arena *a, const field *column, const msg_launch *launch, const when_zone *zone,
                        when_style style);
const char *column_handles(arena *a, const msg_launch *launch);
/* Returns a path's last part; NULL for NULL. */
const char *column_base_name(const char *path);

#endif
