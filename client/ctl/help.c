/* The help of commands, for a terminal and as the page docs/spawnctl.md, made of commands.c. */
#include "client/ctl/ctl.h"

#include <string.h>

enum { WIDTH = 80, LEAST_WIDTH = 60, MOST_WIDTH = 100, OPTION_COLUMN = 26, COMMAND_COLUMN = 20 };

static const char usual_exits[] =
    "0 success; 2 wrong usage; 125 the broker cannot be reached or refuses the request.";
static const char about[] =
    "Launches programs through Spawn Broker, and shows what it launched. Output is UTF-8; in a console it is "
    "Unicode, whatever the code page.";
static const char about_filters[] =
    "A launch must match all filters. TIME is " WHEN_FORMS
    ". Case matters in the names of rules and handles; elsewhere, ASCII letters match in either case.";

typedef struct help {
    ctl *c;
    size_t width, column; /* of the terminal; where the line has come to */
} help;

static void print(help *h, const char *text) {
    if (!text) return;
    report_print(&out_sink, text);
    const char *last = strrchr(text, '\n');
    h->column = last ? strlen(last + 1) : h->column + strlen(text);
}

/* Prints text from the column indent on, wrapped; a line end in it begins a line. */
static void wrap(help *h, const char *text, size_t indent) {
    bool begins = true;
    if (!text) return; /* out of memory */
    if (h->column > indent) print(h, "\n");
    for (const char *p = text; *p;) {
        size_t length = strcspn(p, " \n");
        if (!begins && h->column + 1 + length > h->width) print(h, "\n"), begins = true;
        if (begins) print(h, arena_printf(h->c->arena, "%*s", (int)(indent - h->column), ""));
        print(h, arena_printf(h->c->arena, begins ? "%.*s" : " %.*s", (int)length, p));
        p += length;
        begins = *p == '\n';
        if (begins) print(h, "\n");
        if (*p) p++;
    }
    print(h, "\n");
}

/* "-r, --reverse", "--timeout TIME" */
static const char *option_form(arena *a, const ctl_option *o) {
    return arena_printf(a, "%s%s%s%s%s", o->brief ? o->brief : "", o->brief && o->name ? ", " : "",
                        o->name ? o->name : "", o->value ? " " : "", o->value ? o->value : "");
}

static const char *option_text(arena *a, const ctl_option *o) {
    return o->choices ? arena_printf(a, "%s %s is %s.", o->help, o->value, option_choices(a, o)) : o->help;
}

static bool is_filter(const ctl_option *o) {
    return o->groups & TAKES_FILTERS;
}

/* "run [options] [--] PROGRAM [ARGUMENT]..." */
static const char *usage_of(arena *a, const ctl_command *command) {
    return arena_printf(a, "spawnctl %s%s%s%s", command->name, command->run ? " [options]" : " COMMAND",
                        command->operands ? " " : "", command->operands ? command->operands : "");
}

/* ---- in a terminal ---- */

static void print_options(help *h, const ctl_command *command, bool filters) {
    for (const ctl_option *o = ctl_options; o < ctl_options + OPTION_COUNT; o++) {
        if (!command_takes_option(command, o) || is_filter(o) != filters) continue;
        print(h, arena_printf(h->c->arena, "  %s", option_form(h->c->arena, o)));
        print(h, h->column < OPTION_COLUMN ? " " : "\n");
        wrap(h, option_text(h->c->arena, o), OPTION_COLUMN);
    }
}

static void print_commands(help *h, const ctl_command *group) {
    for (size_t i = 0; i < ctl_command_count; i++) {
        const ctl_command *one = &ctl_commands[i];
        if (!one->run || (group && !command_is_in(one, group))) continue;
        print(h, arena_printf(h->c->arena, "  %s", one->name));
        wrap(h, one->summary, COMMAND_COLUMN);
    }
}

static void print_examples(help *h, const ctl_command *command) {
    print(h, "\nExamples:\n");
    for (const char *p = command->examples; *p; p += strcspn(p, "\n"), p += *p == '\n')
        print(h, arena_printf(h->c->arena, "  spawnctl %.*s\n", (int)strcspn(p, "\n"), p));
}

