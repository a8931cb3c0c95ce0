#include "tests/docs/usage.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the reference, which test_docs_run compares with spawnctl's own output. */
static const char *reference(const char *root) {
    static char text[1 << 16];
    char path[1024];
    if (text[0]) return text;
    snprintf(path, sizeof path, "%s/docs/spawnctl.md", root);
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[length] = 0;
    return text;
}

/* Returns the section of a command in the reference, followed by the options of every command. NULL: it has
 * none. */
static const char *section_of(const char *text, const char *command) {
    static char section[1 << 14];
    char head[256];
    size_t used = 0;
    const char *common = strstr(text, "Options of every command:");
    snprintf(head, sizeof head, "\n## spawnctl %s\n", command);
    const char *begin = strstr(text, head), *end = begin ? strstr(begin + 4, "\n## ") : NULL;
    const char *common_end = common ? strstr(common, "\n## ") : NULL;
    if (!begin || !end || !common_end) return NULL;
    used = (size_t)snprintf(section, sizeof section, "%.*s", (int)(end - begin), begin);
    snprintf(section + used, sizeof section - used, "%.*s", (int)(common_end - common), common);
    return section;
}

static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length) {
        bool begins = at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '-');
        if (begins && !isalnum((unsigned char)at[length]) && at[length] != '-') return true;
    }
    return false;
}

/* Checks a command in the text. Its words come first, and "a|b" stands for the first of them. An option must
 * belong to that command or, after a group of commands, to any. */
static bool command_good(const char *command, const char *text) {
    char copy[256], name[256] = "";
    const char *section = NULL;
    bool good = true, in_command = true;

    snprintf(copy, sizeof copy, "%s", command);
    for (char *word = strtok(copy, " "); word && strcmp(word, "--"); word = strtok(NULL, " ")) {
        size_t length = strcspn(word, ".,|="), used = strlen(name);
        in_command = in_command && islower((unsigned char)word[0]) && !section;
        bool is_option = word[0] == '-' && word[1];
        word[length] = 0;
        if (in_command) {
            snprintf(name + used, sizeof name - used, "%s%s", used ? " " : "", word);
            section = section_of(text, name);
            good = good && has_word(text, word);
        } else if (is_option) {
            good = good && has_word(section ? section : text, word);
        }
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
        if (command_good(command, reference(root))) continue;
        fprintf(stderr, "%s: spawnctl has no such command or option: %s\n", p->path, command);
        good = false;
    }
    return good;
}
