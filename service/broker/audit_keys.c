#include "service/broker/audit_keys.h"

#include "proto/arena.h"
#include "service/audit/pem.h"
#include "service/broker/data_directory.h"
#include "service/win32/whole_file.h"
#include "service/win32/win.h"

#include <wincrypt.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { SEALED_MOST = 4096 };

/* What audit.key holds, encrypted. */
typedef struct secrets {
    uint8_t version, private_key[CRYPTO_PRIVATE_BYTES], environment[CRYPTO_HASH_BYTES];
} secrets;

enum { SECRETS_VERSION = 1 };

/* As dpapi.h declares them. They are looked up at run time, for the reason in cng.h. */
typedef BOOL(WINAPI *protect_function)(DATA_BLOB *, LPCWSTR, DATA_BLOB *, PVOID, CRYPTPROTECT_PROMPTSTRUCT *,
                                       DWORD, DATA_BLOB *);
typedef BOOL(WINAPI *unprotect_function)(DATA_BLOB *, LPWSTR *, DATA_BLOB *, PVOID,
                                         CRYPTPROTECT_PROMPTSTRUCT *, DWORD, DATA_BLOB *);

typedef struct dpapi {
    HMODULE library;
    protect_function protect;
    unprotect_function unprotect;
} dpapi;

