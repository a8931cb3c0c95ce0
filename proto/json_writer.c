#include "proto/json_writer.h"

#include "proto/utf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(json_writer *w, const char *text, size_t length) {
    if (w->failed) return;
    size_t used = w->buffer ? w->length : w->prefix;
    if (length > w->limit - (used - w->prefix)) {
        w->failed = true;
        return;
    }

    if (!w->buffer || w->capacity - used <= length) {
        size_t capacity = (used + length + 1) * 2 + 256;
        char *buffer = realloc(w->buffer, capacity);
        if (!buffer) {
            w->failed = true;
            return;
        }
        w->buffer = buffer;
        w->capacity = capacity;
    }
    memcpy(w->buffer + used, text, length);
    w->length = used + length;
}

static void put_string(json_writer *w, const char *text) {
    size_t length = strlen(text);
    if (!utf8_valid(text, length, NULL)) w->failed = true;
    put(w, "\"", 1);
    for (size_t from = 0, at = 0; at <= length; at++) {
        unsigned char c = (unsigned char)text[at];
        if (at < length && c >= 0x20 && c != '"' && c != '\\') continue;
        put(w, text + from, at - from);
        from = at + 1;
        if (at == length) break;
        static const char specials[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
        const char *special = strchr(specials, c);
        char escape[8];
        int size = special ? snprintf(escape, sizeof escape, "\\%c", names[special - specials])
                           : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
        put(w, escape, (size_t)size);
    }
    put(w, "\"", 1);
}

static void new_line(json_writer *w) {
    if (!w->indented) return;
    put(w, "\n", 1);
    for (int i = 0; i < w->depth; i++) put(w, "  ", 2);
}

static void begin(json_writer *w, const char *key) {
    if (w->has_value) put(w, ",", 1);
    if (w->depth) new_line(w);
    w->has_value = true;
    if (!key) return;
    put_string(w, key);
    put(w, ": ", w->indented ? 2 : 1);
}

void json_writer_open(json_writer *w, const char *key, char bracket) {
    begin(w, key);
    put(w, &bracket, 1);
    w->depth++;
    w->has_value = false;
}

void json_writer_close(json_writer *w, char bracket) {
    w->depth--;
    if (w->has_value) new_line(w);
    put(w, &bracket, 1);
    w->has_value = true;
}

void json_writer_text(json_writer *w, const char *key, const char *text) {
    begin(w, key);
    if (text) put_string(w, text);
    else put(w, "null", 4);
}

void json_writer_integer(json_writer *w, const char *key, int64_t number) {
    char text[24];
    begin(w, key);
    put(w, text, (size_t)snprintf(text, sizeof text, "%" PRId64, number));
}

void json_writer_unsigned(json_writer *w, const char *key, uint64_t number) {
    char text[24];
    begin(w, key);
    put(w, text, (size_t)snprintf(text, sizeof text, "%" PRIu64, number));
}

void json_writer_real(json_writer *w, const char *key, double number) {
    char text[40];
    size_t length = (size_t)snprintf(text, sizeof text, "%.17g", number);
    for (size_t i = 0; i < length; i++)
        if (!strchr("+-0123456789e", text[i])) text[i] = '.'; /* another locale has another decimal point */
    begin(w, key);
    put(w, text, length);
}

void json_writer_bool(json_writer *w, const char *key, bool yes) {
    begin(w, key);
    put(w, yes ? "true" : "false", yes ? 4 : 5);
}

void json_writer_null(json_writer *w, const char *key) {
    begin(w, key);
    put(w, "null", 4);
}

char *json_writer_take(json_writer *w, size_t *ret_length) {
    char *buffer = w->buffer;
    if (w->failed || !buffer) {
        free(buffer);
        buffer = NULL;
    } else {
        buffer[w->length] = '\0';
        if (ret_length) *ret_length = w->length;
    }
    *w = (json_writer){.failed = true};
    return buffer;
}
