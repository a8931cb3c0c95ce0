#include "tests/audit/slow.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool slow_read(audit_store *store, slow_table *ret) {
    audit_filter all = {.oldest_first = true, .limit = 100};
    audit_error error = {0};
    msg_page page = {.more = true};
    ret->count = 0;
    while (page.more) {
        if (!audit_page(store, &all, SIZE_MAX, &ret->memory, &page, &error)) {
            fprintf(stderr, "audit_page: %s\n", error.message);
            return false;
        }
        for (size_t i = 0; i < page.count && ret->count < SLOW_MOST; i++)
            ret->rows[ret->count++] = page.rows[i];
        all.after = page.next;
    }
    return true;
}

void slow_free(slow_table *t) {
    arena_free(&t->memory);
}

static char lower(char c) {
    return (unsigned char)c < 0x80 ? (char)tolower(c) : c;
}

static char lower_in_path(char c) {
    return c == '/' ? '\\' : lower(c);
}

static bool begins(const char *text, const char *with, char (*fold)(char)) {
    while (*with && fold(*text) == fold(*with)) text++, with++;
    return !*with;
}

static bool same(const char *a, const char *b, char (*fold)(char)) {
    return a && b && strlen(a) == strlen(b) && begins(a, b, fold);
}

static bool is_user(const msg_launch *row, const char *user) {
    const char *name = row->caller_user ? strchr(row->caller_user, '\\') : NULL;
    if (lower(user[0]) == 's' && user[1] == '-' && isdigit((unsigned char)user[2]))
        return same(row->caller_sid, user, lower);
    return same(row->caller_user, user, lower) || (name && same(name + 1, user, lower));
}

static bool is_image(const char *path, const char *image) {
    if (!path) return false;
    const char *slash = path + strlen(path);
    while (slash > path && slash[-1] != '\\' && slash[-1] != '/') slash--;
    bool whole = strchr(image, '\\') || strchr(image, '/');
    return same(whole ? path : slash, image, lower_in_path);
}

static bool has_text(const char *text, const char *wanted) {
    for (; text && *text; text++)
        if (begins(text, wanted, lower)) return true;
    return false;
}

static bool has_handle(const msg_launch *row, const char *name, const char *type) {
    if (!name && !type) return true;
    for (size_t i = 0; i < row->handle_count; i++) {
        const msg_launch_handle *h = &row->handles[i];
        if ((!name || !strcmp(h->name, name)) && (!type || (h->type && !strcmp(h->type, type)))) return true;
    }
    return false;
}

static bool has_word(const char *list, const char *word, size_t length) {
    for (; list && *list; list += strcspn(list, " "), list += *list == ' ')
        if (strcspn(list, " ") == length && !strncmp(list, word, length)) return true;
    return false;
}

static bool sees(const audit_viewer *v, const msg_launch *row) {
    if (!row->caller_sid || strcmp(row->caller_sid, v->sid) != 0) return false;
    if (row->caller_pid == v->pid && row->has_caller_started_at && row->caller_started_at == v->started_at)
        return true;
    for (const char *s = row->caller_services; s && *s; s += strcspn(s, " "), s += *s == ' ')
        if (!has_word(v->services, s, strcspn(s, " "))) return false;
    return !v->sandboxed && row->has_caller_integrity && row->caller_integrity <= v->integrity &&
           row->has_caller_elevated && (!row->caller_elevated || v->elevated);
}

bool slow_matches(const msg_launch *row, const audit_filter *filter) {
    const msg_filter *f = &filter->where;

    return row->seq > filter->after && (!filter->before || row->seq < filter->before) &&
           (!filter->viewer || sees(filter->viewer, row)) &&
           (!f->has_since || row->requested_at >= f->since) &&
           (!f->has_until || row->requested_at < f->until) && (!f->user || is_user(row, f->user)) &&
           (!f->has_caller_pid || row->caller_pid == f->caller_pid) &&
           (!f->caller_image || is_image(row->caller_image, f->caller_image)) &&
           (!f->image || is_image(row->application, f->image)) &&
           (!f->has_child_pid || (row->has_child_pid && row->child_pid == f->child_pid)) &&
           (!f->outcome || !strcmp(row->outcome, f->outcome)) &&
           (!f->rule || (row->rule && !strcmp(row->rule, f->rule))) &&
           (!f->label || (row->label && !strcmp(row->label, f->label))) &&
           (!f->has_exit_code || (row->has_exit_code && row->exit_code == f->exit_code)) &&
           has_handle(row, f->handle_name, f->handle_type) &&
           (!f->grep || has_text(row->command_line, f->grep) || has_text(row->application, f->grep) ||
            has_text(row->caller_image, f->grep)) &&
           (!f->launch_id || begins(row->launch_id, f->launch_id, lower)) &&
           (!f->has_caller_started_at ||
            (row->has_caller_started_at && row->caller_started_at == f->caller_started_at)) &&
           (!f->has_child_created_at ||
            (row->has_child_created_at && row->child_created_at == f->child_created_at));
}
