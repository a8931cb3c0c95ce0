/* Decodes each file of the corpus: its fault is the one in the table, which has every fault of decoding. */
#include "tests/support/check.h"
#include "tests/support/corpus.h"
#include "proto/message.h"

#include <stdlib.h>

static bool seen[FAULT_COUNT];

static void each(const corpus_file *file, void *context) {
    msg_request request;
    (void)context;
    check_case("%s", file->name);
    msg_decode_request(file->bytes, file->size, &request);
    CHECK_TEXT(fault_name(request.fault.kind), file->wanted);
    CHECK_TEXT(request.fault.field, file->field);
    if (request.fault.kind != FAULT_NONE) {
        CHECK(request.fault.win32 != 0);
        CHECK(request.fault.stage == STAGE_DECODE || request.fault.stage == STAGE_RESOLVE);
        CHECK(strlen(request.fault.message) > 10);
        size_t length = 0;
        char *frame = msg_encode_fault(&request.id, &request.fault, NULL, &length);
        CHECK(frame != NULL);
        free(frame);
    }
    seen[request.fault.kind] = true;
    msg_request_free(&request);
}

int main(int argc, char **argv) {
    static const fault_kind of_decoding[] = {
        FAULT_NONE,          FAULT_INVALID_JSON,     FAULT_INVALID_UTF8,     FAULT_LONE_SURROGATE,
        FAULT_NUL_IN_STRING, FAULT_NESTING_TOO_DEEP, FAULT_TOO_MANY_MEMBERS, FAULT_TOO_MANY_VALUES,
        FAULT_DUPLICATE_KEY, FAULT_INVALID_REQUEST,  FAULT_UNKNOWN_METHOD,   FAULT_UNKNOWN_FIELD,
        FAULT_MISSING_FIELD, FAULT_WRONG_TYPE,       FAULT_OUT_OF_RANGE,     FAULT_TOO_LONG,
        FAULT_TOO_MANY,      FAULT_BAD_VALUE,        FAULT_BAD_HANDLE,       FAULT_DUPLICATE,
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_corpus DIRECTORY\n");
        return 2;
    }
    int count = corpus_each(argv[1], each, NULL);

    check_case("the corpus");
    CHECK(count > 100);
    for (size_t i = 0; i < sizeof of_decoding / sizeof *of_decoding; i++) {
        check_case("%s is in the corpus", fault_name(of_decoding[i]));
        CHECK(seen[of_decoding[i]]);
    }
    printf("%d files\n", count);
    return check_report();
}