static DWORD open_dpapi(dpapi *ret) {
    dpapi d = {.library = LoadLibraryExW(L"crypt32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32)};
    if (!d.library) return win_error();
    FARPROC protect = GetProcAddress(d.library, "CryptProtectData");
    FARPROC unprotect = GetProcAddress(d.library, "CryptUnprotectData");
    if (!protect || !unprotect) {
        FreeLibrary(d.library);
        return ERROR_PROC_NOT_FOUND;
    }
    memcpy(&d.protect, &protect, sizeof protect);
    memcpy(&d.unprotect, &unprotect, sizeof unprotect);
    *ret = d;
    return ERROR_SUCCESS;
}

static wchar_t *path_in(arena *a, const wchar_t *directory, const wchar_t *name) {
    size_t units = wcslen(directory) + wcslen(name) + 2;
    wchar_t *path = arena_array(a, units, sizeof *path);
    if (path) swprintf(path, units, L"%ls\\%ls", directory, name);
    return path;
}

static wchar_t *with_suffix(arena *a, const wchar_t *name, const wchar_t *suffix) {
    size_t units = wcslen(name) + wcslen(suffix) + 1;
    wchar_t *joined = arena_array(a, units, sizeof *joined);
    if (joined) swprintf(joined, units, L"%ls%ls", name, suffix);
    return joined;
}

/* Returns whether the error says that this account can never decrypt the keys. Others, such as a lack of
 * memory, may pass. */
static bool is_of_another(DWORD err) {
    return err == ERROR_INVALID_DATA || err == ERROR_INVALID_PARAMETER || err == (DWORD)NTE_BAD_KEY_STATE;
}

/* Reads and decrypts the keys. ERROR_INVALID_DATA: the file is another account's, or damaged. */
static DWORD load(const dpapi *d, const wchar_t *path, audit_keys *keys) {
    uint8_t sealed[SEALED_MOST];
    DWORD length = 0, err = whole_file_read(path, sealed, sizeof sealed, &length);
    DATA_BLOB in = {length, sealed}, out = {0, NULL};
    if (err) return err;
    if (!length) return ERROR_INVALID_DATA;
    if (!d->unprotect(&in, NULL, NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &out)) {
        err = win_error();
        return is_of_another(err) ? ERROR_INVALID_DATA : err;
    }
    const secrets *s = (const secrets *)out.pbData;
    if (out.cbData != sizeof *s || s->version != SECRETS_VERSION) err = ERROR_INVALID_DATA;
    else if (!crypto_key_private(s->private_key, &keys->sign)) err = ERROR_GEN_FAILURE;
    else memcpy(keys->environment, s->environment, sizeof keys->environment);
    SecureZeroMemory(out.pbData, out.cbData);
    LocalFree(out.pbData);
    return err;
}

/* Makes new keys and writes them. */
static DWORD make(const dpapi *d, const wchar_t *path, audit_keys *keys) {
    secrets s = {.version = SECRETS_VERSION};
    DATA_BLOB in = {sizeof s, (BYTE *)&s}, out = {0, NULL};
    SECURITY_ATTRIBUTES own = {0};
    DWORD err = ERROR_GEN_FAILURE;

    if (!crypto_random(s.environment, sizeof s.environment) || !crypto_key_make(&keys->sign) ||
        !crypto_export_private(keys->sign, s.private_key))
        goto done;

    if (!d->protect(&in, L"Spawn Broker audit", NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &out)) {
        err = win_error();
        goto done;
    }

    if ((err = data_directory_secret(&own))) goto done;
    if ((err = whole_file_write(path, &own, out.pbData, out.cbData))) goto done;

    memcpy(keys->environment, s.environment, sizeof keys->environment);
    keys->made = true;

done:
    LocalFree(own.lpSecurityDescriptor);
    LocalFree(out.pbData);
    SecureZeroMemory(&s, sizeof s);
    return err;
}

/* Writes the public key, with which others verify the audit. Administrators keep a copy elsewhere. */
static DWORD publish(arena *a, const wchar_t *directory, const audit_keys *keys) {
    uint8_t key[CRYPTO_PUBLIC_BYTES];
    char pem[PEM_SIZE], there[PEM_SIZE];
    DWORD length = 0;
    const wchar_t *path = path_in(a, directory, L"audit.pub");
    if (!path) return ERROR_NOT_ENOUGH_MEMORY;
    if (!crypto_export_public(keys->sign, key)) return ERROR_GEN_FAILURE;
    pem_write(key, pem);
    if (!whole_file_read(path, there, sizeof there, &length) && length == strlen(pem) &&
        !memcmp(there, pem, length))
        return ERROR_SUCCESS;
    return whole_file_write(path, NULL, pem, (DWORD)strlen(pem));
}

/* Renames unreadable keys, never over older ones. */
static DWORD keep_unreadable(arena *a, const wchar_t *path) {
    for (int i = 1; i < 100; i++) {
        wchar_t number[16];
        swprintf(number, 16, i == 1 ? L".unreadable" : L".unreadable-%d", i);
        const wchar_t *kept = with_suffix(a, path, number);
        if (!kept) return ERROR_NOT_ENOUGH_MEMORY;
        if (MoveFileExW(path, kept, MOVEFILE_WRITE_THROUGH)) return ERROR_SUCCESS;
        DWORD err = win_error();
        if (err != ERROR_ALREADY_EXISTS && err != ERROR_FILE_EXISTS) return err;
    }
    return ERROR_ALREADY_EXISTS;
}

DWORD audit_keys_open(const wchar_t *directory, audit_keys *ret) {
    arena a = {0};
    audit_keys keys = {0};
    const wchar_t *path = path_in(&a, directory, L"audit.key");
    dpapi d = {0};
    DWORD err = path ? open_dpapi(&d) : ERROR_NOT_ENOUGH_MEMORY;
    if (!err) err = load(&d, path, &keys);
    if (err == ERROR_INVALID_DATA) { /* another account's or machine's, or damaged */
        keys.unreadable = true;
        if (!(err = keep_unreadable(&a, path))) err = ERROR_FILE_NOT_FOUND;
    }
    if (err == ERROR_FILE_NOT_FOUND) err = make(&d, path, &keys);
    if (!err) err = publish(&a, directory, &keys);
    if (err) audit_keys_close(&keys);
    else *ret = keys;
    if (d.library) FreeLibrary(d.library);
    arena_free(&a);
    return err;
}

void audit_keys_close(audit_keys *keys) {
    crypto_key_free(&keys->sign);
    SecureZeroMemory(keys->environment, sizeof keys->environment);
}
