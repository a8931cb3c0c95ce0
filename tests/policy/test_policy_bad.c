/* Each policy of the corpus is rejected at the line and column that the table names, with the right message.
 */
#include "tests/support/check.h"
#include "tests/support/corpus.h"
#include "service/policy/policy.h"

static int good_ones;

static void each(const corpus_file *file, void *context) {
    const policy_options options = {0};
    policy *p = NULL;
    policy_error error = {0};
    char where[48] = "good";
    (void)context;
    check_case("%s", file->name);
    if (policy_parse(file->bytes, file->size, &options, &p, &error)) good_ones++;
    else snprintf(where, sizeof where, "%zu:%zu", error.line, error.column);
    bool right = CHECK_TEXT(where, file->wanted);
    if (!CHECK(strstr(error.message, file->field) != NULL) || !right)
        fprintf(stderr, "    message %s\n", error.message);
    policy_free(&p);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: test_policy_bad DIRECTORY\n");
        return 2;
    }
    int count = corpus_each(argv[1], each, NULL);
    check_case("the corpus");
    CHECK(count - good_ones > 50);
    CHECK(good_ones > 3);
    printf("%d files, %d of them good\n", count, good_ones);
    return check_report();
}
