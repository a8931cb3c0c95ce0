#include "service/win32/reduce.h"

#include "service/win32/text.h"
#include "service/win32/token.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reduce_wanted(const msg_reduce *what) {
    return what->drop_privileges || what->deny_group_count || what->low_integrity || what->restricted;
}

static fault_kind fail(fault *ret_fault, DWORD err, const char *field, const char *what) {
    win_fault(ret_fault, FAULT_LAUNCH_FAILED, STAGE_CREATE, err, "%s", what);
    snprintf(ret_fault->field, sizeof ret_fault->field, "params.reduce%s%s", *field ? "." : "", field);
    return ret_fault->kind;
}

/* The arguments of CreateRestrictedToken; for parts_free. */
typedef struct parts {
    TOKEN_PRIVILEGES *privileges; /* that are deleted */
    SID_AND_ATTRIBUTES *denied;
    size_t denied_count;
    TOKEN_GROUPS *groups; /* of base */
    SID_AND_ATTRIBUTES only[4];
    BYTE sids[3][SECURITY_MAX_SID_SIZE];
    DWORD only_count;
} parts;

static void parts_free(parts *p) {
    for (size_t i = 0; i < p->denied_count; i++) LocalFree(p->denied[i].Sid);
    free(p->denied);
    free(p->privileges);
    free(p->groups);
}

/* Takes all privileges except SeChangeNotify, without which few programs work. */
static DWORD take_privileges(HANDLE base, parts *p) {
    LUID keep;
    DWORD kept = 0;
    void *all;
    if (!LookupPrivilegeValueW(NULL, SE_CHANGE_NOTIFY_NAME, &keep)) return win_error();
    DWORD err = token_read(base, TokenPrivileges, &all);
    if (err) return err;
    p->privileges = all;
    for (DWORD i = 0; i < p->privileges->PrivilegeCount; i++) {
        LUID_AND_ATTRIBUTES one = {.Luid = p->privileges->Privileges[i].Luid};
        if (one.Luid.LowPart != keep.LowPart || one.Luid.HighPart != keep.HighPart)
            p->privileges->Privileges[kept++] = one;
    }
    p->privileges->PrivilegeCount = kept;
    return ERROR_SUCCESS;
}

static fault_kind take_denied(arena *a, const msg_reduce *what, parts *p, fault *ret_fault) {
    if (!(p->denied = calloc(what->deny_group_count + 1, sizeof *p->denied)))
        return fail(ret_fault, ERROR_NOT_ENOUGH_MEMORY, "deny_groups", "out of memory");
    for (size_t i = 0; i < what->deny_group_count; i++) {
        wchar_t *wide = text_wide(a, what->deny_groups[i]);
        if (!wide || !ConvertStringSidToSidW(wide, &p->denied[i].Sid)) {
            fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_CREATE, ERROR_INVALID_SID, "\"%.100s\" is not a SID",
                      what->deny_groups[i]);
            snprintf(ret_fault->field, sizeof ret_fault->field, "params.reduce.deny_groups[%zu]", i);
            return ret_fault->kind;
        }
        p->denied_count++;
    }
    return FAULT_NONE;
}

/* Restricts the token to what Everyone, Users, restricted code and the logon session may access. */
static DWORD take_restricting(HANDLE base, parts *p) {
    static const WELL_KNOWN_SID_TYPE types[] = {WinWorldSid, WinBuiltinUsersSid, WinRestrictedCodeSid};
    void *groups;
    DWORD err = token_read(base, TokenGroups, &groups);
    if (err) return err;
    p->groups = groups;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        DWORD size = sizeof p->sids[i];
        if (!CreateWellKnownSid(types[i], NULL, p->sids[i], &size)) return win_error();
        p->only[p->only_count++].Sid = p->sids[i];
    }
    for (DWORD i = 0; i < p->groups->GroupCount && p->only_count < 4; i++)
        if ((p->groups->Groups[i].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID)
            p->only[p->only_count++].Sid = p->groups->Groups[i].Sid;
    return ERROR_SUCCESS;
}

static DWORD lower(HANDLE token) {
    token_identity now;
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof sid, err = token_identify(token, &now);
    TOKEN_MANDATORY_LABEL label = {.Label = {.Sid = sid, .Attributes = SE_GROUP_INTEGRITY}};
    if (err || now.integrity <= SECURITY_MANDATORY_LOW_RID) return err;
    return CreateWellKnownSid(WinLowLabelSid, NULL, sid, &size) &&
                   SetTokenInformation(token, TokenIntegrityLevel, &label, sizeof label + size)
               ? ERROR_SUCCESS
               : win_error();
}

/* Sets the default access list: the system, the user and, for a restricted token, the logon session. Without
 * it the child could not open objects that it creates, nor its own process: the default list of an elevated
 * token names the administrators only, and the objects of a restricted token must name one of its restricting
 * SIDs. */
