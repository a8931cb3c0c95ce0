/* Recognises a security identifier by its text. */
#ifndef SB_PROTO_SID_FORM_H
#define SB_PROTO_SID_FORM_H

#include <stdbool.h>

/* Checks for "S-1-5-21-...": an authority of 48 bits and 1 to 15 parts of 32, decimal and without leading
 * zeros. */
bool sid_form_is(const char *text);

#endif
