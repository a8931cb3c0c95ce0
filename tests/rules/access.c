#include "tests/rules/access.h"

#include "tests/rules/reduced.h"

#include <sddl.h>
#include <string.h>
#include <wchar.h>

enum { CREATE_INSTANCE = 0x4, SIDS = 64 };

/* Who asks, as the check sees it. */
typedef struct asker {
    PSID sids[SIDS];
    bool deny_only[SIDS];
    size_t count;
    DWORD integrity;
    PSID second[SHARED_SIDS]; /* those of a second check, by a restricted token or an AppContainer */
    size_t second_count;
    bool alone; /* an AppContainer's SIDs stand beside the user's, and those of a restricted token alone */
    BYTE user[1024], groups[8192];
    shared_token less;
} asker;

static PSID sid_of(const wchar_t *text) {
    PSID sid = NULL;
    ConvertStringSidToSidW(text, &sid); /* LocalAlloc'd; few, and for as long as the process runs */
    return sid;
}

static void add(asker *a, PSID sid, bool deny_only) {
    if (!sid || a->count == SIDS) return;
    a->sids[a->count] = sid;
    a->deny_only[a->count++] = deny_only;
}

static HANDLE effective_token(void) {
    HANDLE token = NULL;
    if (!real.OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    return token;
}

static DWORD integrity_of(HANDLE token) {
    BYTE bytes[256];
    DWORD size;
    if (!real.GetTokenInformation(token, TokenIntegrityLevel, bytes, sizeof bytes, &size))
        return SECURITY_MANDATORY_MEDIUM_RID;
    return *GetSidSubAuthority(((TOKEN_MANDATORY_LABEL *)(void *)bytes)->Label.Sid, 0);
}

/* The tokens that a test can give a process by name (RULES_TOKEN_VARIABLE). Each is the process's own, but
 * for what is said here. */
static void change(asker *a, rules_token kind) {
    static const wchar_t *const outside[] = {L"S-1-1-0", L"S-1-5-11", L"S-1-5-4", L"S-1-5-32-545"};
    PSID interactive = sid_of(L"S-1-5-4");
    switch (kind) {
    case RULES_TOKEN_OWN:
    case RULES_TOKEN_SERVICE:
    case RULES_TOKEN_SYSTEM: break;
    case RULES_TOKEN_NETWORK: /* of an SSH or WinRM logon: NETWORK in INTERACTIVE's place */
        for (size_t i = 0; i < a->count; i++)
            if (EqualSid(a->sids[i], interactive)) a->sids[i] = sid_of(L"S-1-5-2");
        add(a, sid_of(L"S-1-5-2"), false);
        break;
    case RULES_TOKEN_LOW: a->integrity = SECURITY_MANDATORY_LOW_RID; break;
    case RULES_TOKEN_CONTAINER:
        a->second_count = 0;
        a->integrity = SECURITY_MANDATORY_LOW_RID;
        a->second[a->second_count++] = sid_of(L"S-1-15-2-1");
        a->second[a->second_count++] = sid_of(L"S-1-15-2-11-22-33-44-55-66-77");
        break;
    case RULES_TOKEN_RESTRICTED:
        a->second_count = 0;
        a->second[a->second_count++] = sid_of(L"S-1-5-12");
        break;
    case RULES_TOKEN_OTHER: /* another user of the machine */
        a->count = 0;
        a->integrity = SECURITY_MANDATORY_MEDIUM_RID;
        add(a, sid_of(L"S-1-5-21-1111-2222-3333-4444"), false);
        for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) add(a, sid_of(outside[i]), false);
        break;
    }
    LocalFree(interactive);
}

static void ask_as(asker *a) {
    HANDLE token = effective_token();
    DWORD size;
    TOKEN_USER *user = (void *)a->user;
    TOKEN_GROUPS *groups = (void *)a->groups;
    const bool has_less = reduced_find(token, &a->less);
    if (real.GetTokenInformation(token, TokenUser, user, sizeof a->user, &size))
        add(a, user->User.Sid, a->less.user_denied);
    if (real.GetTokenInformation(token, TokenGroups, groups, sizeof a->groups, &size))
        for (DWORD i = 0; i < groups->GroupCount; i++)
            if (groups->Groups[i].Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY))
                add(a, groups->Groups[i].Sid,
                    (groups->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0);
    for (DWORD i = 0; i < a->less.count; i++) a->second[a->second_count++] = (PSID)a->less.sids[i];
    a->integrity = has_less && a->less.has_integrity ? a->less.integrity : integrity_of(token);
    if (token) real.CloseHandle(token);
    change(a, rules_own->token);
}

static bool matches(PSID sid, PSID const *sids, const bool *deny_only, size_t count, bool allows) {
    for (size_t i = 0; i < count; i++)
        if (EqualSid(sid, sids[i]) && !(allows && deny_only && deny_only[i])) return true;
    return false;
}

