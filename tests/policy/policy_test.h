/* The parts of test_policy. */
#ifndef SB_TESTS_POLICY_POLICY_TEST_H
#define SB_TESTS_POLICY_POLICY_TEST_H

#include "tests/support/checks.h"
#include "tests/support/child.h"
#include "proto/message.h"
#include "tests/support/raw.h"

enum { POLICY_LINE = 2048, DISABLED_BY_POLICY = 1260, NOT_ENOUGH_QUOTA = 1816 };

/* Starts a broker with that policy.json. In text, @ stands for the directory of the test programs. False: a
 * check failed. */
bool policy_start(test_broker *ret, const char *text);
bool policy_write(const wchar_t *data, const char *text);
/* Stops the broker; its data stays, so that its files can be read. */
void policy_stop_keep(test_broker *broker);

/* Waits until the broker decides a launch of the helper by that rule. */
bool policy_wait_rule(const wchar_t *pipe, const char *rule);
/* The rule that policy.explain names for an application (UTF-8), in text[128]. */
bool policy_rule_of(const wchar_t *pipe, const char *application, char *text);
/* Runs spawnctl with these arguments and returns its exit code; text is its output. */
DWORD policy_spawnctl(const wchar_t *pipe, const wchar_t *arguments, char *text, size_t size);

/* How often bytes occur in the files of the audit in data; no broker may run. */
size_t policy_count_in_audit(const wchar_t *data, const void *bytes, size_t length);

void try_rules(void); /* policy_rules.c */
void try_unknown_kinds(void);
void try_environment(void);
void try_directory(void);
void try_reloads(void);
void try_rights(void);
void try_tricks(void); /* policy_tricks.c */
void try_hashes(void);
void try_quotas(void); /* policy_bursts.c */
void try_denials(void);
void try_faulty(void);
void try_secrets(void);

#endif
