#include "service/win32/guard.h"

#include "service/win32/owner.h"
#include "service/win32/text.h"
#include "service/win32/true_path.h"
#include "service/win32/win.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdbool.h>
#include <wchar.h>

/* The rights that change the content of a file (FILE), the entries of a directory (CONTENT), and where a path
 * leads that goes through a directory (WAY): there, new files beside the one that counts do no harm. */
enum {
    CHANGES_ANY = DELETE | WRITE_DAC | WRITE_OWNER | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES,
    CHANGES_FILE = CHANGES_ANY | FILE_WRITE_DATA | FILE_APPEND_DATA,
    CHANGES_CONTENT = CHANGES_ANY | FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD,
    CHANGES_WAY = DELETE | WRITE_DAC | WRITE_OWNER | FILE_DELETE_CHILD,
    CHANGES_PIPE = WRITE_DAC | WRITE_OWNER | FILE_CREATE_PIPE_INSTANCE
};

static const wchar_t trusted_installer[] = L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

typedef struct guard {
    arena *memory;
    PSID installer;                         /* LocalFree */
    PSECURITY_DESCRIPTOR system_descriptor; /* LocalFree; holds: */
    PSID system_owner;                      /* the owner of the Windows directory */
    PSID also;                              /* a further SID that is trusted, or NULL */
    guard_wrong *found;                     /* NULL: not wanted */
} guard;

/* QUIRK wine 8: the user that runs Wine owns every file, whichever owner the file was given.
 * CURE: the owner of the Windows directory is trusted, because the machine is theirs; on Windows that is
 * TrustedInstaller. TEST: tests/service/test_ctl_service.c, every installation */
static DWORD open_guard(arena *a, guard *ret) {
    wchar_t system[MAX_PATH];
    guard g = {.memory = a};
    UINT length = GetSystemDirectoryW(system, MAX_PATH);
    if (!length || length >= MAX_PATH) return win_error();
    DWORD err = GetNamedSecurityInfoW(system, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &g.system_owner,
                                      NULL, NULL, NULL, &g.system_descriptor);
    if (err) return err;
    if (!ConvertStringSidToSidW(trusted_installer, &g.installer)) {
        err = win_error();
        LocalFree(g.system_descriptor);
        return err;
    }
    *ret = g;
    return ERROR_SUCCESS;
}

static void close_guard(guard *g) {
    LocalFree(g->installer);
    LocalFree(g->system_descriptor);
}

static bool is_trusted(const guard *g, PSID sid) {
    return owner_of(sid) == OWNER_MACHINE || EqualSid(sid, g->installer) ||
           (g->system_owner && EqualSid(sid, g->system_owner)) || (g->also && EqualSid(sid, g->also));
}

/* In an access list these SIDs stand for the owner, which look_at checks, or for nobody. */
static bool is_owner_entry(PSID sid) {
    return IsWellKnownSid(sid, WinCreatorOwnerSid) || IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

const char *guard_account(arena *a, PSID sid) {
    wchar_t user[128], domain[128], *text = NULL;
    DWORD user_units = 128, domain_units = 128;
    SID_NAME_USE use;
    if (LookupAccountSidW(NULL, sid, user, &user_units, domain, &domain_units, &use)) {
        const char *name = text_utf8_lossy(a, user), *where = text_utf8_lossy(a, domain);
        return name && where ? arena_printf(a, "%s%s%s", where, *where ? "\\" : "", name) : NULL;
    }
    if (!ConvertSidToStringSidW(sid, &text)) return "an unknown account";
    const char *shown = text_utf8(a, text);
    LocalFree(text);
    return shown;
}

static DWORD say(const guard *g, const char **ret_wrong, const wchar_t *path, PSID who, const char *what) {
    const char *where = text_utf8_lossy(g->memory, path);
    const char *account = who ? guard_account(g->memory, who) : "everybody";
    const char *wrong = where && account ? arena_printf(g->memory, "%s %s %s", account, what, where) : NULL;
    if (!wrong) return ERROR_NOT_ENOUGH_MEMORY;
    *ret_wrong = wrong;
    return ERROR_SUCCESS;
}

/* Keeps who has which rights, for a command that takes them away. */
static DWORD keep(const guard *g, PSID who, DWORD rights) {
    char *text = NULL;
    if (!g->found) return ERROR_SUCCESS;
    g->found->rights = rights;
    if (!who) return ERROR_SUCCESS;
    if (!ConvertSidToStringSidA(who, &text)) return win_error();
    g->found->sid = arena_printf(g->memory, "%s", text);
    LocalFree(text);
    return g->found->sid ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* Whether an entry lets somebody change something who is not trusted. */
static bool is_wrong_entry(const guard *g, const ACE_HEADER *header, DWORD changes, PSID *ret_who,
                           DWORD *ret_rights) {
    /* Both kinds of entries begin alike; the list of a file has no other kinds that allow. */
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)header;
    GENERIC_MAPPING rights = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE && header->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE)
        return false;
    if (header->AceFlags & INHERIT_ONLY_ACE) return false;
    PSID who = (PSID)(ULONG_PTR)&entry->SidStart;
    DWORD mask = entry->Mask;
    MapGenericMask(&mask, &rights);
    *ret_who = who;
    *ret_rights = mask;
    return (mask & changes) && !is_trusted(g, who) && !is_owner_entry(who);
}