/* The access list in its order: what is not granted before it is denied, or at the end, is refused. */
static bool list_grants(ACL *list, DWORD wanted, PSID const *sids, const bool *deny_only, size_t count) {
    DWORD left = wanted;
    for (WORD i = 0; list && i < list->AceCount && left; i++) {
        ACCESS_ALLOWED_ACE *ace;
        GENERIC_MAPPING map = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
        if (!GetAce(list, i, (void **)&ace) || ace->Header.AceFlags & INHERIT_ONLY_ACE) continue;
        bool allows = ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE;
        if (!allows && ace->Header.AceType != ACCESS_DENIED_ACE_TYPE) continue;
        if (!matches((PSID)&ace->SidStart, sids, deny_only, count, allows)) continue;
        DWORD mask = ace->Mask;
        MapGenericMask(&mask, &map);
        if (allows) left &= ~mask;
        else if (left & mask) return false;
    }
    return !list || !left;
}

/* No label is one of medium integrity that keeps lower ones from writing. */
static bool label_grants(BYTE *descriptor, DWORD wanted, DWORD integrity) {
    DWORD level = SECURITY_MANDATORY_MEDIUM_RID, policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    BOOL present = FALSE, defaulted;
    ACL *list = NULL;
    if (GetSecurityDescriptorSacl(descriptor, &present, &list, &defaulted) && present && list)
        for (WORD i = 0; i < list->AceCount; i++) {
            SYSTEM_MANDATORY_LABEL_ACE *ace;
            if (!GetAce(list, i, (void **)&ace) || ace->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
                continue;
            level = *GetSidSubAuthority((PSID)&ace->SidStart, 0);
            policy = ace->Mask;
        }
    if (integrity >= level) return true;
    DWORD writes = FILE_GENERIC_WRITE & ~(DWORD)(READ_CONTROL | SYNCHRONIZE),
          reads = FILE_GENERIC_READ & ~(DWORD)(READ_CONTROL | SYNCHRONIZE);
    writes |= DELETE | WRITE_DAC | WRITE_OWNER;
    if (policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP && wanted & writes) return false;
    return !(policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP && wanted & reads);
}

static bool grants(BYTE *descriptor, DWORD wanted) {
    BOOL present = FALSE, defaulted;
    ACL *list = NULL;
    PSID owner = NULL;
    asker *a = rules_allocate(sizeof *a);
    ask_as(a);
    GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted);
    GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
    if (!present) list = NULL; /* everything is granted */
    DWORD left = wanted;
    if (owner && matches(owner, a->sids, a->deny_only, a->count, true))
        left &= ~(DWORD)(READ_CONTROL | WRITE_DAC);
    bool granted = label_grants(descriptor, wanted, a->integrity) &&
                   list_grants(list, left, a->sids, a->deny_only, a->count) &&
                   (!a->second_count || list_grants(list, wanted, a->second, NULL, a->second_count));
    rules_free(a);
    return granted;
}

static DWORD mapped(DWORD wanted) {
    GENERIC_MAPPING map = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
    MapGenericMask(&wanted, &map);
    return wanted;
}

bool access_allowed(BYTE *descriptor, DWORD wanted) {
    return grants(descriptor, mapped(wanted));
}

bool access_allowed_client(BYTE *descriptor, DWORD wanted) {
    DWORD bits = mapped(wanted) & ~(DWORD)CREATE_INSTANCE;
    return grants(descriptor, bits | SYNCHRONIZE | FILE_READ_ATTRIBUTES);
}

/* Of a pipe without a descriptor: all for the system, administrators and its creator, reading for everybody.
 */
void access_keep(void *descriptor, BYTE *ret) {
    PSECURITY_DESCRIPTOR made = NULL;
    DWORD size = SHARED_DESCRIPTOR;
    if (!descriptor &&
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            L"D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)(A;;FR;;;AN)", SDDL_REVISION_1, &made, NULL))
        descriptor = made;
    if (!descriptor || !MakeSelfRelativeSD(descriptor, ret, &size)) {
        size = GetSecurityDescriptorLength(descriptor);
        if (size <= SHARED_DESCRIPTOR) memcpy(ret, descriptor, size); /* it was self-relative */
    }
    if (made) LocalFree(made);
}

void access_change(BYTE *descriptor, SECURITY_INFORMATION what, void *to) {
    SECURITY_DESCRIPTOR changed;
    BYTE kept[SHARED_DESCRIPTOR];
    PSID owner, group;
    PACL list, label;
    BOOL defaulted, present;
    memcpy(kept, descriptor, sizeof kept);
    InitializeSecurityDescriptor(&changed, SECURITY_DESCRIPTOR_REVISION);

    if (GetSecurityDescriptorOwner(what & OWNER_SECURITY_INFORMATION ? to : kept, &owner, &defaulted))
        SetSecurityDescriptorOwner(&changed, owner, FALSE);
    if (GetSecurityDescriptorGroup(what & GROUP_SECURITY_INFORMATION ? to : kept, &group, &defaulted))
        SetSecurityDescriptorGroup(&changed, group, FALSE);
    if (GetSecurityDescriptorDacl(what & DACL_SECURITY_INFORMATION ? to : kept, &present, &list, &defaulted))
        SetSecurityDescriptorDacl(&changed, present, list, FALSE);
    if (GetSecurityDescriptorSacl(what & LABEL_SECURITY_INFORMATION ? to : kept, &present, &label,
                                  &defaulted))
        SetSecurityDescriptorSacl(&changed, present, label, FALSE);
    access_keep(&changed, descriptor);
}
