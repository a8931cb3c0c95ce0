#include "proto/fields.h"
#include "proto/message_check.h"

/* Process creation flags, as WinBase.h numbers them. */
enum { ALLOWED, PRIORITY, REFUSED };

static const struct {
    uint32_t flag;
    int rule;
    const char *name, *reason;
} flags_known[] = {
    {0x00000001, REFUSED, "DEBUG_PROCESS", "the broker would be its debugger"},
    {0x00000002, REFUSED, "DEBUG_ONLY_THIS_PROCESS", "the broker would be its debugger"},
    {0x00000004, ALLOWED, "CREATE_SUSPENDED", ""},
    {0x00000008, ALLOWED, "DETACHED_PROCESS", ""},
    {0x00000010, ALLOWED, "CREATE_NEW_CONSOLE", ""},
    {0x00000020, PRIORITY, "NORMAL_PRIORITY_CLASS", ""},
    {0x00000040, PRIORITY, "IDLE_PRIORITY_CLASS", ""},
    {0x00000080, PRIORITY, "HIGH_PRIORITY_CLASS", ""},
    {0x00000100, REFUSED, "REALTIME_PRIORITY_CLASS", "it can stop the machine"},
    {0x00000200, ALLOWED, "CREATE_NEW_PROCESS_GROUP", ""},
    {0x00000400, ALLOWED, "CREATE_UNICODE_ENVIRONMENT", ""},
    {0x00000800, REFUSED, "CREATE_SEPARATE_WOW_VDM", "there are no 16-bit programs"},
    {0x00001000, REFUSED, "CREATE_SHARED_WOW_VDM", "there are no 16-bit programs"},
    {0x00002000, REFUSED, "CREATE_FORCEDOS", "there are no 16-bit programs"},
    {0x00004000, PRIORITY, "BELOW_NORMAL_PRIORITY_CLASS", ""},
    {0x00008000, PRIORITY, "ABOVE_NORMAL_PRIORITY_CLASS", ""},
    {0x00010000, REFUSED, "INHERIT_PARENT_AFFINITY", "it would be the broker's"},
    {0x00020000, REFUSED, "INHERIT_CALLER_PRIORITY", "it would be the broker's"},
    {0x00040000, REFUSED, "CREATE_PROTECTED_PROCESS", "a protected process takes no handles"},
    {0x00080000, REFUSED, "EXTENDED_STARTUPINFO_PRESENT", "name attributes in the launch's own field"},
    {0x00100000, REFUSED, "PROCESS_MODE_BACKGROUND_BEGIN", "a process sets it for itself"},
    {0x00200000, REFUSED, "PROCESS_MODE_BACKGROUND_END", "a process sets it for itself"},
    {0x00400000, REFUSED, "CREATE_SECURE_PROCESS", "a secure process takes no handles"},
    {0x01000000, REFUSED, "CREATE_BREAKAWAY_FROM_JOB", "ask for the lifetime detached"},
    {0x02000000, REFUSED, "CREATE_PRESERVE_CODE_AUTHZ_LEVEL", "it would go around the machine's policy"},
    {0x04000000, ALLOWED, "CREATE_DEFAULT_ERROR_MODE", ""},
    {0x08000000, ALLOWED, "CREATE_NO_WINDOW", ""},
    {0x10000000, REFUSED, "PROFILE_USER", "Windows keeps it for itself"},
    {0x20000000, REFUSED, "PROFILE_KERNEL", "Windows keeps it for itself"},
    {0x40000000, REFUSED, "PROFILE_SERVER", "Windows keeps it for itself"},
    {0x80000000, REFUSED, "CREATE_IGNORE_SYSTEM_DEFAULT", "Windows keeps it for itself"},
};

enum { DETACHED_PROCESS_FLAG = 0x8, NEW_CONSOLE_FLAG = 0x10 };

fault_kind message_check_flags(uint32_t flags, fault *ret_fault) {
    const char *where = FIELD_NAME(msg_spawn, creation_flags);
    uint32_t unknown = flags;
    const char *priority = NULL;

    for (size_t i = 0; i < sizeof flags_known / sizeof *flags_known; i++) {
        const char *name = flags_known[i].name;
        if (!(flags & flags_known[i].flag)) continue;
        unknown &= ~flags_known[i].flag;

        if (flags_known[i].rule == REFUSED) {
            fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_NOT_SUPPORTED, "creation flag %s: %s",
                      name, flags_known[i].reason);
            return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", where);
        }

        if (flags_known[i].rule != PRIORITY) continue;
        if (priority) {
            fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                      "creation flags %s and %s: one priority at most", priority, name);
            return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", where);
        }
        priority = name;
    }

    if (unknown)
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_NOT_SUPPORTED,
                  "creation flag 0x%08X is not known", (unsigned)unknown);
    else if ((flags & DETACHED_PROCESS_FLAG) && (flags & NEW_CONSOLE_FLAG))
        fault_set(ret_fault, FAULT_BAD_VALUE, STAGE_DECODE, WIN32_INVALID_PARAMETER,
                  "creation flags DETACHED_PROCESS and CREATE_NEW_CONSOLE contradict each other");
    else return FAULT_NONE;
    return message_fault_at(ret_fault, FAULT_NO_HANDLE, "params.%s", where);
}
