#include "client/ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what was given ---- */

bool option_given(const ctl *c, option_id id) {
    for (size_t i = 0; i < c->given_count; i++)
        if (c->given[i].id == id) return true;
    return false;
}

const char *option_value(const ctl *c, option_id id) {
    const char *value = NULL;
    for (size_t i = 0; i < c->given_count; i++)
        if (c->given[i].id == id) value = c->given[i].value;
    return value;
}

const char **option_values(const ctl *c, option_id id, size_t *ret_count) {
    const char **values = arena_array(c->arena, c->given_count + 1, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; values && i < c->given_count; i++)
        if (c->given[i].id == id) values[count++] = c->given[i].value;
    *ret_count = count;
    return values;
}

/* ---- the command line ---- */

static const char *next_item(const ctl *c) {
    return c->next < c->count ? c->items[c->next] : NULL;
}

/* Takes the next item, and its value, if it is an option of the command. A value that is missing is "". */
static bool take_option(ctl *c) {
    const char *item = next_item(c);
    option_id id = item ? command_option(c->spec, item) : OPTION_COUNT;
    if (id == OPTION_COUNT) return false;
    const ctl_option *o = &ctl_options[id];
    const char *equals = strchr(item, '='), *value = NULL;
    bool may_be_left_out = o->value && o->value[0] == '[';
    c->next++;
    if (o->value && equals) value = equals + 1;
    else if (may_be_left_out) value = next_item(c) && *next_item(c) != '-' ? c->items[c->next++] : NULL;
    else if (o->value) value = next_item(c) ? c->items[c->next++] : "";
    c->given[c->given_count++] = (ctl_given){id, value};
    return true;
}

/* Finds the command in its first one or two words, around which there may be options of every command. */
static int find_command(ctl *c) {
    while (take_option(c)) continue;
    const char *word = next_item(c);
    if (!word) return CTL_EXIT_OK;

    c->spec = command_named(word);
    if (!c->spec || strchr(word, ' '))
        return ctl_usage(c, "there is no command \"%s\"", out_shown(c->arena, word, 60));
    c->next++;
    c->command = c->spec->name;
    if (c->spec->run) return CTL_EXIT_OK;
    while (take_option(c)) continue;

    if (!(word = next_item(c))) return CTL_EXIT_OK;
    const char *name = arena_printf(c->arena, "%s %s", c->command, word);
    const ctl_command *found = name ? command_named(name) : NULL;

    if (!found) return ctl_usage(c, "there is no command \"%s\"", out_shown(c->arena, name, 60));
    c->next++;
    c->spec = found;
    c->command = found->name;
    return CTL_EXIT_OK;
}

/* Options and operands may be mixed; a program's own arguments are not looked at. */
static void take_rest(ctl *c, const char **operands) {
    const int most = c->spec->kind == OPERANDS_SOME ? c->spec->most_operands : 0;
    for (;;) {
        if (take_option(c)) continue;
        const char *item = next_item(c);
        if (!item || *item == '-' || (int)c->operand_count >= most) break;
        operands[c->operand_count++] = c->items[c->next++];
    }
    if (c->spec->kind != OPERANDS_PROGRAM || !next_item(c)) return;

    bool marked = !strcmp(next_item(c), "--");
    if (!marked && *next_item(c) == '-') return;
    c->next += marked;
    while (next_item(c)) operands[c->operand_count++] = c->items[c->next++];
}

/* ---- what is wrong with it ---- */

static bool has_choice(const char *choices, const char *value) {
    size_t length = strlen(value);
    for (const char *p = choices; *p; p += strcspn(p, " "), p += strspn(p, " "))
        if (strcspn(p, " ") == length && !strncmp(p, value, length)) return true;
    return false;
}

static int check_value(const ctl *c, const ctl_given *given) {
    const ctl_option *o = &ctl_options[given->id];
    const char *name = o->name ? o->name : o->brief;
    if (!o->value || !given->value) return CTL_EXIT_OK;
    if (!*given->value) return ctl_usage(c, "%s needs a value: %s", name, o->value);
    if (!o->choices || has_choice(o->choices, given->value)) return CTL_EXIT_OK;
    return ctl_usage(c, "%s \"%s\" is not one of %s", name, out_shown(c->arena, given->value, 40),
                     option_choices(c->arena, o));
}

/* A word before other commands, with none of them behind it. */
static int check_group(const ctl *c) {
    const char *names = NULL;
    for (size_t i = 0; i < ctl_command_count; i++) {
        if (!command_is_in(&ctl_commands[i], c->spec)) continue;
        const char *name = ctl_commands[i].name + strlen(c->spec->name) + 1;
        names = names ? arena_printf(c->arena, "%s, %s", names, name) : name;
    }
    return ctl_usage(c, "a command is missing: %s", names ? names : "");
}

static int check(const ctl *c) {
    size_t there = 0, least = (size_t)c->spec->least_operands;
    int result = CTL_EXIT_OK;
    if (!c->spec->run) return check_group(c);
    if (c->next < c->count) {
        const char *item = out_shown(c->arena, c->items[c->next], 60);
        return *item == '-' ? ctl_usage(c, "there is no option \"%s\"", item)
                            : ctl_usage(c, "the argument \"%s\" is one too many", item);
    }

    for (size_t i = 0; i < c->given_count && !result; i++) result = check_value(c, &c->given[i]);
    if (result) return result;
    while (there < c->operand_count && there < least && *c->operands[there]) there++;
    if (there == least) return CTL_EXIT_OK;
    return ctl_usage(c, "an argument is missing: spawnctl %s %s", c->command, c->spec->operands);
}

int ctl_parse(ctl *c, bool *ret_help) {
    const char **operands = arena_array(c->arena, (size_t)c->count + 1, sizeof *operands);
    c->given = arena_array(c->arena, (size_t)c->count + 1, sizeof *c->given);
    if (!operands || !c->given) return CTL_EXIT_FAILED;

    c->operands = operands;
    int result = find_command(c);
    if (result) return result;
    if (c->spec && c->spec->run) take_rest(c, operands);
    c->pipe = option_value(c, OPT_pipe);
    c->json = option_given(c, OPT_json);

    *ret_help = option_given(c, OPT_help);
    return *ret_help || !c->spec ? CTL_EXIT_OK : check(c);
}

int ctl_usage(const ctl *c, const char *format, ...) {
    char what[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (!c->command) out_printf(STD_ERROR_HANDLE, "spawnctl: %s. See: spawnctl help\n", what);
    else
        out_printf(STD_ERROR_HANDLE, "spawnctl %s: %s. See: spawnctl %s --help\n", c->command, what,
                   c->command);
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
