/* The limits of the protocol. hello announces every one of them; docs/protocol.md lists them.
 * Not named limits.h, which is a header of C. */
#ifndef SB_PROTO_PROTO_LIMITS_H
#define SB_PROTO_PROTO_LIMITS_H

enum {
    LIMIT_PROTOCOL_VERSION = 1,       /* the one version spoken */
    LIMIT_FRAME_BYTES = 1024 * 1024,  /* payload of a frame, without its 4 byte length */
    LIMIT_NESTING = 16,               /* depth of objects and arrays in a message */
    LIMIT_VALUES = 16384,             /* values in one request, those in arrays and objects counted too */
    LIMIT_MEMBERS = 64,               /* members of one JSON object */
    LIMIT_HANDLES = 256,              /* named handles of one launch */
    LIMIT_NAME_CHARS = 64,            /* name of a handle, [A-Za-z0-9_.-] */
    LIMIT_COMMAND_LINE_UNITS = 32767, /* UTF-16 units with the final NUL, as CreateProcess has it */
    LIMIT_PATH_UNITS = 32767,         /* UTF-16 units with the final NUL: application, directory */
    LIMIT_ENVIRONMENT_ENTRIES = 8192, /* NAME=VALUE strings */
    LIMIT_GROUPS = 256,               /* groups by which a child is only denied */
    LIMIT_FD = 2047,                  /* highest C runtime descriptor */
    LIMIT_IN_FLIGHT = 64,             /* requests of one connection that have no reply yet */
    LIMIT_ID_CHARS = 64,              /* a JSON-RPC id that is a string */
    LIMIT_QUERY_ROWS = 1000,          /* rows of one audit.query reply */
    LIMIT_FRAME_SECONDS = 5,          /* from a frame's first byte to its last */
    LIMIT_WRITE_SECONDS = 30          /* a reply that nobody reads */
};

#endif
