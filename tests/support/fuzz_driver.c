/* Runs a fuzzer without libFuzzer: first on the corpus, then on COUNT inputs made from it. Every run makes
 * the same inputs. */
#include "tests/support/corpus.h"
#include "tests/support/fuzz.h"

#include <string.h>

enum { SEEDS = 1024, INPUT_BYTES = 70000 };

static struct {
    uint8_t *bytes;
    size_t size;
} seeds[SEEDS];
static size_t seed_count;
static uint64_t state = 0x9E3779B97F4A7C15u;

/* Returns a pseudo-random number below limit (xorshift64*). */
static size_t random_below(size_t limit) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * 0x2545F4914F6CDD1Du) >> 33) % (limit ? limit : 1);
}

static void keep(const corpus_file *file, void *context) {
    (void)context;
    LLVMFuzzerTestOneInput((const uint8_t *)file->bytes, file->size);
    if (seed_count == SEEDS || file->size > INPUT_BYTES / 2) return;
    uint8_t *copy = malloc(file->size ? file->size : 1);
    if (!copy) abort();
    memcpy(copy, file->bytes, file->size);
    seeds[seed_count].bytes = copy;
    seeds[seed_count++].size = file->size;
}

static size_t insert(uint8_t *input, size_t size, const void *bytes, size_t length) {
    size_t at = random_below(size + 1);
    if (length > INPUT_BYTES - size) return size;
    memmove(input + at + length, input + at, size - at);
    memcpy(input + at, bytes, length);
    return size + length;
}

static size_t mutate(uint8_t *input, size_t size) {
    static const char *const tokens[] = {"{",          "}",
                                         "[",          "]",
                                         ",",          ":",
                                         "\"",         "\\",
                                         "\\u0000",    "\\ud800",
                                         "null",       "true",
                                         "-1",         "1e999",
                                         "4294967295", "9007199254740993",
                                         "0.5",        "\"a\":1",
                                         "\xFF",       "\xED\xA0\x80",
                                         "\"value\":", "\"handles\":[",
                                         "\\u0061",    "\"params\":{"};
    size_t other = random_below(seed_count), at = random_below(size), length = random_below(size - at + 1);

    switch (random_below(6)) {
    case 0:
        if (size) input[at] ^= (uint8_t)(1u << random_below(8));
        return size;
    case 1:
        if (size) input[at] = (uint8_t)random_below(256);
        return size;
    case 2: /* cut something out, mostly a little */
        if (random_below(4)) length %= 8;
        memmove(input + at, input + at + length, size - at - length);
        return size - length;
    case 3: {
        const char *token = tokens[random_below(sizeof tokens / sizeof *tokens)];
        return insert(input, size, token, strlen(token));
    }
    default: { /* insert a part of another input */
        size_t from = random_below(seeds[other].size);
        size_t part = random_below(seeds[other].size - from + 1);
        return insert(input, size, seeds[other].bytes + from, part % 200);
    }
    }
}

int main(int argc, char **argv) {
    unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, done = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: %s CORPUS COUNT\n", argv[0]);
        return 2;
    }

    int files = corpus_each(argv[1], keep, NULL);
    uint8_t *input = malloc(INPUT_BYTES);
    if (files <= 0 || !seed_count || !input) return 1;

    for (; done < count; done++) {
        size_t seed = random_below(seed_count), size = seeds[seed].size;
        memcpy(input, seeds[seed].bytes, size);
        for (size_t changes = random_below(4) + 1; changes; changes--) size = mutate(input, size);
        uint8_t *exact = malloc(size ? size : 1); /* of exactly that size: no reading past the end */
        if (!exact) abort();
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }

    printf("%d files and %lu inputs made from them tried\n", files, done);
    for (size_t i = 0; i < seed_count; i++) free(seeds[i].bytes);
    free(input);
    return 0;
}
