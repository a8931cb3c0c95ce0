/* A fuzzer is one function, which aborts if something is wrong. Either libFuzzer or fuzz_driver.c calls
 * it. */
#ifndef SB_TESTS_SUPPORT_FUZZ_H
#define SB_TESTS_SUPPORT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                         \
    do {                                                                              \
        if (condition) break;                                                         \
        fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
        abort();                                                                      \
    } while (0)

#endif
