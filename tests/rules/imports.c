#include "tests/rules/imports.h"

bool imports_each(HMODULE module, imports_visit *visit, void *context) {
    BYTE *base = (BYTE *)module;
    const IMAGE_NT_HEADERS *nt = (void *)(base + ((const IMAGE_DOS_HEADER *)(void *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *at = &nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    const IMAGE_IMPORT_DESCRIPTOR *dll = (void *)(base + at->VirtualAddress);
    bool all = true;
    for (; at->VirtualAddress && dll->Name; dll++) {
        const IMAGE_THUNK_DATA *names = (void *)(base + dll->OriginalFirstThunk);
        uintptr_t *slots = (void *)(base + dll->FirstThunk);
        for (; names->u1.AddressOfData; names++, slots++) {
            if (IMAGE_SNAP_BY_ORDINAL(names->u1.Ordinal)) continue;
            const IMAGE_IMPORT_BY_NAME *import = (void *)(base + names->u1.AddressOfData);
            bool good = visit(context, (const char *)base + dll->Name, (const char *)import->Name, slots);
            all = all && good;
        }
    }
    return all;
}

uintptr_t imports_replace(uintptr_t *slot, uintptr_t function) {
    DWORD before;
    uintptr_t had = *slot;
    if (!VirtualProtect(slot, sizeof *slot, PAGE_READWRITE, &before)) return 0;
    *slot = function;
    return VirtualProtect(slot, sizeof *slot, before, &before) ? had : 0;
}
