/* spawnctl completion: scripts for shells, made of commands.c. */
#include "client/ctl/ctl.h"

#include <string.h>

static void print(const char *text) {
    if (text) report_print(&out_sink, text);
}

/* A list of words as a shell writes it. */
typedef struct list_form {
    const char *before, *after; /* each word */
} list_form;
static const list_form bash_words = {"", " "}, bash_patterns = {" | ", ""}, powershell_words = {"'", "', "};

/* Words with blanks or "|" between them. */
static void print_words(const char *text, const list_form *form) {
    for (const char *p = text; p && *p; p += strcspn(p, " |"), p += strspn(p, " |")) {
        print(form->before);
        out_sink.write(out_sink.context, p, strcspn(p, " |"));
        print(form->after);
    }
}

static void print_option(const ctl_option *o, const list_form *form) {
    print_words(o->brief, form);
    print_words(o->name, form);
}

static void print_options(const ctl_command *command, const list_form *form) {
    for (const ctl_option *o = ctl_options; o < ctl_options + OPTION_COUNT; o++)
        if (command_takes_option(command, o)) print_option(o, form);
}

/* What may stand behind the command besides options: another word of a command, or one of the words that it
 * takes. command NULL: behind "spawnctl". */
static void print_arguments(const ctl_command *command, const list_form *form) {
    for (size_t i = 0; i < ctl_command_count; i++) {
        const ctl_command *one = &ctl_commands[i];
        if (!command && !strchr(one->name, ' ')) print_words(one->name, form);
        if (command && command_is_in(one, command)) print_words(one->name + strlen(command->name) + 1, form);
    }
    bool are_words = command && command->operands && *command->operands >= 'a' && *command->operands <= 'z';
    if (are_words) print_words(command->operands, form);
}

/* The options whose next word is their value; the same name has one in each command that takes it. */
static void print_with_value(const list_form *form) {
    for (const ctl_option *o = ctl_options; o < ctl_options + OPTION_COUNT; o++)
        if (o->value && *o->value != '[') print_option(o, form);
}

/* Calls print_one for each name of each option with choices, as "command --option". */
static void print_choices(ctl *c, void (*print_one)(const char *name, const char *choices)) {
    for (size_t i = 0; i < ctl_command_count; i++) {
        for (const ctl_option *o = ctl_options; o < ctl_options + OPTION_COUNT; o++) {
            if (!o->choices || !command_takes_option(&ctl_commands[i], o)) continue;
            const char *command = ctl_commands[i].name;
            if (o->brief) print_one(arena_printf(c->arena, "%s %s", command, o->brief), o->choices);
            if (o->name) print_one(arena_printf(c->arena, "%s %s", command, o->name), o->choices);
        }
    }
}

/* Prints the names of the commands that take a program. */
static void print_program_commands(ctl *c, const char *before, const char *after) {
    for (size_t i = 0; i < ctl_command_count; i++)
        if (ctl_commands[i].kind == OPERANDS_PROGRAM)
            print(arena_printf(c->arena, "%s%s%s", before, ctl_commands[i].name, after));
}

/* ---- bash ---- */

static const char bash_begin[] =
    "# Completes spawnctl in bash. Made by: spawnctl completion bash\n"
    "_spawnctl() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} command= option= words= options= word i\n"
    "    COMPREPLY=()\n"
    "    [[ $current == = ]] && current=\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]} option=\n"
    "        case $word in\n";
static const char bash_value[] = ") # its value is the next word, and may have = before it\n"
                                 "            option=$word\n"
                                 "            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
                                 "            ((i++))\n"
                                 "            continue\n"
                                 "            ;;\n"
                                 "        --) ;;\n"
                                 "        -*) continue ;;\n"
                                 "        esac\n"
                                 "        case \"$command $word\" in\n"
                                 "        _";
static const char bash_found[] = ") command=${command:+$command }$word ;;\n"
                                 "        *)\n"
                                 "            case $command in # a program, and its own arguments\n"
                                 "            _";
static const char bash_program[] = ") return ;;\n"
                                   "            esac\n"
                                   "            ;;\n"
                                   "        esac\n"
                                   "    done\n"
                                   "    ((i > COMP_CWORD)) || option= # its value is complete\n"
                                   "    case \"$command $option\" in\n";
