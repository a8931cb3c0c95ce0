#include "tests/docs/usage.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What --help prints, as it stands in the source. */
static const char *help_text(const char *root) {
    static const char *const files[] = {"client/ctl/help.c", "client/ctl/help_audit.c"};
    static char text[1 << 16];
    size_t length = 0;
    if (text[0]) return text;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        FILE *file = fopen(path, "rb");
        if (file) length += fread(text + length, 1, sizeof text - 1 - length, file);
        if (file) fclose(file);
    }
    text[length] = 0;
    return text;
}

static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length) {
        bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-');
        if (begins && !isalnum((unsigned char)at[length]) && at[length] != '-') return true;
    }
    return false;
}

/* The commands are words of small letters before anything else. */
static bool command_good(const char *command, const char *help) {
    char copy[256];
    bool good = true, in_commands = true;
    snprintf(copy, sizeof copy, "%s", command);
    for (char *word = strtok(copy, " "); word && strcmp(word, "--"); word = strtok(NULL, " ")) {
        size_t length = strcspn(word, ".,|=");
        in_commands = in_commands && islower((unsigned char)word[0]) && !word[length];
        word[length] = 0;
        if ((in_commands || (word[0] == '-' && word[1])) && !has_word(help, word)) good = false;
    }
    return good;
}

bool usage_good(const page *p, const char *root, size_t *commands) {
    static const char mark[] = "`spawnctl ";
    bool good = true;
    for (const char *at = p->text; (at = strstr(at, mark)) != NULL; at++) {
        char command[256];
        const char *from = at + sizeof mark - 1;
        snprintf(command, sizeof command, "%.*s", (int)strcspn(from, "`\n"), from);
        ++*commands;
        if (command_good(command, help_text(root))) continue;
        fprintf(stderr, "%s: spawnctl has no such command or option: %s\n", p->path, command);
        good = false;
    }
    return good;
}
