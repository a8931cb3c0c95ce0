#include "service/win32/token_compare.h"

#include <stdlib.h>
#include <string.h>

DWORD token_rights_read(HANDLE token, token_rights *ret) {
    token_rights rights = {0};
    void *groups = NULL, *restricting = NULL, *privileges = NULL;
    DWORD err = token_identify(token, &rights.identity);
    if (!err) err = token_read(token, TokenGroups, &groups);
    if (!err && rights.identity.restricted) err = token_read(token, TokenRestrictedSids, &restricting);
    if (!err) err = token_read(token, TokenPrivileges, &privileges);

    rights.groups = groups;
    rights.restricting = restricting;
    rights.privileges = privileges;
    if (err) token_rights_free(&rights);
    else *ret = rights;
    return err;
}

void token_rights_free(token_rights *rights) {
    free(rights->groups);
    free(rights->restricting);
    free(rights->privileges);
    rights->groups = rights->restricting = NULL;
    rights->privileges = NULL;
}

/* ---- parts ---- */

/* The attributes by which a group grants access, or only denies it. */
enum { COUNTS = SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY };

static DWORD counts(const SID_AND_ATTRIBUTES *group) {
    return group->Attributes & COUNTS;
}

/* Returns whether the list has the group, with the same effect. */
static bool has_group(const TOKEN_GROUPS *list, const SID_AND_ATTRIBUTES *group) {
    for (DWORD i = 0; list && i < list->GroupCount; i++)
        if (EqualSid(list->Groups[i].Sid, group->Sid)) return counts(&list->Groups[i]) == counts(group);
    return false;
}

static bool is_any(const SID_AND_ATTRIBUTES *group) {
    return group != NULL;
}

static bool grants(const SID_AND_ATTRIBUTES *group) {
    return counts(group) == SE_GROUP_ENABLED;
}

static bool grants_or_denies(const SID_AND_ATTRIBUTES *group) {
    return counts(group) != 0;
}

/* Returns whether `list` has all those groups of `part`. */
static bool has_groups(const TOKEN_GROUPS *list, const TOKEN_GROUPS *part,
                       bool (*which)(const SID_AND_ATTRIBUTES *group)) {
    for (DWORD i = 0; part && i < part->GroupCount; i++)
        if (which(&part->Groups[i]) && !has_group(list, &part->Groups[i])) return false;
    return true;
}

static bool same_groups(const TOKEN_GROUPS *a, const TOKEN_GROUPS *b) {
    if (!a || !b) return !a == !b;
    return a->GroupCount == b->GroupCount && has_groups(b, a, is_any);
}

static bool has_privilege(const TOKEN_PRIVILEGES *list, LUID one) {
    for (DWORD i = 0; i < list->PrivilegeCount; i++)
        if (list->Privileges[i].Luid.LowPart == one.LowPart &&
            list->Privileges[i].Luid.HighPart == one.HighPart)
            return true;
    return false;
}

/* Returns whether `list` has all privileges of `part`, or all that are enabled there. */
static bool has_privileges(const TOKEN_PRIVILEGES *list, const TOKEN_PRIVILEGES *part, bool enabled_only) {
    for (DWORD i = 0; i < part->PrivilegeCount; i++) {
        const LUID_AND_ATTRIBUTES *one = &part->Privileges[i];
        if ((!enabled_only || one->Attributes & SE_PRIVILEGE_ENABLED) && !has_privilege(list, one->Luid))
            return false;
    }
    return true;
}

static bool same_logon(const token_identity *a, const token_identity *b) {
    return EqualSid((PSID)(ULONG_PTR)a->user, (PSID)(ULONG_PTR)b->user) &&
           a->logon.LowPart == b->logon.LowPart && a->logon.HighPart == b->logon.HighPart &&
           a->session == b->session && a->app_container == b->app_container &&
           !memcmp(a->package, b->package, sizeof a->package);
}

static bool same_identity(const token_identity *a, const token_identity *b) {
    return same_logon(a, b) && a->restricted == b->restricted && a->integrity == b->integrity;
}

/* ---- comparisons ---- */

bool token_rights_same(const token_rights *a, const token_rights *b) {
    return same_identity(&a->identity, &b->identity) && same_groups(a->groups, b->groups) &&
           same_groups(a->restricting, b->restricting) &&
           a->privileges->PrivilegeCount == b->privileges->PrivilegeCount &&
           has_privileges(b->privileges, a->privileges, false);
}

bool token_rights_within(const token_rights *part, const token_rights *whole) {
    const token_identity *x = &part->identity, *y = &whole->identity;
    return same_logon(x, y) && x->integrity <= y->integrity && (x->restricted || !y->restricted) &&
           has_groups(whole->groups, part->groups, grants) &&
           has_privileges(whole->privileges, part->privileges, false);
}

bool token_rights_effective(const token_rights *part, const token_rights *whole) {
    return same_identity(&part->identity, &whole->identity) &&
           same_groups(part->restricting, whole->restricting) &&
           has_groups(whole->groups, part->groups, is_any) &&
           has_groups(part->groups, whole->groups, grants_or_denies) &&
           has_privileges(whole->privileges, part->privileges, false) &&
           has_privileges(part->privileges, whole->privileges, true);
}

/* ---- of handles ---- */

static DWORD compare(HANDLE a, HANDLE b, bool (*holds)(const token_rights *, const token_rights *),
                     bool *ret) {
    token_rights x = {0}, y = {0};
    DWORD err = token_rights_read(a, &x);
    if (!err) err = token_rights_read(b, &y);
    if (!err) *ret = holds(&x, &y);
    token_rights_free(&x);
    token_rights_free(&y);
    return err;
}

DWORD token_same(HANDLE a, HANDLE b, bool *ret) {
    return compare(a, b, token_rights_same, ret);
}

DWORD token_within(HANDLE part, HANDLE whole, bool *ret) {
    return compare(part, whole, token_rights_within, ret);
}
