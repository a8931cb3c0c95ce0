#include "proto/message_envelope.h"

static const field count_list[] = {FIELD(msg_counts, seconds, FIELD_I64),
#define X(name) FIELD(msg_counts, name, FIELD_I64),
                                   ACTIVITY_OUTCOME_LIST(X)
#undef X
};
static const fields count_fields = FIELDS_OF(count_list, msg_counts);

static const field percentile_list[] = {FIELD(msg_percentiles, count, FIELD_I64),
#define X(name) FIELD(msg_percentiles, name, FIELD_I64),
                                        PERCENTILE_LIST(X)
#undef X
};
static const fields percentile_fields = FIELDS_OF(percentile_list, msg_percentiles);

static const field bucket_list[] = {
    FIELD(msg_bucket, below_us, FIELD_I64),
    FIELD(msg_bucket, count, FIELD_I64),
};
static const fields bucket_fields = FIELDS_OF(bucket_list, msg_bucket);

static const field series_list[] = {
    FIELD(msg_series, name, FIELD_TEXT),
    FIELD(msg_series, sum_us, FIELD_I64),
    {"since_start", FIELD_OBJECT, FIELD_AT(msg_series, all), .parts = &percentile_fields},
    FIELD(msg_series, minute, FIELD_OBJECT, .parts = &percentile_fields),
    FIELD(msg_series, buckets, FIELD_OBJECTS, FIELD_WITH(msg_series, bucket_count), .parts = &bucket_fields),
};
static const fields series_fields = FIELDS_OF(series_list, msg_series);

static const field activity_list[] = {
    FIELD(msg_activity, second, FIELD_OBJECT, .parts = &count_fields),
    FIELD(msg_activity, minute, FIELD_OBJECT, .parts = &count_fields),
    {"latency", FIELD_OBJECTS, FIELD_AT(msg_activity, series), FIELD_WITH(msg_activity, series_count),
     .parts = &series_fields},
};
static const fields activity_fields = FIELDS_OF(activity_list, msg_activity);

/* A field that an older broker does not send; it stands for all of them that has_activity is set. */
#define NEWER .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_WITH(msg_status, has_activity)

#define OF_POLICY .flags = FIELD_OPTIONAL | FIELD_HAS, FIELD_WITH(msg_status, has_policy)

static const field status_list[] = {
    FIELD(msg_status, version, FIELD_TEXT),
    FIELD(msg_status, pipe, FIELD_TEXT),
    FIELD(msg_status, database, FIELD_TEXT),
    FIELD(msg_status, audit_state, FIELD_TEXT),
    FIELD(msg_status, audit_trouble, FIELD_TEXT),
    FIELD(msg_status, audit_head, FIELD_TEXT),
    FIELD(msg_status, audit_public_key, FIELD_TEXT),
#define X(name) FIELD(msg_status, name, FIELD_I64),
    STATUS_LIST(X)
#undef X
#define X(name) FIELD(msg_status, name, FIELD_I64, NEWER),
        STATUS_QUEUE_LIST(X)
#undef X
            FIELD(msg_status, activity, FIELD_OBJECT, .parts = &activity_fields, NEWER),
    FIELD(msg_status, policy_sha256, FIELD_TEXT, OF_POLICY),
    FIELD(msg_status, policy_trouble, FIELD_TEXT, OF_POLICY),
    FIELD(msg_status, policy_since, FIELD_I64, OF_POLICY),
};
const fields message_status_fields = FIELDS_OF(status_list, msg_status);