static DWORD own_defaults(arena *a, HANDLE token, const msg_reduce *what, const parts *p) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    TOKEN_DEFAULT_DACL defaults = {0};
    BOOL present, defaulted;
    wchar_t *logon = NULL;
    char *user = token_sid_text(a, token), *session = NULL;
    if (what->restricted && p->only_count == 4 && ConvertSidToStringSidW(p->only[3].Sid, &logon))
        session = text_utf8(a, logon);
    LocalFree(logon);

    const char *more = session ? arena_printf(a, "(A;;GA;;;%s)", session) : "";
    wchar_t *text =
        user && more ? text_wide(a, arena_printf(a, "D:(A;;GA;;;SY)(A;;GA;;;%s)%s", user, more)) : NULL;
    if (!text) return ERROR_NOT_ENOUGH_MEMORY;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL))
        return win_error();

    DWORD err = GetSecurityDescriptorDacl(descriptor, &present, &defaults.DefaultDacl, &defaulted) &&
                        SetTokenInformation(token, TokenDefaultDacl, &defaults, sizeof defaults)
                    ? ERROR_SUCCESS
                    : win_error();
    LocalFree(descriptor);
    return err;
}

/* Whether the token grants nothing by that SID. True also for a SID that the token does not have. */
static bool is_denied(const TOKEN_GROUPS *groups, const TOKEN_USER *user, PSID sid) {
    if (EqualSid(user->User.Sid, sid)) return user->User.Attributes & SE_GROUP_USE_FOR_DENY_ONLY;
    for (DWORD i = 0; i < groups->GroupCount; i++)
        if (EqualSid(groups->Groups[i].Sid, sid))
            return groups->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY;
    return true;
}

static DWORD check_denied(HANDLE token, const parts *p) {
    void *groups = NULL, *user = NULL;
    DWORD err = token_read(token, TokenGroups, &groups);
    if (!err) err = token_read(token, TokenUser, &user);
    for (size_t i = 0; !err && i < p->denied_count; i++)
        if (!is_denied(groups, user, p->denied[i].Sid)) err = ERROR_NOT_SUPPORTED;
    free(groups);
    free(user);
    return err;
}

static DWORD check_privileges(HANDLE token) {
    void *all;
    DWORD err = token_read(token, TokenPrivileges, &all);
    if (err) return err;
    if (((TOKEN_PRIVILEGES *)all)->PrivilegeCount > 1) err = ERROR_NOT_SUPPORTED;
    free(all);
    return err;
}

/* Checks that Windows applied every reduction and added no rights. */
static fault_kind check(HANDLE base, HANDLE token, const msg_reduce *what, const parts *p, fault *ret_fault) {
    static const char not_done[] = "Windows made a token, but did not apply this reduction";
    token_identity now;
    bool less = false;
    DWORD err = token_identify(token, &now);
    if (!err) err = token_within(token, base, &less);
    if (!err && !less) err = ERROR_BAD_TOKEN_TYPE;
    if (err) return fail(ret_fault, err, "", "the child's token gives more than its caller's");

    if (what->drop_privileges && (err = check_privileges(token)))
        return fail(ret_fault, err, "drop_privileges", not_done);
    if ((err = check_denied(token, p))) return fail(ret_fault, err, "deny_groups", not_done);
    if (what->low_integrity && now.integrity > SECURITY_MANDATORY_LOW_RID)
        return fail(ret_fault, ERROR_NOT_SUPPORTED, "low_integrity", not_done);
    if (what->restricted && !now.restricted)
        return fail(ret_fault, ERROR_NOT_SUPPORTED, "restricted", not_done);
    return FAULT_NONE;
}

fault_kind reduce_token(arena *a, HANDLE base, const msg_reduce *what, HANDLE *ret, fault *ret_fault) {
    parts p = {0};
    HANDLE token = NULL;
    DWORD err = what->drop_privileges ? take_privileges(base, &p) : ERROR_SUCCESS;

    fault_kind kind =
        err ? fail(ret_fault, err, "drop_privileges", "cannot read the privileges") : FAULT_NONE;
    if (!kind) kind = take_denied(a, what, &p, ret_fault);
    if (!kind && what->restricted && (err = take_restricting(base, &p)))
        kind = fail(ret_fault, err, "restricted", "cannot read the groups");
    if (!kind &&
        !CreateRestrictedToken(base, 0, (DWORD)p.denied_count, p.denied,
                               p.privileges ? p.privileges->PrivilegeCount : 0,
                               p.privileges ? p.privileges->Privileges : NULL, p.only_count, p.only, &token))
        kind = fail(ret_fault, win_error(), "", "cannot make the child's token");

    if (!kind && (what->deny_group_count || what->restricted) && (err = own_defaults(a, token, what, &p)))
        kind = fail(ret_fault, err, "", "cannot set the child's default access list");
    if (!kind && what->low_integrity && (err = lower(token)))
        kind = fail(ret_fault, err, "low_integrity", "cannot lower the child's integrity");
    if (!kind) kind = check(base, token, what, &p, ret_fault);

    parts_free(&p);
    if (kind) win_close(&token);
    else *ret = token;
    return kind;
}

DWORD reduce_check(HANDLE token, HANDLE process) {
    HANDLE its;
    bool within = false;
    if (!OpenProcessToken(process, TOKEN_QUERY, &its)) return win_error();
    DWORD err = token_within(its, token, &within);
    CloseHandle(its);
    return err || within ? err : ERROR_BAD_TOKEN_TYPE;
}