static DWORD look_at_entry(const guard *g, const wchar_t *path, const ACE_HEADER *header, DWORD changes,
                           const char **ret_wrong) {
    PSID who;
    DWORD rights;
    if (!is_wrong_entry(g, header, changes, &who, &rights)) return ERROR_SUCCESS;
    DWORD err = keep(g, who, rights);
    return err ? err : say(g, ret_wrong, path, who, "may change");
}

static DWORD look_at_list(const guard *g, const wchar_t *path, PACL list, DWORD changes,
                          const char **ret_wrong) {
    ACL_SIZE_INFORMATION size;
    DWORD err = ERROR_SUCCESS;
    if (!list) return say(g, ret_wrong, path, NULL, "may change");
    if (!GetAclInformation(list, &size, sizeof size, AclSizeInformation)) return win_error();
    for (DWORD i = 0; !err && !*ret_wrong && i < size.AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry)) err = win_error();
        else err = look_at_entry(g, path, entry, changes, ret_wrong);
    }
    return err;
}

static DWORD look_at(const guard *g, const wchar_t *path, DWORD changes, const char **ret_wrong) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL list = NULL;
    const char *wrong = NULL;
    DWORD err = GetNamedSecurityInfoW((wchar_t *)(ULONG_PTR)path, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
                                      &list, NULL, &descriptor);
    if (err) return err;
    if (!owner || !is_trusted(g, owner)) err = say(g, &wrong, path, owner, "owns");
    else err = look_at_list(g, path, list, changes, &wrong);
    LocalFree(descriptor);
    if (!err) *ret_wrong = wrong;
    return err;
}

/* Cuts "C:\a\b" to "C:\a", and "C:\a" to "C:\". False: the path is "C:\". */
static bool go_up(wchar_t *path) {
    wchar_t *last = wcsrchr(path, L'\\');
    if (!last || !last[1]) return false;
    last[last == path + 2] = 0;
    return true;
}

static DWORD look_up(arena *a, const wchar_t *path, DWORD first, DWORD second, const char **ret_wrong) {
    guard g;
    const char *wrong = NULL;
    wchar_t *at = arena_array(a, wcslen(path) + 1, sizeof *at);
    if (!at) return ERROR_NOT_ENOUGH_MEMORY;
    wcscpy(at, path);
    DWORD err = open_guard(a, &g);
    if (err) return err;
    err = look_at(&g, at, first, &wrong);
    for (DWORD changes = second; !err && !wrong && go_up(at); changes = CHANGES_WAY)
        err = look_at(&g, at, changes, &wrong);
    close_guard(&g);
    if (!err) *ret_wrong = wrong;
    return err;
}

