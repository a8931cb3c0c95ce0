/* The child of the benchmark. First it reads the clock, then it writes the time to where its launcher looks,
 * then it exits. If the linker allows it (BENCH_NO_RUNTIME), the child has no C runtime, so that little else
 * is measured.
 *
 * usage: bench_child SECTION SLOT   the name of a section of 64-bit numbers, and the index of one */
#include <stddef.h>
#include <windows.h>

/* Returns the next word of the command line, with a NUL after it, and moves *at behind it. */
static wchar_t *next_word(wchar_t **at) {
    wchar_t *word = *at;
    while (*word == L' ') word++;
    wchar_t *end = word, until = *word == L'"' ? L'"' : L' ';
    if (until == L'"') end++;
    while (*end && *end != until) end++;
    *at = *end ? end + 1 : end;
    *end = 0;
    return word;
}

static UINT report(LONGLONG now) {
    wchar_t *at = GetCommandLineW();
    size_t slot = 0;
    next_word(&at);
    const wchar_t *name = next_word(&at);
    for (const wchar_t *digit = next_word(&at); *digit; digit++) slot = slot * 10 + (size_t)(*digit - L'0');
    HANDLE section = OpenFileMappingW(FILE_MAP_WRITE, FALSE, name);
    volatile LONG64 *slots = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    if (!slots) return 1;
    slots[slot] = now;
    return 0;
}

#ifdef BENCH_NO_RUNTIME
void entry(void);

void entry(void) {
#else
int main(void) {
#endif
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    ExitProcess(report(now.QuadPart));
}
