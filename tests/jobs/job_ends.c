/* Which children end when the broker stops or is terminated. */
#include "tests/jobs/jobs.h"

#include "service/win32/nt.h"

#include <stdio.h>
#include <wchar.h>

enum { LINE = 1024 };

/* Launches a child for a client that does not request the job: only the broker keeps the job open. */
static HANDLE raw_child(const wchar_t *pipe, bool job, HANDLE *ret_job) {
    raw_client client;
    raw_spawn_text text;
    msg_reply reply;
    msg_spawn_result result;
    size_t length;
    HANDLE process = NULL;
    msg_spawn spawn = raw_spawn("sleep:600000", &text);
    static const char *const environment[] = {"SystemRoot=C:\\windows"};

    spawn.environment = environment;
    spawn.environment_count = 1;
    spawn.job = job;
    if (!CHECK(raw_open(&client, pipe)) || !CHECK(raw_hello(&client))) return NULL;

    char *frame = msg_encode_spawn(client.next_id++, &spawn, &length);
    if (CHECK(raw_call(&client, frame, length, &reply))) {
        if (CHECK(msg_reply_spawn(&reply, &result))) {
            process = (HANDLE)(ULONG_PTR)result.process;
            CloseHandle((HANDLE)(ULONG_PTR)result.thread);
            *ret_job = (HANDLE)(ULONG_PTR)result.job;
        } else {
            printf("%s\n", reply.fault.message);
        }
        msg_reply_free(&reply);
    }
    raw_close(&client);
    return process;
}

/* The caller can query and terminate the job that it is given, and nothing else. */
static void check_job(HANDLE job) {
    nt_object object;
    if (!CHECK(job != NULL)) return;
    CHECK_INT(nt_query_object(job, &object), ERROR_SUCCESS);
    CHECK_TEXT(object.type, "Job");
    CHECK_INT(object.access, JOB_OBJECT_QUERY | JOB_OBJECT_TERMINATE);
}

enum { OF_CALLER, OF_BROKER, DETACHED, LIFETIMES };

static void end_broker(test_broker *broker, bool crash) {
    if (!crash) {
        CHECK_INT(broker_stop(broker), 0);
        return;
    }
    CHECK(TerminateProcess(broker->process, 99));
    CHECK_INT(WaitForSingleObject(broker->process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    broker_stop(broker);
}

static void lives(HANDLE process) {
    CHECK_INT(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
}

static void ended(HANDLE process) {
    CHECK_INT(WaitForSingleObject(process, TEST_DEADLINE_MS), WAIT_OBJECT_0);
}

static void broker_ends(bool crash) {
    static const sb_lifetime lifetimes[] = {SB_LIFETIME_CALLER, SB_LIFETIME_BROKER, SB_LIFETIME_DETACHED};
    test_broker broker;
    sb_process processes[LIFETIMES] = {0};
    wchar_t line[LINE], actions[128];
    HANDLE job = NULL, none = NULL;
    job_helper host = {0};

    if (!broker_start(&broker, NULL)) return;
    sb_client *client = broker_connect(broker.pipe);
    for (int i = 0; i < LIFETIMES; i++) {
        sb_spawn_options options = helper_options(L"sleep:600000", line, LINE);
        options.lifetime = lifetimes[i];
        CHECK_INT(sb_spawn(client, &options, &processes[i], NULL), ERROR_SUCCESS);
    }

    HANDLE keeper = raw_child(broker.pipe, true, &job), loser = raw_child(broker.pipe, false, &none);
    check_job(job);
    CHECK(none == NULL);
    swprintf(actions, 128, L"host:%ls:caller", broker.pipe);
    CHECK(job_helper_start(actions, &host) && ResumeThread(host.thread) == 1);
    HANDLE hosted = job_open(job_helper_number(&host));

    end_broker(&broker, crash);
    ended(processes[OF_BROKER].process);
    ended(loser); /* its job is closed everywhere */
    Sleep(300);   /* time for a wrong end of the others */
    lives(processes[OF_CALLER].process);
    lives(processes[DETACHED].process);
    lives(keeper);
    lives(hosted);

    CloseHandle(job);
    ended(keeper);
    CHECK(TerminateProcess(host.process, 1)); /* no broker is left to notice it */
    ended(hosted);

    TerminateProcess(processes[OF_CALLER].process, 1);
    TerminateProcess(processes[DETACHED].process, 1);
    for (int i = 0; i < LIFETIMES; i++) sb_process_close(&processes[i]);
    CloseHandle(keeper);
    CloseHandle(loser);
    CloseHandle(hosted);
    job_helper_close(&host);
    sb_disconnect(client);
}

void job_ends(void) {
    check_about("the broker is killed: which children end, and which continue");
    broker_ends(true);
    check_about("the broker stops: the same");
    broker_ends(false);
}
