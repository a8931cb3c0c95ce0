#include "service/policy/paths.h"

#include <string.h>

static bool is_separator(char c) {
    return c == '\\' || c == '/';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool same_letters(const char *text, const char *upper, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] != upper[i] && !(is_letter(upper[i]) && text[i] == upper[i] + 32)) return false;
    return true;
}

/* Skips \\?\ or \\?\UNC\. Writes the \\ of a share to *out. */
static const char *past_verbatim(const char *path, char **out, bool *ret_verbatim) {
    *ret_verbatim = is_separator(path[0]) && is_separator(path[1]) && path[2] == '?' && is_separator(path[3]);
    bool unc =
        *ret_verbatim && strlen(path) >= 8 && same_letters(path + 4, "UNC", 3) && is_separator(path[7]);
    bool share = !*ret_verbatim && is_separator(path[0]) && is_separator(path[1]);
    if (unc || share) {
        *(*out)++ = '\\';
        *(*out)++ = '\\';
    }
    return path + (unc ? 8 : *ret_verbatim ? 4 : share ? 2 : 0);
}

/* The start of the component before at, but not before first. */
static char *component_before(char *first, char *at) {
    if (at > first) at--; /* its separator */
    while (at > first && at[-1] != '\\') at--;
    return at;
}

static void drop_data(char *text) {
    size_t length = strlen(text);
    if (length > 7 && same_letters(text + length - 7, "::$DATA", 7)) text[length - 7] = '\0';
}

char *paths_canonical(arena *a, const char *path) {
    bool verbatim;
    char *text = arena_alloc(a, strlen(path) + 3), *out = text;
    if (!text) return NULL;
    path = past_verbatim(path, &out, &verbatim);
    char *first = out;

    for (;;) {
        while (is_separator(*path)) path++;
        size_t length = strcspn(path, "\\/"), kept = length;
        if (!length) break;
        bool up = length == 2 && path[0] == '.' && path[1] == '.';
        if (!verbatim)
            while (kept && (path[kept - 1] == '.' || path[kept - 1] == ' ')) kept--;
        if (up && !verbatim) {
            char *before = component_before(first, out);
            if (before > first) out = before; /* ".." does not go above the drive */
        } else if (kept) {
            memcpy(out, path, kept);
            out += kept;
            *out++ = '\\';
        }
        path += length;
    }
    if (out > first && !(out - first == 3 && first[1] == ':'))
        out--; /* the root of a drive keeps its separator */
    *out = '\0';
    if (!verbatim) drop_data(text);
    return text;
}

bool paths_has_stream(const char *canonical) {
    return *canonical && strchr(canonical + (canonical[1] == ':' ? 2 : 0), ':') != NULL;
}

/* ---- patterns ---- */

static const char memory[] = "does not fit in memory";

/* Replaces each %NAME% by the path of the folder. */
static char *expand(arena *a, const char *pattern, const policy_options *options, const char **ret_what) {
    char *text = arena_copy(a, pattern, strlen(pattern));
    for (char *open = text ? strchr(text, '%') : NULL; text && open; open = strchr(text, '%')) {
        static const char *const names[] = {"SystemRoot", "ProgramFiles", "ProgramFiles(x86)", "ProgramData"};
        const char *close = strchr(open + 1, '%'), *path = NULL;
        size_t length = close ? (size_t)(close - open - 1) : 0;
        for (size_t i = 0; close && i < sizeof names / sizeof *names; i++)
            if (strlen(names[i]) == length && !memcmp(names[i], open + 1, length)) {
                path = options->folder ? options->folder(options->context, names[i]) : NULL;
                *ret_what = "names a folder that this system does not have";
                if (!path) return NULL;
            }
        *ret_what = "has a % outside %SystemRoot%, %ProgramFiles%, %ProgramFiles(x86)% and %ProgramData%";
        if (!path || strchr(path, '%')) return NULL;
        text = arena_printf(a, "%.*s%s%s", (int)(open - text), text, path, close + 1);
    }
    *ret_what = memory;
    return text;
}

/* Checks for NAME~1 or NAME~1.EXT, the form in which Windows shortens names. */
static bool looks_short(const char *component, size_t length) {
    const char *dot = memchr(component, '.', length);
    size_t stem = dot ? (size_t)(dot - component) : length;
    const char *tilde = memchr(component, '~', stem);
    if (!tilde || stem > 8 || length - stem > 4) return false;
    size_t digits = stem - (size_t)(tilde - component) - 1;
    for (size_t i = 1; i <= digits; i++)
        if (tilde[i] < '0' || tilde[i] > '9') return false;
    return digits > 0;
}

static const char *wrong_component(const char *c, size_t length) {
    if (!length) return "has an empty component";
    if (c[length - 1] == '.' || c[length - 1] == ' ')
        return "has a component that ends in a dot or a space, which no file's true path has";
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)c[i] < 0x20 || strchr("\"<>|", c[i])) return "holds a character that no path has";
        if (c[i] == ':') return "names a stream, from which nothing is launched";
    }
    if (length > 2 && memchr(c, '*', length) && strstr(c, "**") && strstr(c, "**") + 1 < c + length)
        return "has ** beside other characters in a component: write * there";
    if (looks_short(c, length))
        return "looks like a short (8.3) name; true paths have the long one (write ? for the ~ if it is the "
               "long one)";
    return NULL;
}

static const char relative[] =
    "does not begin with a drive (C:\\), a share (\\\\server\\share), a folder such as %SystemRoot%, or **";

static const char *wrong_pattern(const char *text) {
    const char *at = text, *wrong = NULL;
    if ((is_letter(at[0]) || at[0] == '?') && at[1] == ':' && at[2] == '\\') at += 3;
    else if (at[0] == '\\' && at[1] == '\\') at += 2;
    else if (!(at[0] == '*' && at[1] == '*' && (at[2] == '\\' || !at[2]))) return relative;
    for (;;) {
        size_t length = strcspn(at, "\\");
        if ((wrong = wrong_component(at, length))) return wrong;
        if (!at[length]) return NULL;
        at += length + 1;
    }
}

char *paths_pattern(arena *a, const char *pattern, const policy_options *options, const char **ret_what) {
    char *text = expand(a, pattern, options, ret_what);
    if (!text) return NULL;
    for (char *p = text; *p; p++)
        if (*p == '/') *p = '\\';
    bool verbatim = !strncmp(text, "\\\\?\\", 4);
    if (verbatim && same_letters(text + 4, "UNC\\", 4)) {
        text += 6;
        text[0] = '\\';
    } else if (verbatim) {
        text += 4;
    }
    *ret_what = wrong_pattern(text);
    return *ret_what ? NULL : text;
}
