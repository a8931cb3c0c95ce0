#include "service/broker/harden.h"

#include "service/win32/nt.h"

#include <stdbool.h>
#include <stdlib.h>

/* Clears the inherit flag of all handles. The broker inherited some, the standard handles among them, and its
 * children must not get them. */
static void keep_handles(void) {
    nt_handle *table;
    size_t count;
    if (nt_handle_table(GetCurrentProcess(), GetCurrentProcessId(), &table, &count)) return;
    for (size_t i = 0; i < count; i++)
        if (table[i].inheritable) SetHandleInformation(table[i].value, HANDLE_FLAG_INHERIT, 0);
    free(table);
}

/* Not used: the error mode and SetDllDirectory, which children inherit; strict handle checks, because a
 * caller's handle could end the broker; dynamic code and signature policies, which monitoring software cannot
 * live with; redirection trust, which rejects a caller's own links in paths; NoRemoteImages, because no
 * source says that children do not inherit it, and a child on a share could not start.
 * SetDefaultDllDirectories keeps the broker from remote DLLs, too. */
void harden_process(void) {
    PROCESS_MITIGATION_EXTENSION_POINT_DISABLE_POLICY points = {.DisableExtensionPoints = 1};
    PROCESS_MITIGATION_IMAGE_LOAD_POLICY images = {.NoLowMandatoryLabelImages = 1, .PreferSystem32Images = 1};
    PROCESS_MITIGATION_FONT_DISABLE_POLICY fonts = {.DisableNonSystemFonts = 1};
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    SetProcessMitigationPolicy(ProcessExtensionPointDisablePolicy, &points, sizeof points);
    SetProcessMitigationPolicy(ProcessImageLoadPolicy, &images, sizeof images);
    SetProcessMitigationPolicy(ProcessFontDisablePolicy, &fonts, sizeof fonts);
    keep_handles();
}
