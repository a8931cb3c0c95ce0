/* The limits of the protocol, which hello announces; docs/protocol.md lists them. The file is not called
 * limits.h because C has a header of that name. */
#ifndef SB_PROTO_PROTO_LIMITS_H
#define SB_PROTO_PROTO_LIMITS_H

enum {
    LIMIT_PROTOCOL_VERSION = 1,       /* the only version */
    LIMIT_FRAME_BYTES = 1024 * 1024,  /* payload of a frame, without its 4 byte length */
    LIMIT_NESTING = 16,               /* objects and arrays inside one another in a message */
    LIMIT_VALUES = 16384,             /* values in one request, including those in arrays and objects */
    LIMIT_MEMBERS = 64,               /* members of one JSON object */
    LIMIT_HANDLES = 256,              /* named handles of one launch */
    LIMIT_NAME_CHARS = 64,            /* name of a handle, [A-Za-z0-9_.-] */
    LIMIT_LABEL_CHARS = 64,           /* label of a launch */
    LIMIT_KEY_CHARS = 32,             /* key of a launch: hexadecimal digits, no more and no fewer */
    LIMIT_COMMAND_LINE_UNITS = 32767, /* UTF-16 units with the final NUL, as in CreateProcess */
    LIMIT_PATH_UNITS = 32767,         /* UTF-16 units with the final NUL: application, directory */
    LIMIT_ENVIRONMENT_ENTRIES = 8192, /* NAME=VALUE strings */
    LIMIT_GROUPS = 256,               /* groups that only ever deny a child access */
    LIMIT_FD = 2047,                  /* highest C runtime descriptor */
    LIMIT_IN_FLIGHT = 64,             /* unanswered requests on one connection */
    LIMIT_ID_CHARS = 64,              /* a JSON-RPC id that is a string */
    LIMIT_QUERY_ROWS = 1000,          /* rows of one audit.query reply */
    LIMIT_FRAME_SECONDS = 5,          /* from a frame's first byte to its last */
    LIMIT_WRITE_SECONDS = 30,         /* until a client must have read a reply */

    /* For clients that nobody knows yet, so hello does not announce them. */
    LIMIT_HELLO_BYTES = 4096, /* payload of a frame before hello has identified the client */
    LIMIT_HELLO_SECONDS = 10  /* from the connection to a hello that identifies the client */
};

#endif
