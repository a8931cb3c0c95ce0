/* Hashes of programs that are remembered: of which files, for how long, and how many. */
#include "tests/launch/rules.h"

#include "proto/hex.h"
#include "service/win32/facts.h"
#include "service/win32/hash_cache.h"
#include "service/win32/text.h"
#include "tests/support/checks.h"
#include "tests/support/harness.h"

#include <aclapi.h>
#include <string.h>

/* The key of a file, opened as the broker opens it. */
static bool key_of(const wchar_t *path, hash_key *ret) {
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (!CHECK(file != INVALID_HANDLE_VALUE)) return false;
    memset(ret, 0, sizeof *ret);
    bool keep = hash_cache_key(file, ret);
    CloseHandle(file);
    return keep;
}

static void hash_of(const wchar_t *path, char ret[65]) {
    arena a = {0};
    policy_why why = {""};
    facts f = {.memory = &a, .application = text_utf8(&a, path)};
    CHECK(facts_oracle.sha256(&f, ret, &why));
    facts_close(&f);
    arena_free(&a);
}

/* Lets everybody write to a file. */
static void open_to_all(const wchar_t *path) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid;
    PACL list = NULL;
    EXPLICIT_ACCESSW who = {.grfAccessPermissions = GENERIC_ALL,
                            .grfAccessMode = GRANT_ACCESS,
                            .Trustee = {.TrusteeForm = TRUSTEE_IS_SID, .ptstrName = (wchar_t *)(void *)sid}};
    CHECK(CreateWellKnownSid(WinWorldSid, NULL, sid, &size));
    CHECK_INT(SetEntriesInAclW(1, &who, NULL, &list), ERROR_SUCCESS);
    CHECK_INT(SetNamedSecurityInfoW((wchar_t *)(ULONG_PTR)path, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
                                    NULL, NULL, list, NULL),
              ERROR_SUCCESS);
    LocalFree(list);
}

static void remembered(const wchar_t *path) {
    static const unsigned char wrong[HASH_CACHE_BYTES] = {1, 2, 3};
    hash_key key, changed;
    unsigned char digest[HASH_CACHE_BYTES];
    char first[65], text[65], wrong_text[65];
    FILETIME time = {.dwHighDateTime = 0x01D00000};
    hex_write(wrong_text, wrong, sizeof wrong);

    check_about("a hash is remembered");
    hash_of(path, first);
    if (!check_part("remembered", key_of(path, &key) ? NULL : "not only administrators may change this file"))
        return;
    CHECK(hash_cache_find(&key, digest));
    hex_write(text, digest, sizeof digest);
    CHECK_TEXT(text, first);
    hash_cache_add(&key, wrong); /* so that it shows whether it is asked for */
    hash_of(path, text);
    CHECK_TEXT(text, wrong_text);

    check_about("until the file changes, even if its times are set back");
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    FILETIME written;
    CHECK(GetFileTime(file, NULL, NULL, &written) && SetFileTime(file, NULL, NULL, &time) &&
          SetFileTime(file, NULL, NULL, &written));
    CloseHandle(file);
    hash_of(path, text);
    CHECK_TEXT(text, first);
    CHECK(key_of(path, &changed) && changed.written == key.written && changed.changed != key.changed);

    check_about("and only as long as nobody else may change it");
    CHECK(key_of(path, &key));
    open_to_all(path);
    CHECK(!key_of(path, &key));
}

/* Each member of the key counts, and the hash that was not asked for longest gives way. */
static void bounded(void) {
    hash_key keys[] = {{.volume = 1}, {.file = {1}}, {.size = 1}, {.written = 1}, {.changed = 1}};
    unsigned char hash[HASH_CACHE_BYTES] = {0}, got[HASH_CACHE_BYTES];
    enum { KEYS = sizeof keys / sizeof *keys };
    check_about("what a key is");
    for (unsigned char i = 0; i < KEYS; i++) {
        hash[0] = i;
        CHECK(!hash_cache_find(&keys[i], got));
        hash_cache_add(&keys[i], hash);
    }
    for (unsigned char i = 0; i < KEYS; i++) CHECK(hash_cache_find(&keys[i], got) && got[0] == i);

    check_about("how many are remembered");
    for (uint64_t i = 0; i < 2 * HASH_CACHE_FILES; i++) {
        const hash_key other = {.volume = 2, .size = i};
        hash_cache_add(&other, hash);
        CHECK(hash_cache_find(&keys[0], got));
    }
    for (int i = 1; i < KEYS; i++) CHECK(!hash_cache_find(&keys[i], got));
}

void rules_hashes(void) {
    wchar_t helper[MAX_PATH], directory[MAX_PATH], path[2 * MAX_PATH];
    beside_program(helper, L"test_helper.exe");
    if (!CHECK(directory_make(directory, L"hashes"))) return;
    swprintf(path, 2 * MAX_PATH, L"%ls\\tool.exe", directory);
    if (CHECK(CopyFileW(helper, path, TRUE))) remembered(path);
    bounded();
    directory_remove(directory);
}
