/* Tests the scan before the parser: what it accepts, and the fault that it names. */
#include "tests/support/check.h"
#include "proto/json_scan.h"
#include "proto/proto_limits.h"

#include <stdlib.h>

static fault_kind scan(const char *text, size_t length, fault *ret_fault) {
    char *copy = malloc(
        length ? length : 1); /* of exactly that size, so that the sanitizer sees a read past the end */
    if (!copy) abort();
    memcpy(copy, text, length);
    fault_kind kind = json_scan(copy, length, SIZE_MAX, ret_fault);
    free(copy);
    return kind;
}

static void check_scan(const char *text, fault_kind wanted) {
    fault f = {.kind = FAULT_NONE};
    check_case("%.150s", text);
    if (!CHECK_TEXT(fault_name(scan(text, strlen(text), &f)), fault_name(wanted))) return;
    CHECK_INT(f.kind, wanted);
    if (wanted == FAULT_NONE) return;
    CHECK_INT(f.stage, STAGE_DECODE);
    CHECK(f.win32 != 0);
    CHECK_TEXT(f.field, "");
    CHECK(strstr(f.message, "byte ") == f.message);
}

static const struct {
    const char *text;
    fault_kind wanted;
} cases[] = {
    {"0", FAULT_NONE},
    {"-0", FAULT_NONE},
    {"10.25e-3", FAULT_NONE},
    {"1E+9", FAULT_NONE},
    {" \t\r\n[ ] ", FAULT_NONE},
    {"{}", FAULT_NONE},
    {"true", FAULT_NONE},
    {"[false,null]", FAULT_NONE},
    {"\"\"", FAULT_NONE},
    {"{\"a\":1,\"b\":{\"a\":[{}]}}", FAULT_NONE},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", FAULT_NONE},
    {"\"\\ud83d\\uDE00\"", FAULT_NONE},
    {"\"\xF0\x9F\x98\x80\x7F\"", FAULT_NONE},
    {"{\"a\":1,\"A\":2}", FAULT_NONE},
    {"{\"\":1}", FAULT_NONE},
    {"{\"a\":1,\"ab\":2,\"b\":3}", FAULT_NONE},
    {"", FAULT_INVALID_JSON},
    {" ", FAULT_INVALID_JSON},
    {"tru", FAULT_INVALID_JSON},
    {"truer", FAULT_INVALID_JSON},
    {"nul", FAULT_INVALID_JSON},
    {"True", FAULT_INVALID_JSON},
    {"NaN", FAULT_INVALID_JSON},
    {"Infinity", FAULT_INVALID_JSON},
    {"01", FAULT_INVALID_JSON},
    {"+1", FAULT_INVALID_JSON},
    {"1.", FAULT_INVALID_JSON},
    {".5", FAULT_INVALID_JSON},
    {"1e", FAULT_INVALID_JSON},
    {"1e+", FAULT_INVALID_JSON},
    {"-", FAULT_INVALID_JSON},
    {"--1", FAULT_INVALID_JSON},
    {"0x10", FAULT_INVALID_JSON},
    {"1 2", FAULT_INVALID_JSON},
    {"[1,]", FAULT_INVALID_JSON},
    {"[,1]", FAULT_INVALID_JSON},
    {"[1 2]", FAULT_INVALID_JSON},
    {"[1", FAULT_INVALID_JSON},
    {"[", FAULT_INVALID_JSON},
    {"]", FAULT_INVALID_JSON},
    {"{", FAULT_INVALID_JSON},
    {"{\"a\"}", FAULT_INVALID_JSON},
    {"{\"a\":}", FAULT_INVALID_JSON},
    {"{\"a\":1,}", FAULT_INVALID_JSON},
    {"{a:1}", FAULT_INVALID_JSON},
    {"{'a':1}", FAULT_INVALID_JSON},
    {"{1:1}", FAULT_INVALID_JSON},
    {"{\"a\":1", FAULT_INVALID_JSON},
    {"{\"a\" 1}", FAULT_INVALID_JSON},
    {"[1}", FAULT_INVALID_JSON},
    {"\"", FAULT_INVALID_JSON},
    {"\"abc", FAULT_INVALID_JSON},
    {"\"\\", FAULT_INVALID_JSON},
    {"\"\\x41\"", FAULT_INVALID_JSON},
    {"\"\\u12\"", FAULT_INVALID_JSON},
    {"\"\\u12g4\"", FAULT_INVALID_JSON},
    {"\"\\U0041\"", FAULT_INVALID_JSON},
    {"\"\t\"", FAULT_INVALID_JSON},
    {"\"\n\"", FAULT_INVALID_JSON},
    {"\"\x01\"", FAULT_INVALID_JSON},
    {"\"\x1F\"", FAULT_INVALID_JSON},
    {"\" \"", FAULT_NONE},
    {"// x\n1", FAULT_INVALID_JSON},
    {"1/**/", FAULT_INVALID_JSON},
    {"\xEF\xBB\xBF{}", FAULT_INVALID_JSON},
    {"\v1", FAULT_INVALID_JSON},
    {"\xC2\xA0"
     "1",
     FAULT_INVALID_JSON},
    {"\"\xFF\"", FAULT_INVALID_UTF8},
    {"\"\xC0\x80\"", FAULT_INVALID_UTF8},
    {"\"\xED\xA0\x80\"", FAULT_INVALID_UTF8},
    {"[\xC3", FAULT_INVALID_UTF8},
    {"not json \x80", FAULT_INVALID_UTF8},
    {"\"\\ud800\"", FAULT_LONE_SURROGATE},
    {"\"\\uDC00\"", FAULT_LONE_SURROGATE},
    {"\"\\ud800\\u0041\"", FAULT_LONE_SURROGATE},
    {"\"\\ud800\\ud800\"", FAULT_LONE_SURROGATE},
    {"\"\\ud800x\"", FAULT_LONE_SURROGATE},
    {"\"\\udc00\\ud800\"", FAULT_LONE_SURROGATE},
    {"{\"\\ud800\":1}", FAULT_LONE_SURROGATE},
    {"\"\\u0000\"", FAULT_NUL_IN_STRING},
    {"{\"a\\u0000\":1}", FAULT_NUL_IN_STRING},
    {"{\"a\":1,\"a\":2}", FAULT_DUPLICATE_KEY},
    {"{\"a\":1,\"\\u0061\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\\n\":1,\"\\u000a\":2}", FAULT_DUPLICATE_KEY},
    {"{\"/\":1,\"\\/\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\\\"\":1,\"\\u0022\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\xC3\xA9\":1,\"\\u00E9\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\xE2\x82\xAC\":1,\"\\u20ac\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}", FAULT_DUPLICATE_KEY},
    {"{\"\":1,\"\":2}", FAULT_DUPLICATE_KEY},
    {"[{\"x\":{\"k\":0,\"j\":0,\"k\":0}}]", FAULT_DUPLICATE_KEY},
};

