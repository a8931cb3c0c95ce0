/* One rule and one launch. */
#ifndef SB_SERVICE_POLICY_MATCH_H
#define SB_SERVICE_POLICY_MATCH_H

#include "service/policy/args.h"
#include "service/policy/compiled.h"

typedef enum answer { NO, YES, UNKNOWN } answer;

/* A decision under way: the facts, and what has been found out for it. */
typedef struct view {
    const policy *p;
    const policy_facts *f;
    arena *a;
    bool no_memory;
    policy_why why;   /* of UNKNOWN */
    policy_step step; /* of the rule at hand */
    const char *image_text, *path_text, *signer, *line;
    codepoints image, path;
    argument *arguments;
    size_t argument_count;
    codepoints line_as_is, line_folded, *words_as_is, *words_folded;
    const policy_handle *handles;
    size_t handle_count;
    char sha256[65];
    bool has_handles, has_writable, writable;
} view;

/* Whether all that the rule says holds. v->step is filled but for the rule's name; look at v->no_memory
 * after. */
answer match_rule(view *v, const policy_rule *r);

#endif
