/* The rules of a policy a second time, in the slow and obvious way: every condition is evaluated, in a plain
 * list. */
#ifndef SB_TESTS_POLICY_SLOW_H
#define SB_TESTS_POLICY_SLOW_H

#include <stdbool.h>
#include <stdint.h>

enum { SLOW_TEXTS = 3, SLOW_RULES = 5, SLOW_ARGUMENTS = 3, SLOW_HANDLES = 3 };

typedef struct slow_texts {
    int count; /* 0: not given */
    const char *at[SLOW_TEXTS];
} slow_texts;

typedef struct slow_range {
    bool given;
    uint32_t least, most;
} slow_range;

typedef struct slow_rule {
    char name[16];
    bool allow;
    slow_texts sid, group, image, signer, integrity, path, sha256, each, some, none, kinds, lifetime,
        environment_not, directory;
    slow_range session, arguments, handles;
    int sandboxed; /* -1: not said */
    bool not_writable;
    uint32_t access_within; /* 0: not said */
} slow_rule;

typedef struct slow_policy {
    bool allow;
    int count;
    slow_rule rules[SLOW_RULES];
} slow_policy;

/* A fact is unknown where its pointer is NULL (signer, path, sha256, directory). */
typedef struct slow_facts {
    const char *sid, *image, *signer, *path, *sha256, *directory, *integrity, *lifetime;
    slow_texts groups;
    uint32_t session;
    bool sandboxed, writable, groups_known;
    int argument_count;
    const char *arguments[SLOW_ARGUMENTS];
    int variable_count;
    const char *variables[SLOW_ARGUMENTS]; /* names */
    int handle_count;
    const char *kinds[SLOW_HANDLES];
    uint32_t access[SLOW_HANDLES];
} slow_facts;

/* The name of the rule that decides; *ret_allow: its action. */
const char *slow_decide(const slow_policy *p, const slow_facts *f, bool *ret_allow);

#endif