static const char bash_chosen[] = "    *\" \") ;;\n"
                                  "    *) return ;; # the value of an option: a file, perhaps\n"
                                  "    esac\n"
                                  "    if [[ -z $option ]]; then\n"
                                  "        case $command in\n";
static const char bash_end[] = "        esac\n"
                               "        [[ $current == -* ]] && words=$options\n"
                               "    fi\n"
                               "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                               "}\n"
                               "complete -o default -F _spawnctl spawnctl spawnctl.exe\n";

static void bash_choices(const char *name, const char *choices) {
    print("    \"");
    print(name);
    print("\") words=\"");
    print_words(choices, &bash_words);
    print("\" ;;\n");
}

static void bash_command(const ctl_command *command) {
    print("        \"");
    print(command ? command->name : "");
    print("\")\n            words=\"");
    print_arguments(command, &bash_words);
    print("\"\n            options=\"");
    print_options(command, &bash_words);
    print("\"\n            ;;\n");
}

static void bash(ctl *c) {
    print(bash_begin);
    print("        _");
    print_with_value(&bash_patterns);
    print(bash_value);
    for (size_t i = 0; i < ctl_command_count; i++) {
        bool second = strchr(ctl_commands[i].name, ' ');
        print(arena_printf(c->arena, second ? " | \"%s\"" : " | \" %s\"", ctl_commands[i].name));
    }
    print(bash_found);
    print_program_commands(c, " | \"", "\"");
    print(bash_program);
    print_choices(c, bash_choices);
    print(bash_chosen);
    bash_command(NULL);
    for (size_t i = 0; i < ctl_command_count; i++) bash_command(&ctl_commands[i]);
    print(bash_end);
}

/* ---- PowerShell ---- */

static const char powershell_begin[] =
    "# Completes spawnctl in PowerShell. Made by: spawnctl completion powershell\n"
    "Register-ArgumentCompleter -Native -CommandName 'spawnctl', 'spawnctl.exe' -ScriptBlock {\n"
    "    param($wordToComplete, $commandAst, $cursorPosition)\n"
    "    $words = @{\n";
static const char powershell_choices_begin[] = "    }\n    $choices = @{\n";
static const char powershell_values[] = "    }\n    $withValue = @(";
static const char powershell_programs[] = "'')\n    $ofProgram = @(";
static const char powershell_end[] =
    "'')\n"
    "    $command = ''\n"
    "    $option = ''\n"
    "    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {\n"
    "        if ($element.Extent.EndOffset -ge $cursorPosition) { break }\n"
    "        $word = $element.ToString()\n"
    "        $longer = \"$command $word\".Trim()\n"
    "        if ($option) { $option = '' }\n"
    "        elseif ($withValue -ccontains $word) { $option = $word }\n"
    "        elseif ($word -ne '--' -and $word.StartsWith('-')) { }\n"
    "        elseif ($words.ContainsKey($longer)) { $command = $longer }\n"
    "        elseif ($ofProgram -contains $command) { return }\n"
    "    }\n"
    "    $found = if ($option) { $choices[\"$command $option\"] } else { $words[$command] }\n"
    "    $found | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object {\n"
    "        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)\n"
    "    }\n"
    "}\n";

static void powershell_choices(const char *name, const char *choices) {
    print("        '");
    print(name);
    print("' = @(");
    print_words(choices, &powershell_words);
    print("'')\n");
}

static void powershell_command(const ctl_command *command) {
    print("        '");
    print(command ? command->name : "");
    print("' = @(");
    print_arguments(command, &powershell_words);
    print_options(command, &powershell_words);
    print("'')\n");
}

static void powershell(ctl *c) {
    print(powershell_begin);
    powershell_command(NULL);
    for (size_t i = 0; i < ctl_command_count; i++) powershell_command(&ctl_commands[i]);
    print(powershell_choices_begin);
    print_choices(c, powershell_choices);
    print(powershell_values);
    print_with_value(&powershell_words);
    print(powershell_programs);
    print_program_commands(c, "'", "', ");
    print(powershell_end);
}

int ctl_completion(ctl *c) {
    if (!strcmp(c->operands[0], "bash")) bash(c);
    else if (!strcmp(c->operands[0], "powershell")) powershell(c);
    else
        return ctl_usage(c, "\"%s\" is neither bash nor powershell", out_shown(c->arena, c->operands[0], 40));
    return out_flush() ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}
