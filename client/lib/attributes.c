#include "client/lib/attributes.h"

#include <string.h>

/* PROC_THREAD_ATTRIBUTE_... as numbers: not every version of winbase.h has all of them. */
enum { MITIGATION_POLICY = 0x20007, CHILD_PROCESS_POLICY = 0x2000E };

static const struct {
    DWORD_PTR key;
    const wchar_t *name;
    const wchar_t *reason; /* why the attribute is not supported; NULL: it is supported */
} known[] = {
    {0x20000, L"PARENT_PROCESS",
     L"the parent is always the broker; other options give the child what it needs from its caller"},
    {0x20002, L"HANDLE_LIST", L"name the handles in sb_spawn_options.handles"},
    {0x30003, L"GROUP_AFFINITY", L"use sb_spawn_options.affinity"},
    {0x20004, L"PREFERRED_NODE", L"use sb_spawn_options.affinity"},
    {0x30005, L"IDEAL_PROCESSOR", L"a program sets it for its own threads"},
    {0x30006, L"UMS_THREAD", L"Windows no longer has such threads"},
    {MITIGATION_POLICY, L"MITIGATION_POLICY", NULL},
    {0x20009, L"SECURITY_CAPABILITIES", L"a child has its caller's token, not that of an AppContainer"},
    {0x2000B, L"PROTECTION_LEVEL", L"a protected process cannot inherit handles"},
    {0x2000D, L"JOB_LIST", L"the child's job is the broker's: use lifetime and limits"},
    {CHILD_PROCESS_POLICY, L"CHILD_PROCESS_POLICY", NULL},
    {0x2000F, L"ALL_APPLICATION_PACKAGES_POLICY",
     L"a child has its caller's token, not that of an AppContainer"},
    {0x20010, L"WIN32K_FILTER", L"disable win32k system calls altogether, with MITIGATION_POLICY"},
    {0x20011, L"SAFE_OPEN_PROMPT_ORIGIN_CLAIM", L"only the shell uses it"},
    {0x20012, L"DESKTOP_APP_POLICY", L"it is for packaged programs"},
    {0x20013, L"BNO_ISOLATION", L"the child finds objects by name as its caller does"},
    {0x20016, L"PSEUDOCONSOLE",
     L"an HPCON is memory of your process. Launch a program that makes the pseudo console itself, or give the "
     L"child pipes as standard handles"},
    {0x20018, L"MITIGATION_AUDIT_POLICY", L"use MITIGATION_POLICY"},
    {0x20019, L"MACHINE_TYPE", L"the program's own machine is used"},
    {0x2001A, L"COMPONENT_FILTER", L"it is not supported"},
    {0x3001B, L"ENABLE_OPTIONAL_XSTATE_FEATURES", L"a program sets it for itself"},
    {0x2001D, L"TRUSTED_APP", L"it is for packaged programs"},
};

enum { KNOWN = sizeof known / sizeof *known };

static DWORD refuse(DWORD code, const wchar_t *name, const wchar_t *reason, sb_error *ret_error) {
    return error_set(ret_error, code, SB_STAGE_DECODE, L"Attribute PROC_THREAD_ATTRIBUTE_%ls: %ls.", name,
                     reason);
}

/* Reads a value of 4, 8 or 16 bytes, as Windows takes it. */
static DWORD read_mitigations(const sb_attribute *given, const wchar_t *name, msg_attributes *ret,
                              sb_error *ret_error) {
    if (given->size == sizeof(DWORD)) ret->mitigations[0] = *(const DWORD *)given->value;
    else if (given->size == sizeof(uint64_t) || given->size == sizeof ret->mitigations)
        memcpy(ret->mitigations, given->value, given->size);
    else return refuse(ERROR_BAD_LENGTH, name, L"its size is not 4, 8 or 16", ret_error);
    return ERROR_SUCCESS;
}

static DWORD read_child_policy(const sb_attribute *given, const wchar_t *name, msg_attributes *ret,
                               sb_error *ret_error) {
    if (given->size != sizeof(DWORD)) return refuse(ERROR_BAD_LENGTH, name, L"its size is not 4", ret_error);
    DWORD policy = *(const DWORD *)given->value;
    if (policy & ~(DWORD)1) /* PROCESS_CREATION_CHILD_PROCESS_RESTRICTED */
        return refuse(ERROR_NOT_SUPPORTED, name,
                      L"only PROCESS_CREATION_CHILD_PROCESS_RESTRICTED is supported", ret_error);
    ret->no_child_processes = policy != 0;
    return ERROR_SUCCESS;
}

static DWORD read_one(const sb_attribute *given, unsigned *seen, msg_attributes *ret, sb_error *ret_error) {
    size_t i = 0;
    while (i < KNOWN && known[i].key != given->attribute) i++;
    if (i == KNOWN)
        return error_set(ret_error, ERROR_NOT_SUPPORTED, SB_STAGE_DECODE,
                         L"Attribute 0x%lx is not known to this library.", (unsigned long)given->attribute);
    const wchar_t *name = known[i].name;
    if (known[i].reason) return refuse(ERROR_NOT_SUPPORTED, name, known[i].reason, ret_error);
    if (!given->value) return refuse(ERROR_INVALID_PARAMETER, name, L"its value is NULL", ret_error);
    if (*seen & 1u << i) return refuse(ERROR_INVALID_PARAMETER, name, L"it is given twice", ret_error);
    *seen |= 1u << i;
    return known[i].key == MITIGATION_POLICY ? read_mitigations(given, name, ret, ret_error)
                                             : read_child_policy(given, name, ret, ret_error);
}

DWORD attributes_read(const sb_attribute *list, size_t count, msg_attributes *ret, sb_error *ret_error) {
    unsigned seen = 0;
    DWORD err = ERROR_SUCCESS;
    if (count && !list)
        return error_set(ret_error, ERROR_INVALID_PARAMETER, SB_STAGE_NONE,
                         L"sb_spawn_options.attributes is NULL, but attribute_count is not 0.");
    for (size_t i = 0; i < count && !err; i++) err = read_one(&list[i], &seen, ret, ret_error);
    return err;
}
