/* What a child of the broker launches through the broker is within the child's job: it is not rid of the
 * limits and the lifetime that the child has. */
#include "tests/jobs/jobs.h"

#include "tests/rules/rules.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { LINE = 1024, UNTIL_WRONG_MS = 500 };

/* A child, and what it or a descendant launches through the broker: a sleeper whose id it prints. */
typedef struct family {
    sb_process child;
    job_helper helper; /* output only */
    HANDLE sleeper;
} family;

/* actions has "%ls" for the broker's pipe, once or twice. */
static bool start(const wchar_t *pipe, sb_client *client, const wchar_t *actions, sb_lifetime lifetime,
                  const sb_limits *limits, family *ret) {
    wchar_t text[256], line[LINE];
    HANDLE writing;
    sb_error error;
    *ret = (family){0};
    swprintf(text, 256, actions, pipe, pipe);
    if (!CHECK(CreatePipe(&ret->helper.output, &writing, NULL, 0))) return false;
    sb_spawn_options options = helper_options(text, line, LINE);
    options.std_output = writing;
    options.lifetime = lifetime;
    options.limits = limits;
    DWORD err = sb_spawn(client, &options, &ret->child, &error);
    CloseHandle(writing);
    if (!CHECK_INT(err, ERROR_SUCCESS)) {
        printf("%ls\n", error.message);
        CloseHandle(ret->helper.output);
        ret->helper.output = NULL;
        return false;
    }
    return true;
}

static bool start_family(const wchar_t *pipe, sb_client *client, const wchar_t *actions, sb_lifetime lifetime,
                         const sb_limits *limits, family *ret) {
    if (!start(pipe, client, actions, lifetime, limits, ret)) return false;
    ret->sleeper = job_open(job_helper_number(&ret->helper));
    return ret->sleeper != NULL;
}

static void end(family *f) {
    if (f->sleeper) {
        TerminateProcess(f->sleeper, 1);
        CloseHandle(f->sleeper);
    }
    if (f->child.process) TerminateProcess(f->child.process, 1);
    if (f->helper.output) CloseHandle(f->helper.output);
    sb_process_close(&f->child);
}

static void kill_launch(const wchar_t *pipe, const family *f) {
    wchar_t arguments[128];
    swprintf(arguments, 128, L"kill %hs", f->child.launch_id);
    CHECK_INT(job_spawnctl(pipe, arguments), 0);
    CHECK_INT(WaitForSingleObject(f->child.process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
}

/* Checks that the sleeper is in the job of the child, and ends with it. */
static void belongs(const test_broker *broker, sb_client *client, const wchar_t *actions) {
    family f;
    BOOL inside = FALSE;
    if (start_family(broker->pipe, client, actions, SB_LIFETIME_BROKER, NULL, &f)) {
        HANDLE job = job_held_by(broker->process, broker->process_id, f.child.process_id);
        if (job) {
            CHECK(IsProcessInJob(f.sleeper, job, &inside));
            CHECK(inside);
            CloseHandle(job);
        }
        kill_launch(broker->pipe, &f);
        CHECK_INT(WaitForSingleObject(f.sleeper, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    }
    end(&f);
}

/* The child has gone, and a descendant that it left behind launches. */
static void left_behind(const test_broker *broker, sb_client *client) {
    const sb_limits limits = {.size = sizeof limits, .max_processes = 8};
    family f;
    if (start_family(broker->pipe, client, L"leave sleep:1500 host:%ls:detached", SB_LIFETIME_DETACHED,
                     &limits, &f)) {
        CHECK_INT(WaitForSingleObject(f.child.process, 0), WAIT_OBJECT_0);
        kill_launch(broker->pipe, &f);
        CHECK_INT(WaitForSingleObject(f.sleeper, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    }
    end(&f);
}

/* The child's caller ends: so do the child and what it launched, detached or not. */
static void callers_end(const test_broker *broker) {
    wchar_t actions[256];
    job_helper caller;
    swprintf(actions, 256, L"through:%ls:caller host:%ls:detached", broker->pipe, broker->pipe);
    if (!CHECK(job_helper_start(actions, &caller)) || !CHECK(ResumeThread(caller.thread) == 1)) return;
    HANDLE sleeper = job_open(job_helper_number(&caller));
    CHECK(TerminateProcess(caller.process, 1));
    if (sleeper) {
        CHECK_INT(WaitForSingleObject(sleeper, TEST_DEADLINE_MS), WAIT_OBJECT_0);
        CloseHandle(sleeper);
    }
    job_helper_close(&caller);
}

/* A child without limits and lifetime imposes nothing, so its job has only what it creates itself. */
static void free_child(const test_broker *broker, sb_client *client) {
    family f;
    if (start_family(broker->pipe, client, L"host:%ls:detached", SB_LIFETIME_DETACHED, NULL, &f)) {
        kill_launch(broker->pipe, &f);
        CHECK_INT(WaitForSingleObject(f.sleeper, UNTIL_WRONG_MS), WAIT_TIMEOUT);
    }
    end(&f);
}

/* Runs a child that launches another one, under a limit on the number of processes. */
static void limited(const test_broker *broker, sb_client *client, uint32_t most, const char *wanted) {
    const sb_limits limits = {.size = sizeof limits, .max_processes = most};
    char text[512] = "";
    family f;
    if (start(broker->pipe, client, L"through:%ls:detached echo:launched", SB_LIFETIME_DETACHED, &limits,
              &f)) {
        CHECK(read_to_end(f.helper.output, text, sizeof text, TEST_DEADLINE_MS));
        CHECK_HAS(text, wanted);
        if (strstr(text, "1816 ")) CHECK_HAS(text, f.child.launch_id);
    }
    end(&f);
}

void job_within(const test_broker *broker, sb_client *client) {
    check_about("what a child launches is in the child's job");
    belongs(broker, client, L"host:%ls:detached");
    check_about("what a descendant launches is in the child's job");
    belongs(broker, client, L"grandchild host:%ls:detached");
    check_about("what a child of a child launches is in the job of the first");
    belongs(broker, client, L"through:%ls:detached host:%ls:detached");
    belongs(broker, client, L"through:%ls:broker grandchild host:%ls:caller");
    check_about("what a descendant launches when the child has ended");
    left_behind(broker, client);
    check_about("the end of the child's caller ends what the child has launched");
    callers_end(broker);
    check_about("a child without limits and lifetime imposes none");
    free_child(broker, client);

    check_about("a child's limit counts what it launches");
    limited(broker, client, 2, "launched");
    /* Wine counts no processes; tests/rules does. */
    if (check_part("limits_within", on_wine() && !rules_enforce(RULES_ALL)
                                        ? "Wine does not enforce the limits of a job"
                                        : NULL))
        limited(broker, client, 1, "1816 ");
}
