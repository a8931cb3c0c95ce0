/* Rule 7, the list of handles. Sources: the page of UpdateProcThreadAttribute; moonbitlang/async#592 for a
 * handle that is listed twice. Wine 8 lets all of this through, and an empty list inherits everything. */
#include "tests/rules/lists.h"

#include <string.h>

static rules_list *find_list(const void *list) {
    for (size_t i = 0; i < RULES_LISTS; i++)
        if (rules_own->lists[i].list == list) return &rules_own->lists[i];
    return NULL;
}

static void forget(rules_list *row) {
    for (size_t i = 0; i < row->count; i++) rules_free(row->attributes[i].copy);
    *row = (rules_list){0};
}

BOOL WINAPI rules_InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD count,
                                                    DWORD flags, PSIZE_T size) {
    if (!real.InitializeProcThreadAttributeList(list, count, flags, size)) return FALSE;
    AcquireSRWLockExclusive(&rules_own->lock);
    rules_list *row = find_list(list);
    if (row) forget(row); /* never deleted, and its memory used again */
    else row = find_list(NULL);
    if (row) row->list = list;
    ReleaseSRWLockExclusive(&rules_own->lock);
    if (!row) rules_say("more than %d attribute lists: one is not looked at", RULES_LISTS);
    return TRUE;
}

void WINAPI rules_DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list) {
    AcquireSRWLockExclusive(&rules_own->lock);
    rules_list *row = list ? find_list(list) : NULL;
    if (row) forget(row);
    ReleaseSRWLockExclusive(&rules_own->lock);
    real.DeleteProcThreadAttributeList(list);
}

static void remember(LPPROC_THREAD_ATTRIBUTE_LIST list, const rules_attribute *one) {
    AcquireSRWLockExclusive(&rules_own->lock);
    rules_list *row = find_list(list);
    if (row && row->count < RULES_ATTRIBUTES) {
        rules_attribute *added = &row->attributes[row->count++];
        *added = *one;
        added->copy = rules_allocate(one->size);
        memcpy(added->copy, one->value, one->size);
    }
    ReleaseSRWLockExclusive(&rules_own->lock);
}

BOOL WINAPI rules_UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags, DWORD_PTR key,
                                            PVOID value, SIZE_T size, PVOID before, PSIZE_T before_size) {
    if (rules_on(RULES_HANDLE_LIST) && key == PROC_THREAD_ATTRIBUTE_HANDLE_LIST &&
        (!size || size % sizeof(HANDLE)))
        return rules_fail(ERROR_BAD_LENGTH);
    if (!real.UpdateProcThreadAttribute(list, flags, key, value, size, before, before_size)) return FALSE;
    remember(list, &(rules_attribute){.key = key, .value = value, .size = size});
    return TRUE;
}

/* Windows takes the values at the call: memory that was changed, or freed and used again, has others. No
 * program of ours changes them on purpose. */
static bool unchanged(const rules_attribute *a) {
    MEMORY_BASIC_INFORMATION memory;
    if (VirtualQuery(a->value, &memory, sizeof memory) && memory.State == MEM_COMMIT &&
        !(memory.Protect & (PAGE_NOACCESS | PAGE_GUARD)) && !memcmp(a->value, a->copy, a->size))
        return true;
    rules_say("the memory of attribute %#zx has changed since UpdateProcThreadAttribute", (size_t)a->key);
    return false;
}

bool lists_get(const void *list, DWORD_PTR key, rules_attribute *ret) {
    AcquireSRWLockShared(&rules_own->lock);
    const rules_list *row = list ? find_list(list) : NULL;
    const rules_attribute *found = NULL;
    for (size_t i = 0; row && i < row->count; i++)
        if (row->attributes[i].key == key) found = &row->attributes[i];
    if (found) *ret = *found;
    ReleaseSRWLockShared(&rules_own->lock);
    return found != NULL;
}

static bool has_access(HANDLE handle, ACCESS_MASK access) {
    struct {
        ULONG attributes, access, rest[12];
    } basic;
    LONG(NTAPI * query)(HANDLE, ULONG, void *, ULONG, ULONG *);
    rules_ntdll("NtQueryObject", &query);
    return query(handle, 0, &basic, sizeof basic, NULL) >= 0 && (basic.access & access) == access;
}

static DWORD check_handles(const rules_attribute *a, bool of_parent, bool inherit) {
    const HANDLE *handles = a->copy;
    size_t count = a->size / sizeof *handles;
    if (!inherit) return ERROR_INVALID_PARAMETER;
    if (count == 1 && !handles[0]) return ERROR_SUCCESS; /* inherits nothing */
    for (size_t i = 0; i < count; i++) {
        DWORD flags;
        LONG_PTR value = (LONG_PTR)handles[i];
        if (!value || (value < 0 && value >= -6)) return ERROR_INVALID_PARAMETER;
        for (size_t j = 0; j < i; j++)
            if (handles[i] == handles[j]) return ERROR_INVALID_PARAMETER;
        if (of_parent) continue; /* the values are of the other process's table */
        if (!GetHandleInformation(handles[i], &flags) || !(flags & HANDLE_FLAG_INHERIT))
            return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

DWORD lists_check(const void *list, bool inherit) {
    rules_attribute a, parent;
    DWORD err = ERROR_SUCCESS;
    AcquireSRWLockShared(&rules_own->lock);
    const rules_list *row = list ? find_list(list) : NULL;
    for (size_t i = 0; row && i < row->count; i++)
        if (!unchanged(&row->attributes[i])) err = ERROR_INVALID_PARAMETER;
    ReleaseSRWLockShared(&rules_own->lock);
    if (err) return err;
    bool of_parent = lists_get(list, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent);
    if (of_parent && !has_access(*(HANDLE *)parent.copy, PROCESS_CREATE_PROCESS)) return ERROR_ACCESS_DENIED;
    return lists_get(list, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &a) ? check_handles(&a, of_parent, inherit)
                                                                  : ERROR_SUCCESS;
}
