#include "service/win32/facts.h"

#include "proto/hex.h"
#include "proto/path_form.h"
#include "service/win32/cng.h"
#include "service/win32/token.h"
#include "service/win32/file_open.h"
#include "service/win32/hash_cache.h"
#include "service/win32/nt.h"
#include "service/win32/replaceable.h"
#include "service/win32/start_directory.h"
#include "service/win32/true_path.h"
#include "service/policy/paths.h"
#include "service/policy/sid.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What takes too long is the fault of the launch, too. */
static bool cannot(facts *f, policy_why *why, DWORD err, const char *what) {
    fault failed;
    fault_kind kind = err == ERROR_TIMEOUT ? FAULT_TIMED_OUT : FAULT_INTERNAL;
    win_fault(&failed, kind, STAGE_DECIDE, err, "%s", what);
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1, failed.message);
    if (kind == FAULT_TIMED_OUT) f->failed = failed;
    return false;
}

/* ---- files ---- */

/* Files are opened with the caller's rights, which end with io_end, and within the time that the launch has.
 * The broker's own rights would not do: it sees none of the drives that the user has mapped, and on a share
 * it is another account. */
static DWORD io_begin(const facts *f, io_limit *limit) {
    io_limit_begin(limit, f->bound);
    DWORD err = f->impersonate ? token_impersonate(f->impersonate) : ERROR_SUCCESS;
    if (err) io_limit_end(limit, err);
    return err;
}

/* Returns err, or what io_limit_end says. */
static DWORD io_end(const facts *f, io_limit *limit, DWORD err) {
    if (f->impersonate) token_revert();
    return io_limit_end(limit, err);
}

static bool open_image(facts *f, policy_why *why) {
    wchar_t *path = text_wide(f->memory, f->application);
    DWORD err = path ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!err && f->impersonate) err = token_impersonate(f->impersonate);
    if (err) return cannot(f, why, err, "cannot act as the caller");
    image_open(path, f->application, f->bound, &f->image, &f->failed);
    if (f->impersonate) token_revert();
    if (f->image.file) return true;
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1,
             f->failed.kind ? f->failed.message : "the program is an alias, not a file");
    return false;
}

static bool image_path(void *context, const char **ret, policy_why *why) {
    facts *f = context;
    static const char doing[] = "cannot find the true path of the program";
    if (!f->image.file && !open_image(f, why)) return false;
    if (!f->path) {
        io_limit limit;
        wchar_t *path = arena_array(f->memory, LIMIT_PATH_UNITS, sizeof *path);
        if (!path) return cannot(f, why, ERROR_NOT_ENOUGH_MEMORY, doing);

        io_limit_begin(&limit, f->bound);
        DWORD err = true_path_of_file(f->image.file, f->impersonate, path, LIMIT_PATH_UNITS);
        err = io_limit_end(&limit, err);
        if (err) return cannot(f, why, err, doing);

        f->path = text_utf8(f->memory, path);
        if (!f->path) return cannot(f, why, ERROR_NO_UNICODE_TRANSLATION, doing);
    }
    *ret = f->path;
    return true;
}

/* The true path of an open file, in the arena. */
static DWORD path_of(const facts *f, HANDLE file, const wchar_t **ret) {
    wchar_t *path = arena_array(f->memory, LIMIT_PATH_UNITS, sizeof *path);
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    *ret = path;
    return true_path_of_file(file, f->impersonate, path, LIMIT_PATH_UNITS);
}

/* Opens the directory as the caller. A directory that does not exist is the fault of the launch. */
static bool open_directory(facts *f, HANDLE *ret, policy_why *why) {
    io_limit limit;
    wchar_t *path = text_wide(f->memory, f->directory);
    DWORD err = path ? io_begin(f, &limit) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    if (!err) err = io_end(f, &limit, start_directory_open(path, ret));
    if (!err) return true;

    start_directory_fault(f->directory, err, &f->failed);
    snprintf(why->text, sizeof why->text, "%.*s", (int)sizeof why->text - 1, f->failed.message);
    return false;
}

/* Returns the path in the form in which a child can be started there. NULL: there is no such form that means
 * the same directory: its name ends in a dot, or its volume has no drive letter. */
