/* A C program that does not use the library: its C runtime gives it the descriptors. Prints what descriptors
 * 3 to 8 are, reads 3 and writes 4. */
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Without it the C runtime would end the program at the first descriptor that is not open. */
static void __cdecl bad_descriptor(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                                   unsigned line, uintptr_t reserved) {
    (void)expression, (void)function, (void)file, (void)line, (void)reserved;
}

static const char *kind_of(int fd) {
    struct _stat about;
    if (_fstat(fd, &about)) return "unknown";
    switch (about.st_mode & _S_IFMT) {
    case _S_IFREG: return "file";
    case _S_IFIFO: return "pipe";
    case _S_IFCHR: return "device";
    default: return "other";
    }
}

static void show(int fd) {
    if (_get_osfhandle(fd) == -1) {
        printf("%d closed\n", fd);
        return;
    }
    int mode = _setmode(fd, _O_BINARY);
    printf("%d %s %s%s\n", fd, kind_of(fd), mode == _O_BINARY ? "binary" : "text", _isatty(fd) ? " tty" : "");
}

/* Shows the flags that the C runtime was started with: a number of descriptors, then a byte for each. */
static void show_given(void) {
    STARTUPINFOW start;
    GetStartupInfoW(&start);
    int count = 0;
    if (start.cbReserved2 >= sizeof count) memcpy(&count, start.lpReserved2, sizeof count);
    printf("given");
    for (int fd = 3; fd <= 8 && fd < count; fd++)
        printf(" %02x", start.lpReserved2[sizeof count + (size_t)fd]);
    printf("\n");
}

/* Reads the rest of 3 in a mode, and returns how many bytes it has. */
static void read_all(const char *label, int mode) {
    char bytes[256];
    _setmode(3, mode);
    _lseek(3, 0, SEEK_SET);
    int got = _read(3, bytes, sizeof bytes - 1);
    printf("%s %d\n", label, got);
}

int main(void) {
    _set_invalid_parameter_handler(bad_descriptor);
    if (_write(8, "eight\n", 6) != 6) return 4; /* in the mode that it was given in */
    int output = _setmode(1, _O_BINARY), input = _setmode(0, _O_BINARY);
    printf("standard %s %s\n", input == _O_TEXT ? "text" : "binary", output == _O_TEXT ? "text" : "binary");
    for (int fd = 3; fd <= 8; fd++) show(fd);
    show_given();
    read_all("read as binary", _O_BINARY);
    read_all("read as text", _O_TEXT);
    if (_write(4, "binary\n", 7) != 7) return 2;
    _setmode(4, _O_TEXT);
    if (_write(4, "text\n", 5) != 5) return 3;
    return 0;
}
