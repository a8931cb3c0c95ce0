/* Writes JSON text, one value after the other, into the buffer of a frame. */
#ifndef SB_PROTO_JSON_WRITER_H
#define SB_PROTO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set prefix, limit and indented, and leave the rest zero. After a failure (memory, the limit, text that is
 * not UTF-8) the other functions do nothing. */
typedef struct json_writer {
    size_t prefix; /* bytes left free before the text */
    size_t limit;  /* most bytes of text */
    bool indented; /* a line for each value, for people */
    char *buffer;
    size_t length; /* including the prefix */
    size_t capacity;
    int depth;
    bool has_value; /* a value stands before the next one, at this depth */
    bool failed;
} json_writer;

/* key is the member's name; NULL in an array and for the outermost value. */
void json_writer_open(json_writer *w, const char *key, char bracket);     /* '{' or '[' */
void json_writer_close(json_writer *w, char bracket);                     /* '}' or ']' */
void json_writer_text(json_writer *w, const char *key, const char *text); /* NULL: null */
void json_writer_integer(json_writer *w, const char *key, int64_t number);
void json_writer_unsigned(json_writer *w, const char *key, uint64_t number);
void json_writer_real(json_writer *w, const char *key, double number); /* finite */
void json_writer_bool(json_writer *w, const char *key, bool yes);
void json_writer_null(json_writer *w, const char *key);
/* Returns the buffer, NUL-terminated, which the caller frees, or NULL after a failure. Ends the writer. */
char *json_writer_take(json_writer *w, size_t *ret_length);

#endif
