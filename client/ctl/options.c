#include "client/ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool ctl_flag(ctl *c, const char *name) {
    if (c->next >= c->count || strcmp(c->items[c->next], name)) return false;
    c->next++;
    return true;
}

bool ctl_value(ctl *c, const char *name, const char **ret) {
    size_t length = strlen(name);
    const char *item = c->next < c->count ? c->items[c->next] : "";
    if (strncmp(item, name, length) || (item[length] && item[length] != '=')) return false;
    c->next++;
    if (item[length]) *ret = item + length + 1;
    else *ret = c->next < c->count ? c->items[c->next++] : "";
    return true;
}

bool ctl_word(ctl *c, const char **ret) {
    if (c->next >= c->count || c->items[c->next][0] == '-') return false;
    *ret = c->items[c->next++];
    return true;
}

bool ctl_common(ctl *c) {
    if (ctl_value(c, "--pipe", &c->pipe)) return true;
    if (ctl_flag(c, "--json")) return c->json = true;
    if (ctl_flag(c, "--help") || ctl_flag(c, "-h")) return c->help = true;
    return false;
}

int ctl_end(ctl *c) {
    if (c->help) return CTL_EXIT_OK;
    if (c->next < c->count)
        return ctl_usage(c, "\"%s\" is not an option of it", out_shown(c->arena, c->items[c->next], 60));
    if (c->pipe && !*c->pipe) return ctl_usage(c, "--pipe needs a name");
    return CTL_EXIT_OK;
}

int ctl_usage(const ctl *c, const char *format, ...) {
    char what[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s. See: spawnctl %s --help\n", c->command, what, c->command);
    return CTL_EXIT_USAGE;
}

bool ctl_number(const char *text, uint32_t most, uint32_t *ret) {
    uint64_t value = 0;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9') return false;
        if ((value = value * 10 + (uint64_t)(*p - '0')) > most) return false;
    }
    if (!value) return false;
    *ret = (uint32_t)value;
    return true;
}

bool ctl_duration(const char *text, DWORD *ret_ms) {
    uint64_t whole = 0, part = 0, part_of = 1, unit;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++)
        if ((whole = whole * 10 + (uint64_t)(*p - '0')) > INFINITE) return false;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++)
            if (part_of < 1000000) {
                part = part * 10 + (uint64_t)(*p - '0');
                part_of *= 10;
            }
    if (p == text || !strcmp(text, ".")) return false;
    if (!strcmp(p, "ms")) unit = 1;
    else if (!*p || !strcmp(p, "s")) unit = 1000;
    else if (!strcmp(p, "m")) unit = 60000;
    else return false;
    uint64_t ms = whole * unit + part * unit / part_of;
    if (!ms || ms >= INFINITE) return false;
    *ret_ms = (DWORD)ms;
    return true;
}
