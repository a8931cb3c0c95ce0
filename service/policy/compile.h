/* What the files that compile share. */
#ifndef SB_SERVICE_POLICY_COMPILE_H
#define SB_SERVICE_POLICY_COMPILE_H

#include "service/policy/compiled.h"

typedef struct compiler {
    policy *p;
    const policy_options *options;
    policy_error *error;
    size_t rule; /* at hand; the messages' paths begin with it */
    bool in_rule;
} compiler;

extern const char compile_memory[]; /* what a lack of it is called */

/* Sets the error: the path (printf's), below the rule at hand, and what is wrong with it. Always false. */
bool compile_bad(compiler *c, const char *what, const char *format, ...);
/* "allow" or "deny". */
bool compile_action(compiler *c, const char *text, const char *name, bool *ret);

/* ---- compile_globs.c ---- */

bool compile_not_empty(compiler *c, const raw_texts *texts, const char *name);
bool compile_globs(compiler *c, const raw_texts *texts, bool paths, bool ignore_case, const char *name,
                   globs *ret);
bool compile_redactions(compiler *c, const raw_texts *texts, redactions *ret);

/* ---- compile_rule.c ---- */

/* The rule at hand, whose raw is set. */
bool compile_rule(compiler *c, policy_rule *r);

#endif