static void nesting(int depth, char open, fault_kind wanted) {
    char text[LIMIT_NESTING * 10 + 32] = "";
    for (int i = 0; i < depth; i++) strcat(text, open == '[' || i % 2 ? "[" : "{\"a\":");
    strcat(text, "1");
    for (int i = depth - 1; i >= 0; i--) strcat(text, open == '[' || i % 2 ? "]" : "}");
    check_scan(text, wanted);
}

static void members(int count, fault_kind wanted) {
    char text[LIMIT_MEMBERS * 32 + 64] = "{";
    for (int i = 0; i < count; i++) snprintf(text + strlen(text), 32, "%s\"k%d\":%d", i ? "," : "", i, i);
    strcat(text, "}");
    check_scan(text, wanted);
}

/* A message has at most so many values, whatever they are in. */
static void values(const char *text, size_t count) {
    fault f = {.kind = FAULT_NONE};
    check_case("%s has %zu values", text, count);
    CHECK_TEXT(fault_name(json_scan(text, strlen(text), count, &f)), fault_name(FAULT_NONE));
    CHECK_TEXT(fault_name(json_scan(text, strlen(text), count - 1, &f)), fault_name(FAULT_TOO_MANY_VALUES));
}

int main(void) {
    fault f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_scan(cases[i].text, cases[i].wanted);
    nesting(LIMIT_NESTING, '[', FAULT_NONE);
    nesting(LIMIT_NESTING, '{', FAULT_NONE);
    nesting(LIMIT_NESTING + 1, '[', FAULT_NESTING_TOO_DEEP);
    nesting(LIMIT_NESTING + 1, '{', FAULT_NESTING_TOO_DEEP);
    members(LIMIT_MEMBERS, FAULT_NONE);
    members(LIMIT_MEMBERS + 1, FAULT_TOO_MANY_MEMBERS);

    values("1", 1);
    values("[1,2,3]", 4);
    values("{\"a\":[[],{}],\"b\":null}", 5);

    check_case("NUL bytes");
    CHECK_INT(scan("1\0", 2, &f), FAULT_INVALID_JSON);
    CHECK_INT(scan("\"\0\"", 3, &f), FAULT_INVALID_JSON);
    CHECK_INT(scan("\0", 1, &f), FAULT_INVALID_JSON);
    CHECK_INT(scan("\"\\\0\"", 4, &f), FAULT_INVALID_JSON);

    check_case("a megabyte of brackets");
    size_t size = LIMIT_FRAME_BYTES;
    char *deep = malloc(size);
    if (!deep) abort();
    memset(deep, '[', size);
    CHECK_INT(json_scan(deep, size, SIZE_MAX, &f), FAULT_NESTING_TOO_DEEP);
    free(deep);

    check_case("each prefix is refused without reading past it");
    static const char whole[] = "{\"a\":[1.5e3,true,\"\\ud83d\\ude00\",{\"b\":null}],\"c\":\"\xC3\xA9\"}";
    CHECK_INT(scan(whole, sizeof whole - 1, &f), FAULT_NONE);
    for (size_t length = 0; length < sizeof whole - 1; length++) CHECK(scan(whole, length, &f) != FAULT_NONE);
    return check_report();
}
