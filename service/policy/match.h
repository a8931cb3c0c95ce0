/* Matches a launch against one rule. */
#ifndef SB_SERVICE_POLICY_MATCH_H
#define SB_SERVICE_POLICY_MATCH_H

#include "service/policy/args.h"
#include "service/policy/compiled.h"

typedef enum answer { NO, YES, UNKNOWN } answer;

/* A decision in progress: the facts, and what the oracle has answered so far. */
typedef struct view {
    const policy *p;
    const policy_facts *f;
    arena *a;
    bool no_memory;
    policy_why why;   /* the reason for UNKNOWN */
    policy_step step; /* the result for the current rule */
    const char *image_text, *path_text, *directory_text, *signer, *line;
    codepoints image, path, directory;
    argument *arguments;
    size_t argument_count;
    codepoints line_as_is, line_folded, *words_as_is, *words_folded;
    const policy_handle *handles;
    size_t handle_count;
    char sha256[65];
    bool has_handles, has_writable, writable;
} view;

/* Whether all conditions of the rule hold. Fills v->step except the rule's name. Check v->no_memory
 * afterwards. */
answer match_rule(view *v, const policy_rule *r);

#endif
