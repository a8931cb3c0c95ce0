/* Why a request was rejected, denied or failed, as the wire and the audit carry it. Each stage and each fault
 * has its name here and nowhere else. */
#ifndef SB_PROTO_FAULT_H
#define SB_PROTO_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* The steps of a launch in their order. The numbers are public (sb_stage in spawn_broker.h), so add a step at
 * the end only. */
#define STAGE_LIST(X)         \
    X(NONE, "none")           \
    X(CONNECT, "connect")     \
    X(VERIFY, "verify")       \
    X(RESOLVE, "resolve")     \
    X(SEND, "send")           \
    X(RECEIVE, "receive")     \
    X(DECODE, "decode")       \
    X(IDENTIFY, "identify")   \
    X(DECIDE, "decide")       \
    X(ADOPT, "adopt")         \
    X(CREATE, "create")       \
    X(ATTEST, "attest")       \
    X(RECORD, "record")       \
    X(HAND_BACK, "hand_back") \
    X(RESUME, "resume")       \
    X(REPLY, "reply")

typedef enum stage {
#define X(id, name) STAGE_##id,
    STAGE_LIST(X)
#undef X
        STAGE_COUNT
} stage;

/* X(identifier, JSON-RPC code, name in error.data.name) */
#define FAULT_LIST(X)                                   \
    X(NONE, 0, "none")                                  \
    X(FRAME_EMPTY, -32600, "frame_empty")               \
    X(FRAME_TOO_LARGE, -32600, "frame_too_large")       \
    X(FRAME_TIMEOUT, -32600, "frame_timeout")           \
    X(INVALID_JSON, -32700, "invalid_json")             \
    X(INVALID_UTF8, -32700, "invalid_utf8")             \
    X(LONE_SURROGATE, -32700, "lone_surrogate")         \
    X(NUL_IN_STRING, -32700, "nul_in_string")           \
    X(NESTING_TOO_DEEP, -32700, "nesting_too_deep")     \
    X(TOO_MANY_MEMBERS, -32700, "too_many_members")     \
    X(TOO_MANY_VALUES, -32700, "too_many_values")       \
    X(DUPLICATE_KEY, -32700, "duplicate_key")           \
    X(INVALID_REQUEST, -32600, "invalid_request")       \
    X(UNKNOWN_METHOD, -32601, "unknown_method")         \
    X(UNKNOWN_FIELD, -32602, "unknown_field")           \
    X(MISSING_FIELD, -32602, "missing_field")           \
    X(WRONG_TYPE, -32602, "wrong_type")                 \
    X(OUT_OF_RANGE, -32602, "out_of_range")             \
    X(TOO_LONG, -32602, "too_long")                     \
    X(TOO_MANY, -32602, "too_many")                     \
    X(BAD_VALUE, -32602, "bad_value")                   \
    X(BAD_HANDLE, -32602, "bad_handle")                 \
    X(DUPLICATE, -32602, "duplicate")                   \
    X(INTERNAL, -32603, "internal")                     \
    X(UNKNOWN_VERSION, -32000, "unknown_version")       \
    X(HELLO_FIRST, -32001, "hello_first")               \
    X(TOO_MANY_IN_FLIGHT, -32002, "too_many_in_flight") \
    X(SHUTTING_DOWN, -32003, "shutting_down")           \
    X(IDENTITY, -32004, "identity")                     \
    X(DENIED, -32005, "denied")                         \
    X(LAUNCH_FAILED, -32006, "launch_failed")           \
    X(AUDIT_UNAVAILABLE, -32007, "audit_unavailable")   \
    X(TIMED_OUT, -32008, "timed_out")                   \
    X(CALLER_GONE, -32009, "caller_gone")               \
    X(NOT_FOUND, -32010, "not_found")                   \
    X(QUOTA, -32011, "quota")                           \
    X(BAD_POLICY, -32012, "bad_policy")                 \
    X(NOT_STARTED, -32013, "not_started")               \
    X(UNDER_WAY, -32014, "under_way")

typedef enum fault_kind {
#define X(id, code, name) FAULT_##id,
    FAULT_LIST(X)
#undef X
        FAULT_COUNT
} fault_kind;

enum { FAULT_NO_HANDLE = -1 };

/* A rejection, denial or failure. kind is FAULT_NONE if there is none. Text is UTF-8 and NUL-terminated. */
typedef struct fault {
    fault_kind kind;
    stage stage;
    uint32_t win32;    /* Win32 error code; 0 only if kind is FAULT_NONE */
    int handle_index;  /* position in "handles", or FAULT_NO_HANDLE */
    char field[80];    /* path of the faulty field, such as "params.handles[2].name", or "" */
    char message[256]; /* one sentence in English, cut at a character boundary */
} fault;

/* The Win32 codes that portable code reports. They are those of winerror.h, which proto does not include. */
enum {
    WIN32_FILE_NOT_FOUND = 2,
    WIN32_INVALID_HANDLE = 6,
    WIN32_OUT_OF_MEMORY = 14,
    WIN32_NOT_SUPPORTED = 50,
    WIN32_DUP_NAME = 52,
    WIN32_INVALID_PARAMETER = 87,
    WIN32_INVALID_NAME = 123,
    WIN32_BAD_PATHNAME = 161,
    WIN32_BAD_EXE_FORMAT = 193,
    WIN32_FILENAME_EXCED_RANGE = 206,
    WIN32_DIRECTORY = 267,
    WIN32_BAD_LENGTH = 24,
    WIN32_INVALID_DATA = 13,
    WIN32_NO_UNICODE_TRANSLATION = 1113,
    WIN32_REVISION_MISMATCH = 1306,
    WIN32_TIMEOUT = 1460,
    WIN32_TOO_MANY_CMDS = 56,
    WIN32_NOT_READY = 21
};

const char *stage_name(stage s);
/* Returns STAGE_NONE for NULL and for an unknown name. */
stage stage_from_name(const char *name);
const char *fault_name(fault_kind kind);
int fault_code(fault_kind kind);
/* Returns FAULT_INTERNAL for NULL and for an unknown name, so that an unknown failure stays a failure. */
fault_kind fault_from_name(const char *name);

/* Fills *ret_fault and returns kind. format is printf's. The message is cut to fit, without splitting a
 * character, and bytes that are not UTF-8 become '?'. Clears handle_index and field: set them afterwards. */
fault_kind fault_set(fault *ret_fault, fault_kind kind, stage s, uint32_t win32, const char *format, ...);

#endif
