/* Patterns. In a path: '*' any characters of one component, '**' any number of components, '?' one character
 * of a component. In other text: '*' any characters, '?' one. Nothing else is special. */
#ifndef SB_SERVICE_POLICY_GLOB_H
#define SB_SERVICE_POLICY_GLOB_H

#include "service/policy/codepoints.h"

enum { GLOB_LIMIT = 1024 }; /* characters of a pattern */

typedef struct glob_token glob_token;

typedef struct glob {
    const char *text; /* as it is written in the policy */
    const glob_token *tokens;
    size_t count;
} glob;

/* pattern: at most GLOB_LIMIT code points; for a path, one that paths_pattern made. False: memory ran out. */
bool glob_make_text(arena *a, codepoints pattern, glob *ret);
bool glob_make_path(arena *a, codepoints pattern, glob *ret);

/* Whether the pattern matches the whole text. Takes time proportional to the text's length times the number
 * of stars, at most. */
bool glob_matches(const glob *g, codepoints text);

/* How many characters the pattern has before its first star; GLOB_NO_STAR: it has no star. */
#define GLOB_NO_STAR SIZE_MAX
size_t glob_before_star(const glob *g);

#endif
