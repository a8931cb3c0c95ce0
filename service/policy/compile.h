/* What the files that compile a policy share. */
#ifndef SB_SERVICE_POLICY_COMPILE_H
#define SB_SERVICE_POLICY_COMPILE_H

#include "service/policy/compiled.h"

typedef struct compiler {
    policy *p;
    const policy_options *options;
    policy_error *error;
    size_t rule; /* the index of the rule that is being compiled; the paths of messages begin with it */
    bool in_rule;
} compiler;

extern const char compile_memory[]; /* what messages say when memory runs out */

/* Sets the error: the field's path (a printf format, within the rule that is being compiled), and what is
 * wrong with the field. Returns false. */
bool compile_bad(compiler *c, const char *what, const char *format, ...);
/* Reads "allow" or "deny". */
bool compile_action(compiler *c, const char *text, const char *name, bool *ret);

/* ---- compile_globs.c ---- */

bool compile_not_empty(compiler *c, const raw_texts *texts, const char *name);
bool compile_globs(compiler *c, const raw_texts *texts, bool paths, bool ignore_case, const char *name,
                   globs *ret);
bool compile_redactions(compiler *c, const raw_texts *texts, redactions *ret);

/* ---- compile_rule.c ---- */

/* Compiles the rule c->rule, whose raw is set. */
bool compile_rule(compiler *c, policy_rule *r);

#endif
