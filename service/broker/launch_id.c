#include "service/broker/launch_id.h"

#include "service/win32/cng.h"

#include <stdio.h>

bool launch_id_make(int64_t now, char out[LAUNCH_ID_SIZE]) {
    unsigned char b[16];
    uint64_t ms = (uint64_t)now / 1000;
    if (!cng_random(b, sizeof b)) return false;
    for (int i = 0; i < 6; i++) b[i] = (unsigned char)(ms >> (40 - 8 * i));
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x70);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    snprintf(out, LAUNCH_ID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return true;
}