static const char *usable_directory(arena *a, const char *true_path) {
    const char *path = paths_canonical(a, true_path), *again = path ? paths_canonical(a, path) : NULL;
    return again && !strcmp(path, again) && path_form_of(path) == PATH_ABSOLUTE ? path : NULL;
}

/* Policies look at the true path of the directory, and the child is started by that path. The child opens it
 * itself, so that nothing is gained if it is held open here. */
static bool start_directory(void *context, const char **ret, policy_why *why) {
    static const char doing[] = "cannot find the true path of the directory";
    facts *f = context;
    HANDLE directory = NULL;
    if (!f->directory) {
        snprintf(why->text, sizeof why->text, "the directory is known only when a launch is requested");
        return false;
    }

    if (!f->true_directory) {
        io_limit limit;
        const wchar_t *wide = NULL;
        if (!open_directory(f, &directory, why)) return false;
        io_limit_begin(&limit, f->bound);
        DWORD err = path_of(f, directory, &wide);
        win_close(&directory);
        err = io_limit_end(&limit, err);
        if (err) return cannot(f, why, err, doing);

        const char *path = text_utf8(f->memory, wide);
        if (!path) return cannot(f, why, ERROR_NO_UNICODE_TRANSLATION, doing);
        if (!(f->true_directory = usable_directory(f->memory, path))) {
            snprintf(why->text, sizeof why->text,
                     "the directory has a name that ends in a dot or a space, or is on a volume without a "
                     "drive letter");
            return false;
        }
    }
    *ret = f->true_directory;
    return true;
}

bool facts_path_is_true(const facts *f) {
    arena a = {0};
    char *asked = paths_canonical(&a, f->application), *found = f->path ? paths_canonical(&a, f->path) : NULL;
    wchar_t *x = text_wide(&a, asked), *y = text_wide(&a, found);
    bool same = !f->image.can_move && x && y && CompareStringOrdinal(x, -1, y, -1, TRUE) == CSTR_EQUAL;
    arena_free(&a);
    return same;
}

/* Reads until the end of the file, the deadline, or the moment when nobody waits for the result any more. */
static DWORD hash_file(HANDLE file, const io_bound *bound, cng_hash *hash) {
    enum { PIECE_BYTES = 65536 };
    unsigned char *piece = malloc(PIECE_BYTES);
    DWORD err = piece ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY, got = 0;
    ULARGE_INTEGER at = {0};
    while (!err && !(err = io_bound_passed(bound))) {
        OVERLAPPED from = {.Offset = at.LowPart, .OffsetHigh = at.HighPart};
        if (!ReadFile(file, piece, PIECE_BYTES, &got, &from)) err = win_error();
        if (err == ERROR_HANDLE_EOF || (!err && !got)) break;
        if (!err && !cng_hash_add(hash, piece, got)) err = ERROR_GEN_FAILURE;
        at.QuadPart += got;
    }
    free(piece);
    return err == ERROR_HANDLE_EOF ? ERROR_SUCCESS : err;
}

/* Whether the program may be hashed, by where it is and how large. */
static bool may_hash(facts *f, uint64_t size, policy_why *why) {
    if (f->image.remote && !f->hash.remote) {
        snprintf(why->text, sizeof why->text,
                 "the program is on another machine, and hash.remote of the policy is not true");
        return false;
    }
    if (!f->hash.most_bytes || size <= f->hash.most_bytes) return true;
    snprintf(why->text, sizeof why->text, "the program has %llu bytes; hash.most_bytes of the policy is %llu",
             (unsigned long long)size, (unsigned long long)f->hash.most_bytes);
    return false;
}

/* Computes the hash of the program, or remembers it. */
static DWORD image_digest(const facts *f, unsigned char ret[CNG_SHA256_BYTES]) {
    hash_key key = {0};
    bool keep = !f->image.remote && hash_cache_key(f->image.file, &key);
    if (keep && hash_cache_find(&key, ret)) return ERROR_SUCCESS;

    cng_hash *hash = cng_hash_begin();
    DWORD err = hash ? hash_file(f->image.file, f->bound, hash) : ERROR_GEN_FAILURE;
    if (!err && !cng_hash_end(hash, ret)) err = ERROR_GEN_FAILURE;
    cng_hash_free(hash);
    if (!err && keep) hash_cache_add(&key, ret);
    return err;
}

