/* What requests and replies share on the wire, and the shapes of all methods. */
#ifndef SB_PROTO_MESSAGE_ENVELOPE_H
#define SB_PROTO_MESSAGE_ENVELOPE_H

#include "proto/fields.h"
#include "proto/json_tree.h"
#include "proto/json_writer.h"
#include "proto/message.h"

/* The members of JSON-RPC. */
#define MEMBER_VERSION "jsonrpc"
#define MEMBER_ID "id"
#define MEMBER_METHOD "method"
#define MEMBER_PARAMS "params"
#define MEMBER_RESULT "result"
#define MEMBER_ERROR "error"
#define JSON_RPC_VERSION "2.0"

/* The fields of each method's parameters and result. The file of its topic defines them. */
#define X(id, stem, name, params, presence, result, ...) \
    extern const fields message_##params##_fields, message_##result##_fields;
METHOD_LIST(X, X)
#undef X
/* The columns of a launch. */
extern const fields message_launch_fields;

/* Scans and parses a message, which must be an object. Returns NULL and sets a fault of stage s if it is not.
 */
json_tree_node *message_parse(const char *text, size_t length, stage s, fault *ret_fault);
/* Returns whether the member "jsonrpc" names the version that is spoken here. */
bool message_is_version(const json_tree_node *root);
/* Returns false if node is no id. */
bool message_read_id(const json_tree_node *node, msg_id *ret);

/* Begins a message: what follows are its other members. message_finish closes it and makes it a frame. */
json_writer message_begin(const msg_id *id);
char *message_finish(json_writer *w, size_t *ret_length);
/* Writes a struct as a member that is an object. */
void message_write_member(json_writer *w, const char *name, const fields *shape, const void *value);

#endif
