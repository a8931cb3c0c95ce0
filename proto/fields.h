/* Messages as tables: the name, the type and the place in its struct of each field stand once, for the reader
 * and the writer. */
#ifndef SB_PROTO_FIELDS_H
#define SB_PROTO_FIELDS_H

#include "proto/arena.h"
#include "proto/fault.h"
#include "proto/json_tree.h"
#include "proto/json_writer.h"

typedef enum field_type {
    FIELD_TEXT,     /* const char * */
    FIELD_U32,      /* uint32_t */
    FIELD_U64,      /* uint64_t, at most JSON_INTEGER_MAX */
    FIELD_I64,      /* int64_t, within +-JSON_INTEGER_MAX */
    FIELD_INT,      /* int */
    FIELD_MASK,     /* uint64_t, as text: 0x and hexadecimal digits */
    FIELD_BOOL,     /* bool */
    FIELD_YES_NO,   /* int: 1 true, 0 false, -1 null */
    FIELD_LIFETIME, /* msg_lifetime, by name */
    FIELD_OBJECT,   /* a struct at offset; its parts may be in the same struct, with offset 0 */
    FIELD_OBJECTS,  /* const T *, and a size_t count at extra */
    FIELD_TEXTS,    /* const char *const *, and a size_t count at extra */
    FIELD_CONSTANTS /* an object of numbers that are the `most` of its parts: written, skipped by the reader
                     */
} field_type;

enum {
    FIELD_OPTIONAL = 1, /* may be absent, which stands for 0 or NULL; the writer leaves it out then */
    FIELD_NULLABLE = 2, /* null stands for 0 or NULL, or for false in the bool at extra. May be absent from
                         * what a reader that is not strict reads */
    FIELD_HAS = 4       /* the bool at extra says whether there is a value */
};

typedef struct fields fields;

typedef struct field {
    const char *name;
    field_type type;
    unsigned flags;
    size_t offset;
    size_t extra;
    const fields *parts; /* of FIELD_OBJECT, FIELD_OBJECTS and FIELD_CONSTANTS */
    int64_t least, most; /* the range of a number, unless both are 0; most: also the elements of a list */
} field;

struct fields {
    const field *list;
    size_t count;
    size_t size; /* of the struct */
    /* Shortens a struct that does not fit in a frame; false if it cannot. NULL: never. What it allocates in
     * the arena lives until the struct is written. */
    bool (*shorten)(void *value, arena *a);
};

#define FIELD_AT(type, member) .offset = offsetof(type, member)
#define FIELD_WITH(type, member) .extra = offsetof(type, member)
/* A row for a field that is named as its member is. The field's type and the rest of the row follow. */
#define FIELD(type, member, ...) \
    { #member, __VA_ARGS__, FIELD_AT(type, member) }
/* A row of FIELD_CONSTANTS. */
#define FIELD_CONSTANT(title, number) \
    { .name = (title), .most = (number) }
/* The name of such a field, for a fault; the compiler checks that the struct has it. */
#define FIELD_NAME(type, member) ((void)sizeof(((type *)0)->member), #member)
#define FIELDS_OF(list, type) FIELDS_THAT_SHORTEN(list, type, NULL)
#define FIELDS_THAT_SHORTEN(list, type, shorten) \
    { list, sizeof list / sizeof *list, sizeof(type), shorten }

/* Where a value stands, for a fault's path such as params.handles[2].name. */
typedef struct field_path {
    const struct field_path *up;
    const char *name;
    ptrdiff_t index; /* FIELD_NO_INDEX: none */
} field_path;

enum { FIELD_NO_INDEX = -1 };

/* Reading goes on after a fault as far as it can; the first fault is kept. */
typedef struct field_reader {
    arena *arena;
    stage stage;      /* of its faults */
    bool strict;      /* an unknown field is a fault */
    fault *ret_fault; /* kind is FAULT_NONE until there is one */
} field_reader;

/* Sets a fault at path, unless there is one already. In the message, `what` follows the path. */
void fields_fail(const field_reader *reader, fault_kind kind, const field_path *path, const char *what);
/* Reads object into the zeroed struct at base. Its text lives as long as the tree. */
void fields_read(const field_reader *reader, const fields *shape, const json_tree_node *object,
                 const field_path *path, void *base);
/* Writes a struct as the members of the object that is open. */
void fields_write(json_writer *w, const fields *shape, const void *base);

#endif
