#include "service/win32/facts.h"

#include "service/win32/cng.h"
#include "service/win32/token.h"
#include "service/win32/image.h"
#include "service/policy/paths.h"
#include "service/policy/sid.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool cannot(policy_why *why, DWORD error, const char *what) {
    fault f;
    win_fault(&f, FAULT_INTERNAL, STAGE_DECIDE, error, "%s", what);
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1, f.message);
    return false;
}

/* ---- files ---- */

static bool open_image(facts *f, policy_why *why) {
    wchar_t *path = text_wide(f->memory, f->application);
    DWORD error = path ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error && f->impersonate) error = token_impersonate(f->impersonate);
    if (error) return cannot(why, error, "cannot act as the caller");
    image_open(path, f->application, &f->image, &f->machine, &f->failed);
    if (f->impersonate) token_revert();
    if (f->image) return true;
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1,
             f->failed.kind ? f->failed.message : "the program is an alias, not a file");
    return false;
}

static bool image_path(void *context, const char **ret, policy_why *why) {
    facts *f = context;
    if (!f->image && !open_image(f, why)) return false;
    if (!f->path) {
        wchar_t *path = arena_array(f->memory, LIMIT_PATH_UNITS, sizeof *path);
        if (!path) return cannot(why, ERROR_NOT_ENOUGH_MEMORY, "the program's path");
        DWORD length = GetFinalPathNameByHandleW(f->image, path, LIMIT_PATH_UNITS, VOLUME_NAME_DOS);
        if (!length || length >= LIMIT_PATH_UNITS) return cannot(why, win_error(), "the program's true path");
        f->path = text_utf8(f->memory, path);
        if (!f->path) return cannot(why, ERROR_NO_UNICODE_TRANSLATION, "the program's true path");
    }
    *ret = f->path;
    return true;
}

bool facts_path_is_true(const facts *f) {
    arena a = {0};
    char *asked = paths_canonical(&a, f->application), *found = f->path ? paths_canonical(&a, f->path) : NULL;
    wchar_t *x = text_wide(&a, asked), *y = text_wide(&a, found);
    bool same = x && y && CompareStringOrdinal(x, -1, y, -1, TRUE) == CSTR_EQUAL;
    arena_free(&a);
    return same;
}

static DWORD hash_file(HANDLE file, cng_hash *hash) {
    enum { PIECE_BYTES = 65536 };
    unsigned char *piece = malloc(PIECE_BYTES);
    DWORD error = piece ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY, got = 0;
    ULARGE_INTEGER at = {0};
    while (!error) {
        OVERLAPPED from = {.Offset = at.LowPart, .OffsetHigh = at.HighPart};
        if (!ReadFile(file, piece, PIECE_BYTES, &got, &from)) error = win_error();
        if (error == ERROR_HANDLE_EOF || (!error && !got)) break;
        if (!error && !cng_hash_add(hash, piece, got)) error = ERROR_GEN_FAILURE;
        at.QuadPart += got;
    }
    free(piece);
    return error == ERROR_HANDLE_EOF ? ERROR_SUCCESS : error;
}

static bool image_sha256(void *context, char ret[65], policy_why *why) {
    facts *f = context;
    unsigned char digest[CNG_SHA256_BYTES];
    if (!f->image && !open_image(f, why)) return false;
    cng_hash *hash = cng_hash_begin();
    DWORD error = hash ? hash_file(f->image, hash) : ERROR_GEN_FAILURE;
    if (!error && !cng_hash_end(hash, digest)) error = ERROR_GEN_FAILURE;
    cng_hash_free(hash);
    if (error) return cannot(why, error, "the SHA-256 of the program");
    for (size_t i = 0; i < sizeof digest; i++) snprintf(ret + 2 * i, 3, "%02x", digest[i]);
    return true;
}

/* Whether the thread may open path with one of the rights. That others have it open is told after that it
 * may. */
static DWORD may_open(const wchar_t *path, const DWORD *rights, size_t count, bool *ret) {
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    for (size_t i = 0; i < count && !*ret; i++) {
        HANDLE file =
            CreateFileW(path, rights[i], share, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
            *ret = true;
        } else if (GetLastError() == ERROR_SHARING_VIOLATION) {
            *ret = true;
        } else if (GetLastError() != ERROR_ACCESS_DENIED && GetLastError() != ERROR_WRITE_PROTECT) {
            return win_error();
        }
    }
    return ERROR_SUCCESS;
}

static bool image_writable(void *context, bool *ret, policy_why *why) {
    static const DWORD of_file[] = {FILE_WRITE_DATA, FILE_APPEND_DATA, DELETE, WRITE_DAC, WRITE_OWNER};
    static const DWORD of_directory[] = {FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_DELETE_CHILD, WRITE_DAC,
                                         WRITE_OWNER};
    facts *f = context;
    const char *path;
    bool writable = false;
    if (!image_path(f, &path, why)) return false;
    wchar_t *file = text_wide(f->memory, path), *directory = text_wide(f->memory, path);
    wchar_t *end = directory ? wcsrchr(directory, L'\\') : NULL;
    DWORD error = file && end ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error && f->impersonate) error = token_impersonate(f->impersonate);
    if (error) return cannot(why, error, "whether the program can be written");
    end[1] = 0; /* with the separator, which a drive's root needs */
    error = may_open(file, of_file, sizeof of_file / sizeof *of_file, &writable);
    if (!error)
        error = may_open(directory, of_directory, sizeof of_directory / sizeof *of_directory, &writable);
    if (f->impersonate) token_revert();
    if (error) return cannot(why, error, "whether the program can be written");
    *ret = writable;
    return true;
}

/* ---- the caller ---- */

static bool is_member(void *context, const char *sid, bool *ret, policy_why *why) {
    const facts *f = context;
    PSID binary = NULL;
    BOOL member = FALSE;
    if (!f->token) {
        *ret = false;
        for (size_t i = 0; i < f->group_count; i++) *ret = *ret || !strcmp(f->groups[i], sid);
        return true;
    }
    BOOL ok = ConvertStringSidToSidA(sid, &binary) && CheckTokenMembership(f->token, binary, &member);
    DWORD error = ok ? ERROR_SUCCESS : win_error();
    LocalFree(binary);
    *ret = member;
    return ok || cannot(why, error, "whether the caller is in a group");
}

static bool signer(void *context, const char **ret, policy_why *why) {
    const facts *f = context;
    wchar_t *path = text_wide(f->memory, f->caller_image);
    DWORD error = path && *path ? facts_signer(f->memory, path, ret) : ERROR_FILE_NOT_FOUND;
    return !error || cannot(why, error, "who signed the caller's program");
}

static bool handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    const facts *f = context;
    if (f->handles) return f->handles(f->context, ret, ret_count, why);
    snprintf(why->text, sizeof why->text, "the handles are known at the launch only");
    return false;
}

const policy_oracle facts_oracle = {is_member, signer, image_path, image_sha256, image_writable, handles};

void facts_close(facts *f) {
    win_close(&f->image);
}
