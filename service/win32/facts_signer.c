/* Finds the signer of a file with WinVerifyTrust. Its DLLs are loaded when a policy first asks: few do. */
#include "service/win32/facts.h"

#include "service/win32/text.h"
#include "service/win32/win.h"

#include <softpub.h>
#include <string.h>
#include <wincrypt.h>
#include <wintrust.h>

typedef struct trust {
    LONG(WINAPI *verify)(HWND, GUID *, void *);
    CRYPT_PROVIDER_DATA *(WINAPI *data)(HANDLE);
    CRYPT_PROVIDER_SGNR *(WINAPI *signer)(CRYPT_PROVIDER_DATA *, DWORD, BOOL, DWORD);
    CRYPT_PROVIDER_CERT *(WINAPI *certificate)(CRYPT_PROVIDER_SGNR *, DWORD);
    DWORD(WINAPI *name)(PCCERT_CONTEXT, DWORD, DWORD, void *, wchar_t *, DWORD);
} trust;

static bool find(HMODULE module, const char *name, void *ret, size_t size) {
    FARPROC found = module ? GetProcAddress(module, name) : NULL;
    if (found) memcpy(ret, &found, size);
    return found != NULL;
}

static bool load(trust *t) {
    HMODULE wintrust = LoadLibraryExW(L"wintrust.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    HMODULE crypt32 = LoadLibraryExW(L"crypt32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return find(wintrust, "WinVerifyTrust", &t->verify, sizeof t->verify) &&
           find(wintrust, "WTHelperProvDataFromStateData", &t->data, sizeof t->data) &&
           find(wintrust, "WTHelperGetProvSignerFromChain", &t->signer, sizeof t->signer) &&
           find(wintrust, "WTHelperGetProvCertFromChain", &t->certificate, sizeof t->certificate) &&
           find(crypt32, "CertGetNameStringW", &t->name, sizeof t->name);
}

static const char *name_of(const trust *t, arena *a, HANDLE state) {
    wchar_t name[256];
    CRYPT_PROVIDER_DATA *data = t->data(state);
    CRYPT_PROVIDER_SGNR *one = data ? t->signer(data, 0, FALSE, 0) : NULL;
    CRYPT_PROVIDER_CERT *certificate = one ? t->certificate(one, 0) : NULL;
    if (!certificate || t->name(certificate->pCert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, 256) <= 1)
        return NULL;
    return text_utf8(a, name);
}

/* A bad signature counts as none. Uses no network: revocation is not checked, and only certificates that are
 * in the cache are used (WTD_CACHE_ONLY_URL_RETRIEVAL). */
DWORD facts_signer(arena *a, HANDLE file, const wchar_t *path, const char **ret) {
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    trust t;
    WINTRUST_FILE_INFO about = {.cbStruct = sizeof about, .pcwszFilePath = path, .hFile = file};
    WINTRUST_DATA data = {.cbStruct = sizeof data,
                          .dwUIChoice = WTD_UI_NONE,
                          .fdwRevocationChecks = WTD_REVOKE_NONE,
                          .dwUnionChoice = WTD_CHOICE_FILE,
                          .dwStateAction = WTD_STATEACTION_VERIFY,
                          .dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL};
    const char *name = "";

    if (!load(&t)) return ERROR_MOD_NOT_FOUND;
    data.pFile = &about;
    if (!t.verify(INVALID_HANDLE_VALUE, &action, &data)) name = name_of(&t, a, data.hWVTStateData);
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    t.verify(INVALID_HANDLE_VALUE, &action, &data);
    if (!name) return ERROR_GEN_FAILURE;
    *ret = name;

    return ERROR_SUCCESS;
}
