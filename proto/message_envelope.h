/* What requests and replies have in common on the wire. */
#ifndef SB_PROTO_MESSAGE_ENVELOPE_H
#define SB_PROTO_MESSAGE_ENVELOPE_H

#include "proto/fields.h"
#include "proto/message.h"
#include "proto/json_tree.h"
#include "proto/json_writer.h"

/* Scanned, parsed and an object; NULL and a fault of that stage when it is not. */
json_tree_node *message_parse(const char *text, size_t length, stage s, fault *ret_fault);
/* False when node is not an id. */
bool message_read_id(const json_tree_node *node, msg_id *ret);
/* A message, open for its members, up to its id; message_finish closes it and makes it a frame. */
json_writer message_begin(const msg_id *id);
char *message_finish(json_writer *w, size_t *ret_length);
/* A reply with a result of that shape. */
char *message_encode_result(const msg_id *id, const fields *shape, const void *result, size_t *ret_length);
/* A good reply's result into the zeroed struct at ret; false, and reply->fault set, when it is not of that
 * shape or the reply is a fault. */
bool message_read_result(msg_reply *reply, const fields *shape, void *ret);

/* The columns of a launch. */
extern const fields message_launch_fields;
/* Of the requests of the audit. */
extern const fields message_query_fields, message_summary_fields, message_prune_fields;

#endif
