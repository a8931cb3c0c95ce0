/* spawnctl policy explain --policy: evaluates a launch by this process, or by the user of --as, without a
 * broker. */
#include "client/ctl/policy.h"
#include "service/win32/facts.h"
#include "service/policy/sid.h"
#include "service/win32/text.h"
#include "service/win32/win.h"

#include <sddl.h>
#include <string.h>

enum { MEDIUM = 0x2000 };

static DWORD query(HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size) {
    return GetTokenInformation(token, class, out, size, &size) ? ERROR_SUCCESS : win_error();
}

/* Reads who this process is. */
static DWORD read_token(arena *a, HANDLE token, policy_facts *ret) {
    union {
        TOKEN_USER user;
        TOKEN_MANDATORY_LABEL label;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } u;
    DWORD session, container = 0, err;
    wchar_t *sid;

    if ((err = query(token, TokenUser, &u, sizeof u))) return err;
    if (!ConvertSidToStringSidW(u.user.User.Sid, &sid)) return win_error();
    ret->sid = text_utf8(a, sid);
    LocalFree(sid);
    if ((err = query(token, TokenSessionId, &session, sizeof session))) return err;
    if ((err = query(token, TokenIntegrityLevel, &u, sizeof u))) return err;
    DWORD parts = *GetSidSubAuthorityCount(u.label.Label.Sid);
    ret->session = session;
    ret->integrity = parts ? *GetSidSubAuthority(u.label.Label.Sid, parts - 1) : 0;
    query(token, TokenIsAppContainer, &container,
          sizeof container); /* a system without app containers fails here: no process is in one */
    ret->sandboxed = container || IsTokenRestricted(token) || ret->integrity < MEDIUM;

    return ret->sid ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static const char *own_image(arena *a) {
    wchar_t path[MAX_PATH];
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    return length && length < MAX_PATH ? text_utf8_lossy(a, path) : "";
}

/* Makes the facts about the user of --as: a member of the groups of every logged-on user, and of each
 * --group. */
static int other_user(ctl *c, const msg_explain *what, facts *f, policy_facts *who) {
    const char **groups = arena_array(c->arena, what->group_count + 2, sizeof *groups);
    if (!groups) return CTL_EXIT_FAILED;
    groups[f->group_count++] = sid_of("WD");
    groups[f->group_count++] = sid_of("AU");
    for (size_t i = 0; i < what->group_count; i++)
        if (!(groups[f->group_count++] = sid_of(what->groups[i]))) return ctl_usage(c, "--group needs a SID");
    if (!(who->sid = sid_of(what->as))) return ctl_usage(c, "--as needs a SID");
    f->groups = groups;
    who->integrity = MEDIUM;
    who->sandboxed = false;
    return CTL_EXIT_OK;
}

int policy_ask_here(ctl *c, const policy *p, const msg_explain *what, msg_explained *ret) {
    HANDLE own = NULL;
    facts f = {.memory = c->arena,
               .application = what->application,
               .caller_image = own_image(c->arena),
               .hash = policy_settings_of(p)->hash};
    policy_facts who = {.image = f.caller_image,
                        .application = what->application,
                        .command_line = what->command_line,
                        .handle_count = what->handle_count,
                        .lifetime = what->lifetime,
                        .ask = &facts_oracle,
                        .context = &f};
    int result = CTL_EXIT_FAILED;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &own) ||
        read_token(c->arena, own, &who))
        goto done;

    if (what->as) {
        if ((result = other_user(c, what, &f, &who))) goto done;
    } else if (!DuplicateTokenEx(own, TOKEN_QUERY, NULL, SecurityIdentification, TokenImpersonation,
                                 &f.token)) {
        goto done;
    }
    result = policy_explain(p, &who, c->arena, ret) ? CTL_EXIT_OK : CTL_EXIT_FAILED;

done:
    if (result == CTL_EXIT_FAILED)
        out_printf(STD_ERROR_HANDLE, "spawnctl policy: cannot read the token of this process\n");
    facts_close(&f);
    win_close(&f.token);
    win_close(&own);

    return result;
}
