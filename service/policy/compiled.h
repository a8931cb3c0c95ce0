/* A policy in the form that decisions use; for the files of this room. */
#ifndef SB_SERVICE_POLICY_COMPILED_H
#define SB_SERVICE_POLICY_COMPILED_H

#include "service/policy/glob.h"
#include "service/policy/policy.h"
#include "service/policy/shape.h"

typedef struct globs {
    const glob *at; /* NULL: anything */
    size_t count;
} globs;

/* What a record hides: the rest of an argument, from where the last pattern has its first star. */
typedef struct redaction {
    bool two; /* first must match the argument before */
    glob first, last;
} redaction;

typedef struct redactions {
    const redaction *at;
    size_t count;
} redactions;

struct policy_rule {
    const raw_rule *raw;
    bool allow;
    raw_texts sids, groups; /* full SIDs */
    globs images, paths, directories;
    globs command_line, each, some, none;
    globs variables; /* that the environment must not have */
    redactions redact;
    uint32_t access_within;
    unsigned lifetimes; /* bits by msg_lifetime; 0: any */
    unsigned integrity; /* bits by integrity_of; 0: any */
};

struct policy {
    arena memory;
    json_tree_node *tree; /* owns the text that raw points to */
    raw_policy raw;
    bool allow; /* the default */
    uint16_t (*upcase)(uint16_t);
    policy_rule *rules;
    redactions redact;
    policy_settings settings;
};

/* Compiles p->raw into rules. False: *ret_error says what is wrong, and at which path. */
bool compile_policy(policy *p, const policy_options *options, policy_error *ret_error);

/* ---- shared by compile.c and decide.c ---- */

/* The level (0 untrusted, 1 low, 2 medium, 3 high, 4 system) for the last part of a label's SID. */
int integrity_of(uint32_t rid);
/* Between a level and its name. An unknown name is -1, an unknown level NULL. */
int integrity_from_name(const char *name);
const char *integrity_name(int level);

/* ---- trace.c: what a rule requires, as text for people ---- */

/* "a, b or c". */
const char *trace_texts(arena *a, const raw_texts *texts);
/* "2 to 5", "at least 2", "at most 5". */
const char *trace_range(arena *a, const raw_range *range);

#endif
