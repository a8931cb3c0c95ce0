/* Messages as tables: each field's name, type and place in its struct once, for reading and writing. */
#ifndef SB_PROTO_FIELDS_H
#define SB_PROTO_FIELDS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/json_tree.h"
#include "proto/json_writer.h"

typedef enum field_type {
    FIELD_TEXT,     /* const char * */
    FIELD_U32,      /* uint32_t */
    FIELD_U64,      /* uint64_t, at most TREE_INTEGER_MAX */
    FIELD_I64,      /* int64_t, within +-TREE_INTEGER_MAX */
    FIELD_INT,      /* int */
    FIELD_MASK,     /* uint64_t, as text: 0x and hexadecimal digits */
    FIELD_BOOL,     /* bool */
    FIELD_YES_NO,   /* int: 1 true, 0 false, -1 null */
    FIELD_LIFETIME, /* msg_lifetime, by name */
    FIELD_OBJECT,   /* a struct at offset; offset 0 with parts of the same struct is fine */
    FIELD_OBJECTS,  /* const T *, and a size_t count at extra */
    FIELD_TEXTS     /* const char *const *, and a size_t count at extra */
} field_type;

enum {
    FIELD_OPTIONAL = 1, /* may be absent, which is 0 or NULL; left out when it is that */
    FIELD_NULLABLE = 2, /* null is 0 or NULL, or the bool at extra is false */
    FIELD_HAS = 4       /* the bool at extra tells whether there is a value */
};

typedef struct fields fields;

typedef struct field {
    const char *name;
    field_type type;
    unsigned flags;
    size_t offset;
    size_t extra;
    const fields *parts; /* of FIELD_OBJECT and FIELD_OBJECTS */
    int64_t least, most; /* of a number when either is not 0; most: elements of a list */
} field;

struct fields {
    const field *list;
    size_t count;
    size_t size; /* of the struct; for FIELD_OBJECTS */
};

#define FIELD_AT(type, member) .offset = offsetof(type, member)
#define FIELD_WITH(type, member) .extra = offsetof(type, member)
#define FIELDS_OF(list, type) \
    { list, sizeof list / sizeof *list, sizeof(type) }

/* Where a value stands, for a fault's path such as params.handles[2].name. */
typedef struct field_path {
    const struct field_path *up;
    const char *name;
    ptrdiff_t index; /* FIELD_NO_INDEX: none */
} field_path;

enum { FIELD_NO_INDEX = -1 };

/* Reading goes on after a fault, as far as it can; the first one stays. */
typedef struct field_reader {
    arena *arena;
    stage stage;      /* of its faults */
    bool strict;      /* an unknown field is a fault */
    fault *ret_fault; /* kind is FAULT_NONE until there is one */
} field_reader;

/* A fault at path, unless there is one. what follows the path in the message. */
void fields_fail(const field_reader *reader, fault_kind kind, const field_path *path, const char *what);
/* object into the zeroed struct at base. Its text lives as long as the tree. */
void fields_read(const field_reader *reader, const fields *shape, const json_tree_node *object,
                 const field_path *path, void *base);
/* A struct as the members of an object that is open. */
void fields_write(json_writer *w, const fields *shape, const void *base);

#endif