DWORD guard_list(arena *a, const wchar_t *path, PSID owner, PACL list, PSID also, guard_wrong *ret) {
    guard g;
    guard_wrong wrong = {0};
    DWORD err = open_guard(a, &g);
    if (err) return err;
    g.also = also;
    g.found = &wrong;

    wrong.owner = !owner || !is_trusted(&g, owner);
    if (!wrong.owner) {
        err = look_at_list(&g, path, list, CHANGES_CONTENT, &wrong.text);
    } else if (!(err = keep(&g, owner, 0))) {
        err = say(&g, &wrong.text, path, owner, "owns");
    }
    close_guard(&g);
    if (!err) *ret = wrong;
    return err;
}

DWORD guard_file(arena *a, const wchar_t *path, const char **ret_wrong) {
    return look_up(a, path, CHANGES_FILE, CHANGES_CONTENT, ret_wrong);
}

/* Finds no names: that could take long. */
DWORD guard_is_trusted(HANDLE file, bool *ret) {
    guard g;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL, who;
    PACL list = NULL;
    DWORD rights;
    DWORD err = open_guard(NULL, &g);
    if (err) return err;
    err = GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                          &owner, NULL, &list, NULL, &descriptor);

    bool trusted = !err && owner && list && is_trusted(&g, owner);
    for (DWORD i = 0; trusted && i < list->AceCount; i++) {
        void *entry;
        trusted = GetAce(list, i, &entry) && !is_wrong_entry(&g, entry, CHANGES_FILE, &who, &rights);
    }
    LocalFree(descriptor);
    close_guard(&g);
    if (!err) *ret = trusted;
    return err;
}

DWORD guard_directory(arena *a, const wchar_t *path, const char **ret_wrong) {
    return look_up(a, path, CHANGES_CONTENT, CHANGES_WAY, ret_wrong);
}

/* Whether the list denies the SID everything, before its first entry that allows. */
static bool denies(PACL list, WELL_KNOWN_SID_TYPE whom) {
    ACCESS_DENIED_ACE *entry;
    for (DWORD i = 0; GetAce(list, i, (void **)&entry) && entry->Header.AceType == ACCESS_DENIED_ACE_TYPE;
         i++) {
        bool all = entry->Mask & GENERIC_ALL || (entry->Mask & FILE_GENERIC_READ) == FILE_GENERIC_READ;
        if (all && IsWellKnownSid(&entry->SidStart, whom)) return true;
    }
    return false;
}

DWORD guard_pipe(arena *a, HANDLE pipe, const char **ret_owner, const char **ret_wrong) {
    guard g;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL list = NULL;
    PSID owner = NULL;
    const char *wrong = NULL, *name = NULL;
    DWORD err = open_guard(a, &g);
    if (err) return err;

    err = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                          &owner, NULL, &list, NULL, &descriptor);
    if (err) goto done;

    g.also = owner;
    name = owner ? guard_account(a, owner) : "nobody";
    if ((err = look_at_list(&g, L"it, or serve it too", list, CHANGES_PIPE, &wrong))) goto done;
    if (!wrong && !denies(list, WinAnonymousSid)) wrong = "anonymous clients are not denied";
    *ret_owner = name;
    *ret_wrong = wrong;

done:
    LocalFree(descriptor);
    close_guard(&g);
    return err;
}

DWORD guard_true_path(arena *a, const wchar_t *path, wchar_t **ret) {
    static const wchar_t prefix[] = L"\\\\?\\";
    const size_t prefix_units = sizeof prefix / sizeof *prefix - 1;
    enum { PATH_UNITS = 32768 };
    wchar_t *text = arena_array(a, PATH_UNITS, sizeof *text);
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    HANDLE file =
        CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) return win_error();
    DWORD err = true_path_of_file(file, NULL, text, PATH_UNITS);
    CloseHandle(file);
    if (err) return err;
    if (!wcsncmp(text, prefix, prefix_units)) text += prefix_units;
    if (!text[0] || text[1] != L':') return ERROR_BAD_NETPATH;
    *ret = text;
    return ERROR_SUCCESS;
}

DWORD guard_make_directory(const wchar_t *path) {
    SECURITY_ATTRIBUTES how = {.nLength = sizeof how};
    DWORD err = ERROR_SUCCESS;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1, &how.lpSecurityDescriptor, NULL))
        return win_error();
    if (!CreateDirectoryW(path, &how)) err = win_error();
    LocalFree(how.lpSecurityDescriptor);
    return err;
}
