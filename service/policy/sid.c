#include "service/policy/sid.h"

#include "proto/sid_form.h"

#include <stddef.h>
#include <string.h>

const char *sid_of(const char *text) {
    static const struct {
        const char *name, *sid;
    } known[] = {
        {"WD", "S-1-1-0"},      {"AU", "S-1-5-11"}, {"BA", "S-1-5-32-544"}, {"BU", "S-1-5-32-545"},
        {"BG", "S-1-5-32-546"}, {"SY", "S-1-5-18"}, {"LS", "S-1-5-19"},     {"NS", "S-1-5-20"},
        {"IU", "S-1-5-4"},      {"SU", "S-1-5-6"},  {"NU", "S-1-5-2"},      {"AN", "S-1-5-7"},
        {"AC", "S-1-15-2-1"},   {"RC", "S-1-5-12"}, {"PU", "S-1-5-32-547"}, {"BO", "S-1-5-32-551"},
        {"RD", "S-1-5-32-555"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, text)) return known[i].sid;
    return sid_form_is(text) ? text : NULL;
}
