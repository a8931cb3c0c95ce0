/* The columns of a launch by name, as fields of its message. */
#ifndef SB_CLIENT_REPORT_COLUMNS_H
#define SB_CLIENT_REPORT_COLUMNS_H

#include "proto/fields.h"
#include "proto/message.h"
#include "client/report/when.h"

/* The columns that a list such as "seq,outcome" names, in its order. False: *ret_unknown is what is none of
 * them (or twice, or empty), NULL without memory. */
bool columns_parse(arena *a, const char *list, fields *ret, const char **ret_unknown);
/* All names, with ", " between. */
const char *columns_names(arena *a);
/* NULL when there is none of that name. */
const field *column_find(const char *name);
bool column_is_time(const field *column);

/* A launch's value as text, not escaped; NULL when it is NULL. Times in that zone and style; handles as
 * name:type(access), one behind the other. */
const char *column_text(arena *a, const field *column, const msg_launch *launch, const when_zone *zone,
                        when_style style);
const char *column_handles(arena *a, const msg_launch *launch);
/* A path's last part. NULL gives NULL. */
const char *column_base_name(const char *path);

#endif
