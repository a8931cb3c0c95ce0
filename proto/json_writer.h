/* Writes JSON text, one value after the other, straight into a frame. */
#ifndef SB_PROTO_JSON_WRITER_H
#define SB_PROTO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set prefix, limit and indented, the rest is zero. After a failure (memory, limit, text that is not UTF-8)
 * the calls do nothing. */
typedef struct json_writer {
    size_t prefix; /* bytes kept free in front of the text */
    size_t limit;  /* most bytes of text */
    bool indented; /* for people: a line for each value */
    char *buffer;
    size_t length; /* with the prefix */
    size_t capacity;
    int depth;
    bool has_value; /* something stands before the next value, at this depth */
    bool failed;
} json_writer;

/* key: the member's name; NULL in an array and for the first value. */
void json_writer_open(json_writer *w, const char *key, char bracket);     /* '{' or '[' */
void json_writer_close(json_writer *w, char bracket);                     /* '}' or ']' */
void json_writer_text(json_writer *w, const char *key, const char *text); /* NULL: null */
void json_writer_integer(json_writer *w, const char *key, int64_t number);
void json_writer_unsigned(json_writer *w, const char *key, uint64_t number);
void json_writer_real(json_writer *w, const char *key, double number); /* finite */
void json_writer_bool(json_writer *w, const char *key, bool yes);
void json_writer_null(json_writer *w, const char *key);
/* The buffer, NUL-terminated, for free(); NULL after a failure. The writer is used up. */
char *json_writer_take(json_writer *w, size_t *ret_length);

#endif
