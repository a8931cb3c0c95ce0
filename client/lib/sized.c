#include "client/lib/client.h"

#include <string.h>

enum { SIZED_MOST = 4096 }; /* larger than the struct of any version: the caller did not set the size */

bool sized_copy(void *ret, size_t size, const sized_member *members, size_t count, const void *from) {
    size_t given;
    memcpy(&given, from, sizeof given);
    if (given < sizeof given || given > SIZED_MOST) return false;
    for (size_t i = 0; i < count; i++)
        if (members[i].offset < given && given < members[i].end) return false;
    for (size_t i = size; i < given; i++)
        if (((const unsigned char *)from)[i]) return false;
    memset(ret, 0, size);
    memcpy(ret, from, given < size ? given : size);
    return true;
}