static void print_command(help *h, const ctl_command *command) {
    print(h, usage_of(h->c->arena, command));
    print(h, "\n\n");
    wrap(h, command->text, 0);
    if (!command->run) {
        print(h, "\nCommands:\n");
        print_commands(h, command);
    }

    if (command->takes & TAKES_FILTERS) {
        print(h, "\nFilters:\n");
        print_options(h, command, true);
        wrap(h, about_filters, 2);
    }
    print(h, "\nOptions:\n");
    print_options(h, command, false);

    print(h, "\n");
    wrap(h, arena_printf(h->c->arena, "Exit codes: %s", command->exits ? command->exits : usual_exits), 0);
    print_examples(h, command);
}

static void print_overview(help *h) {
    print(h, "spawnctl COMMAND [options]\n\n");
    wrap(h, about, 0);
    print(h, "\nCommands:\n");
    print_commands(h, NULL);
    print(h, "\nOptions of every command:\n");
    print_options(h, NULL, false);
    print(h, "\n");
    wrap(h, "spawnctl COMMAND --help prints the options, the exit codes and examples of a command.", 0);
}

void help_print(ctl *c, const ctl_command *command) {
    size_t width = out_width();
    help h = {.c = c,
              .width = !width                ? WIDTH
                       : width < LEAST_WIDTH ? LEAST_WIDTH
                       : width > MOST_WIDTH  ? MOST_WIDTH
                                             : width};
    if (command) print_command(&h, command);
    else print_overview(&h);
    out_flush();
}

/* ---- as a page ---- */

/* Each line of text as a paragraph, or as an item of a list. */
static void page_lines(help *h, const char *before, const char *text, const char *after) {
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        print(h, arena_printf(h->c->arena, "%s%.*s%s", before, (int)strcspn(p, "\n"), p, after));
}

static void page_options(help *h, const ctl_command *command, bool filters) {
    arena *a = h->c->arena;
    for (const ctl_option *o = ctl_options; o < ctl_options + OPTION_COUNT; o++) {
        bool common = o->groups == TAKES_COMMON;
        if (!command_takes_option(command, o) || is_filter(o) != filters || common != !command) continue;
        print(h, arena_printf(a, "- `%s`: %s\n", option_form(a, o), option_text(a, o)));
    }
}

static void page_command(help *h, const ctl_command *command) {
    arena *a = h->c->arena;
    print(h, arena_printf(a, "\n## spawnctl %s\n\n`%s`\n", command->name, usage_of(a, command)));
    page_lines(h, "\n", command->text, "\n");
    if (command->takes & TAKES_FILTERS) {
        print(h, "\nFilters, which are explained [below](#filters):\n\n");
        page_options(h, command, true);
    }
    if (command->takes & ~(unsigned)TAKES_FILTERS) {
        print(h, "\nOptions:\n\n");
        page_options(h, command, false);
    }
    print(h, arena_printf(a, "\nExit codes: %s\n\nExamples:\n\n",
                          command->exits ? command->exits : usual_exits));
    page_lines(h, "- `spawnctl ", command->examples, "`\n");
}

static void print_page(help *h) {
    arena *a = h->c->arena;
    print(h,
          "# spawnctl: every command and option\n\n"
          "<!-- Made by `spawnctl help --markdown`: change client/ctl/commands.c and option_list.h. -->\n\n");
    print(h, about);
    print(h, "\n\n");
    for (size_t i = 0; i < ctl_command_count; i++) {
        const ctl_command *one = &ctl_commands[i];
        if (one->run) print(h, arena_printf(a, "- `spawnctl %s`: %s\n", one->name, one->summary));
    }
    print(h, "\nOptions of every command:\n\n");
    page_options(h, NULL, false);
    for (size_t i = 0; i < ctl_command_count; i++)
        if (ctl_commands[i].run) page_command(h, &ctl_commands[i]);
    print(h, arena_printf(a, "\n## Filters\n\n%s\n", about_filters));
}

int ctl_help(ctl *c) {
    help h = {.c = c};
    const ctl_command *command = NULL;
    if (option_given(c, OPT_markdown)) {
        print_page(&h);
        return out_flush() ? CTL_EXIT_OK : CTL_EXIT_FAILED;
    }
    if (c->operand_count == 1) command = command_named(c->operands[0]);
    if (c->operand_count == 2) {
        const char *name = arena_printf(c->arena, "%s %s", c->operands[0], c->operands[1]);
        command = name ? command_named(name) : NULL;
    }
    help_print(c, command);
    return CTL_EXIT_OK;
}
