#include "client/report/exit_code.h"

#include <stddef.h>

const char *exit_code_meaning(int64_t code) {
    switch (code) {
#define X(number, meaning) \
    case number: return meaning;
        EXIT_CODE_LIST(X)
#undef X
    default: return NULL;
    }
}