static bool image_sha256(void *context, char ret[65], policy_why *why) {
    static const char doing[] = "cannot compute the SHA-256 of the program";
    facts *f = context;
    unsigned char digest[CNG_SHA256_BYTES];
    io_limit limit;
    if (!f->image.file && !open_image(f, why)) return false;
    io_limit_begin(&limit, f->bound);
    DWORD err = image_stamp_read(f->image.file, &f->image.stamp);
    err = io_limit_end(&limit, err);
    if (err) return cannot(f, why, err, doing);
    if (!may_hash(f, f->image.stamp.size, why)) return false;

    io_limit_begin(&limit, f->bound);
    err = image_digest(f, digest);
    err = io_limit_end(&limit, err);
    if (err) return cannot(f, why, err, doing);
    hex_write(ret, digest, sizeof digest);
    return true;
}

static bool image_writable(void *context, bool *ret, policy_why *why) {
    static const char doing[] = "cannot find out whether the caller can write to the program";
    facts *f = context;
    const char *path;
    io_limit limit;
    if (!image_path(f, &path, why)) return false;
    wchar_t *wide = text_wide(f->memory, path);
    DWORD err = wide ? io_begin(f, &limit) : (DWORD)ERROR_NOT_ENOUGH_MEMORY;
    if (err) return cannot(f, why, err, doing);

    err = io_end(f, &limit, replaceable(wide, ret));
    return !err || cannot(f, why, err, doing);
}

/* ---- the caller ---- */

static bool is_member(void *context, const char *sid, bool *ret, policy_why *why) {
    facts *f = context;
    PSID binary = NULL;
    BOOL member = FALSE;
    if (!f->token) {
        *ret = false;
        for (size_t i = 0; i < f->group_count; i++) *ret = *ret || !strcmp(f->groups[i], sid);
        return true;
    }
    BOOL ok = ConvertStringSidToSidA(sid, &binary) && CheckTokenMembership(f->token, binary, &member);
    DWORD err = ok ? ERROR_SUCCESS : win_error();
    LocalFree(binary);
    *ret = member;
    return ok || cannot(f, why, err, "cannot find out whether the caller is in a group");
}

/* Opens the file as the caller, and verifies it as this process: the caller could add certificates that only
 * it trusts. Windows reads the open file. The name that it gets besides is that of this very file, which
 * stays where it is, so that nothing else can be opened with this process's rights. */
static DWORD verify_signer(const facts *f, const wchar_t *path, const char **ret) {
    const DWORD share = FILE_SHARE_READ;
    const wchar_t *named = NULL;
    HANDLE file = NULL;
    nt_volume volume;
    DWORD err = f->impersonate ? token_impersonate(f->impersonate) : ERROR_SUCCESS;
    if (err) return err;
    err = file_open(path, GENERIC_READ, share, 0, &file);
    if (f->impersonate) token_revert();

    if (!err) err = nt_query_volume(file, &volume);
    if (!err && !nt_is_disk_device(volume.device)) err = ERROR_BAD_FILE_TYPE;
    if (!err) err = path_of(f, file, &named);
    if (!err) err = facts_signer(f->memory, file, named, ret);
    win_close(&file);
    return err;
}

static bool signer(void *context, const char **ret, policy_why *why) {
    facts *f = context;
    io_limit limit;
    wchar_t *path = text_wide(f->memory, f->caller_image);
    DWORD err = path && *path ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND;
    if (!err) {
        io_limit_begin(&limit, f->bound);
        err = io_limit_end(&limit, verify_signer(f, path, ret));
    }
    return !err || cannot(f, why, err, "cannot find out who signed the caller's program");
}

static bool handles(void *context, const policy_handle **ret, size_t *ret_count, policy_why *why) {
    const facts *f = context;
    if (f->handles) return f->handles(f->context, ret, ret_count, why);
    snprintf(why->text, sizeof why->text, "the handles are known only when a launch is requested");
    return false;
}

const policy_oracle facts_oracle = {is_member,      signer,          image_path, image_sha256,
                                    image_writable, start_directory, handles};

void facts_close(facts *f) {
    if (f->image.file && f->hung) {
        nt_close_files(&f->image.file, 1, f->hung, f->most_hung);
        f->image.file = NULL;
    }
    image_close(&f->image);
}
