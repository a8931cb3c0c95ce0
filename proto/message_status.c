/* The reply to status, both ways. */
#include "proto/fields.h"
#include "proto/message.h"
#include "proto/message_envelope.h"

static const field count_list[] = {{"seconds", FIELD_I64, FIELD_AT(msg_counts, seconds)},
#define X(name) {#name, FIELD_I64, FIELD_AT(msg_counts, name)},
                                   ACTIVITY_OUTCOME_LIST(X)
#undef X
};
static const fields count_fields = FIELDS_OF(count_list, msg_counts);

static const field percentile_list[] = {{"count", FIELD_I64, FIELD_AT(msg_percentiles, count)},
#define X(name) {#name, FIELD_I64, FIELD_AT(msg_percentiles, name)},
                                        PERCENTILE_LIST(X)
#undef X
};
static const fields percentile_fields = FIELDS_OF(percentile_list, msg_percentiles);

static const field bucket_list[] = {
    {"below_us", FIELD_I64, FIELD_AT(msg_bucket, below_us)},
    {"count", FIELD_I64, FIELD_AT(msg_bucket, count)},
};
static const fields bucket_fields = FIELDS_OF(bucket_list, msg_bucket);

static const field series_list[] = {
    {"name", FIELD_TEXT, FIELD_AT(msg_series, name)},
    {"sum_us", FIELD_I64, FIELD_AT(msg_series, sum_us)},
    {"since_start", FIELD_OBJECT, FIELD_AT(msg_series, all), .parts = &percentile_fields},
    {"minute", FIELD_OBJECT, FIELD_AT(msg_series, minute), .parts = &percentile_fields},
    {"buckets", FIELD_OBJECTS, FIELD_AT(msg_series, buckets), FIELD_WITH(msg_series, bucket_count),
     .parts = &bucket_fields},
};
static const fields series_fields = FIELDS_OF(series_list, msg_series);

static const field activity_list[] = {
    {"second", FIELD_OBJECT, FIELD_AT(msg_activity, second), .parts = &count_fields},
    {"minute", FIELD_OBJECT, FIELD_AT(msg_activity, minute), .parts = &count_fields},
    {"latency", FIELD_OBJECTS, FIELD_AT(msg_activity, series), FIELD_WITH(msg_activity, series_count),
     .parts = &series_fields},
};
static const fields activity_fields = FIELDS_OF(activity_list, msg_activity);

#define NEWER .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_WITH(msg_status, has_activity)

static const field status_list[] = {
    {"version", FIELD_TEXT, FIELD_AT(msg_status, version)},
    {"pipe", FIELD_TEXT, FIELD_AT(msg_status, pipe)},
    {"database", FIELD_TEXT, FIELD_AT(msg_status, database)},
    {"audit_state", FIELD_TEXT, FIELD_AT(msg_status, audit_state)},
    {"audit_trouble", FIELD_TEXT, FIELD_AT(msg_status, audit_trouble)},
    {"audit_head", FIELD_TEXT, FIELD_AT(msg_status, audit_head)},
    {"audit_public_key", FIELD_TEXT, FIELD_AT(msg_status, audit_public_key)},
#define X(name) {#name, FIELD_I64, FIELD_AT(msg_status, name)},
    STATUS_LIST(X)
#undef X
#define X(name) {#name, FIELD_I64, FIELD_AT(msg_status, name), NEWER},
        STATUS_QUEUE_LIST(X)
#undef X
            {"activity", FIELD_OBJECT, FIELD_AT(msg_status, activity), .parts = &activity_fields, NEWER},
};
static const fields status_fields = FIELDS_OF(status_list, msg_status);

char *msg_encode_status_result(const msg_id *id, const msg_status *r, size_t *ret_length) {
    return message_encode_result(id, &status_fields, r, ret_length);
}

bool msg_reply_status(msg_reply *reply, msg_status *ret) {
    msg_status result = {0};
    bool good = message_read_result(reply, &status_fields, &result);
    if (good) *ret = result;
    return good;
}
