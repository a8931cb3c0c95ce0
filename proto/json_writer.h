/* Writes JSON text, one value after the other, straight into a frame. */
#ifndef SB_PROTO_WRITER_H
#define SB_PROTO_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set prefix, limit and indented, the rest is zero. After a failure (memory, limit, text that is not UTF-8)
 * the calls do nothing. */
typedef struct writer {
    size_t prefix;  /* bytes kept free in front of the text */
    size_t limit;   /* most bytes of text */
    bool indented;  /* for people: a line for each value */
    char *buffer;
    size_t length;  /* with the prefix */
    size_t capacity;
    int depth;
    bool has_value; /* something stands before the next value, at this depth */
    bool failed;
} writer;

/* key: the member's name; NULL in an array and for the first value. */
void writer_open(writer *w, const char *key, char bracket); /* '{' or '[' */
void writer_close(writer *w, char bracket);                 /* '}' or ']' */
void writer_text(writer *w, const char *key, const char *text); /* NULL: null */
void writer_integer(writer *w, const char *key, int64_t number);
void writer_unsigned(writer *w, const char *key, uint64_t number);
void writer_real(writer *w, const char *key, double number); /* finite */
void writer_bool(writer *w, const char *key, bool yes);
void writer_null(writer *w, const char *key);
/* The buffer, NUL-terminated, for free(); NULL after a failure. The writer is used up. */
char *writer_take(writer *w, size_t *ret_length);

#endif
