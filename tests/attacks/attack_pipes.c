/* Who serves the pipe, and who can reach it. */
#include "tests/attacks/attacks.h"
#include "service/win32/names.h"
#include "service/win32/token.h"
#include "tests/rules/rules.h"
#include "tests/support/tool.h"

#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { PATH_UNITS = 128, CREATE_INSTANCE = 0x4 }; /* FILE_CREATE_PIPE_INSTANCE */

static void full_name(wchar_t path[PATH_UNITS], const wchar_t *name) {
    swprintf(path, PATH_UNITS, L"\\\\.\\pipe\\%ls", name);
}

/* Creates an instance of a pipe; sddl NULL means the default. On failure returns INVALID_HANDLE_VALUE with
 * the last error set. */
static HANDLE make_pipe(const wchar_t *name, const char *sddl, DWORD flags) {
    wchar_t path[PATH_UNITS];
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    full_name(path, name);
    if (sddl && !ConvertStringSecurityDescriptorToSecurityDescriptorA(sddl, SDDL_REVISION_1,
                                                                      &attributes.lpSecurityDescriptor, NULL))
        return INVALID_HANDLE_VALUE;
    HANDLE pipe =
        CreateNamedPipeW(path, PIPE_ACCESS_DUPLEX | flags, PIPE_TYPE_BYTE, 4, 4096, 4096, 0, &attributes);
    DWORD err = GetLastError();
    LocalFree(attributes.lpSecurityDescriptor);
    SetLastError(err);
    return pipe;
}

/* Starts spawnbroker.exe on a pipe that it must not get. Returns its exit code; text gets what it printed. */
static DWORD broker_on(const wchar_t *name, char *text, size_t size) {
    wchar_t program[MAX_PATH], data[MAX_PATH], line[3 * MAX_PATH];
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    HANDLE reading, writing;
    DWORD code = STILL_ACTIVE;

    text[0] = 0;
    beside_program(program, L"spawnbroker.exe");
    if (!CHECK(directory_make_data(data, L"squat")) ||
        !CHECK(CreatePipe(&reading, &writing, &inheritable, 0)))
        return code;
    swprintf(line, 3 * MAX_PATH, L"\"%ls\" console --pipe %ls --data \"%ls\"", program, name, data);
    start.hStdOutput = start.hStdError = writing;
    BOOL ok = CreateProcessW(program, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &made);
    CloseHandle(writing);

    if (CHECK(ok)) {
        read_to_end(reading, text, size, TEST_DEADLINE_MS);
        WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS);
        GetExitCodeProcess(made.hProcess, &code);
        attack_end(&made);
    }

    CloseHandle(reading);
    directory_remove(data);
    return code;
}

/* Another program has the name already. The broker does not start beside it, and a client sends it
 * nothing. */
void attack_pipe_squatted_before_start(void) {
    wchar_t name[64];
    char said[1024];
    DWORD there = 0;
    sb_client *client = NULL;
    sb_error error = {0};

    swprintf(name, 64, L"sb-squat-%lu", GetCurrentProcessId());
    HANDLE pipe = make_pipe(name, "O:WDG:WDD:(A;;GA;;;WD)", FILE_FLAG_OVERLAPPED);
    bool strange = pipe != INVALID_HANDLE_VALUE; /* setting another owner needs a privilege */
    if (!strange) pipe = make_pipe(name, NULL, FILE_FLAG_OVERLAPPED);
    if (!CHECK(pipe != INVALID_HANDLE_VALUE)) return;
    CHECK_INT(broker_on(name, said, sizeof said), 1);
    CHECK_HAS(said, "cannot serve the pipe");

    if (check_part("client", strange ? NULL : "this user cannot give a pipe away")) {
        const sb_connect_options options = {.size = sizeof options, .pipe_name = name};
        CHECK_INT(sb_connect(&options, &client, &error), ERROR_INVALID_OWNER);
        CHECK_INT(error.stage, SB_STAGE_VERIFY);
        if (PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL)) CHECK_INT(there, 0);
    }
    CloseHandle(pipe);
}

/* Returns why an attack on administrators cannot be tried here, or NULL if it can. */
static const char *not_elevated(void) {
    return token_elevated() ? NULL : "this process is not an administrator's";
}

/* Starts the service as it is installed by default, and returns how long that took. */
static uint64_t start_service(test_broker *ret) {
    *ret = (test_broker){.program = L"spawnbroker_managed.exe", .pipe = NAME_PIPE_PROTECTED};
    CHECK(directory_make_data(ret->data, L"service"));
    const uint64_t begun = GetTickCount64();
    CHECK(broker_start_again(ret));
    return GetTickCount64() - begun;
}

static bool serves_plain_name(void *context) {
    const test_broker *broker = context;
    wchar_t path[PATH_UNITS];
    ULONG server = 0;
    full_name(path, NAME_SERVICE);
    HANDLE client = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (client == INVALID_HANDLE_VALUE) return false;
    GetNamedPipeServerProcessId(client, &server);
    CloseHandle(client);
    return server == broker->process_id;
}

/* Clients that are told no name find the service, whatever else serves its plain name. */
static void launch_by_default(const test_broker *broker) {
    msg_status status = {0};
    child_result result;
    sb_client *client = broker_connect(NULL);
    if (!CHECK(client != NULL)) return;
    helper_run(client, L"exit:3", NULL, 0, &result);
    CHECK_INT(result.exit_code, 3);
    sb_disconnect(client);
    CHECK(raw_status(NAME_PIPE_PROTECTED, &status) && status.process_id == broker->process_id);
}

/* Another program has the service's plain name before the service starts: the service starts all the same,
 * and takes that name when it is free. */
void attack_service_squatted(void) {
    test_broker free_start, broker;
    wchar_t ctl[MAX_PATH];
    const char *why = rules_enforce(RULES_ALL) || on_wine() ? NULL : not_elevated();
    if (!check_part("prefix", why)) return;

    uint64_t usual_ms = start_service(&free_start);
    CHECK(poll_until(serves_plain_name, &free_start, TEST_DEADLINE_MS));
    CHECK_INT(broker_stop(&free_start), 0);

    HANDLE squatter = make_pipe(NAME_SERVICE, NULL, FILE_FLAG_OVERLAPPED);
    CHECK(squatter != INVALID_HANDLE_VALUE);
    uint64_t ms = start_service(&broker);
    printf("the service started in %llu ms, without a squatter in %llu ms\n", (unsigned long long)ms,
           (unsigned long long)usual_ms);
    CHECK(ms < usual_ms + 1500);
    launch_by_default(&broker);
    beside_program(ctl, L"spawnctl.exe");
    tool_run(ctl, L"doctor");
    CHECK_HAS(tool_out, "plain name");
    CHECK_HAS(tool_out, "test_attacks.exe");

    CloseHandle(squatter);
    CHECK(poll_until(serves_plain_name, &broker, TEST_DEADLINE_MS));
    launch_by_default(&broker);
    tool_run(ctl, L"doctor");
    CHECK_HAS(tool_out, "Administrators\\SpawnBroker belongs to");
    CHECK(!strstr(tool_out, "plain name"));
    CHECK_INT(broker_stop(&broker), 0);
}

int attack_act_squat(const wchar_t *name) {
    static const DWORD flags[] = {FILE_FLAG_FIRST_PIPE_INSTANCE, 0};
    int made = 0;
    for (int i = 0; i < 2; i++) {
        HANDLE pipe = make_pipe(name, NULL, flags[i]);
        made += pipe != INVALID_HANDLE_VALUE;
        if (pipe == INVALID_HANDLE_VALUE) printf("  an instance: error %lu\n", GetLastError());
        else CloseHandle(pipe);
    }
    fflush(stdout);
    return made;
}

/* A program of another user, or of the same user without administrator rights, creates one more instance. */
void attack_pipe_squatted_after_start(void) {
    test_broker broker;
    child_result result;
    HANDLE token = attack_filtered_token();
    wchar_t arguments[128];
    if (!CHECK(token != NULL) || !broker_start(&broker, NULL)) return;
    swprintf(arguments, 128, L"act squat %ls", broker.pipe);
    const bool ruled = rules_enforce(RULES_ALL);
    DWORD made = ruled ? attack_run_as(L"other", arguments) : attack_run(token, arguments);
    CloseHandle(token);
    const char *why = on_wine() ? "Wine does not enforce access lists of pipes" : not_elevated();
    if (check_part("instances", ruled ? NULL : why)) CHECK_INT(made, 0);
    sb_client *client = broker_connect(broker.pipe);
    if (CHECK(client != NULL)) {
        helper_run(client, L"exit:3", NULL, 0, &result);
        CHECK_INT(result.exit_code, 3);
        sb_disconnect(client);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

static bool is_sid(PSID sid, WELL_KNOWN_SID_TYPE type) {
    return IsWellKnownSid(sid, type) != FALSE;
}

/* Checks who may create instances, and that network and anonymous are denied. Wine keeps the list, too. */
static void look_at_list(PACL list, PSID owner) {
    bool network = false, anonymous = false;
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *ace; /* an entry that denies has the same layout */
        if (!CHECK(GetAce(list, i, (void **)&ace))) return;
        PSID sid = &ace->SidStart;
        if (ace->Header.AceType == ACCESS_DENIED_ACE_TYPE) {
            network = network || is_sid(sid, WinNetworkSid);
            anonymous = anonymous || is_sid(sid, WinAnonymousSid);
        } else if (ace->Mask & (CREATE_INSTANCE | GENERIC_ALL | GENERIC_WRITE | WRITE_DAC | WRITE_OWNER)) {
            bool own = !token_elevated() && EqualSid(sid, owner);
            CHECK(own || is_sid(sid, WinLocalSystemSid) || is_sid(sid, WinBuiltinAdministratorsSid));
        }
    }
    CHECK(!network); /* SSH with keys and WinRM use such logons for local users */
    CHECK(anonymous);
    if (token_elevated()) CHECK(is_sid(owner, WinBuiltinAdministratorsSid));
}

/* Reads the pipe's owner and list as a client sees them. Free *ret with LocalFree. */
static bool read_list(const wchar_t *pipe, PSECURITY_DESCRIPTOR *ret, PACL *list, PSID *owner) {
    raw_client client;
    if (!CHECK(raw_open(&client, pipe))) return false;
    DWORD err = ERROR_INSUFFICIENT_BUFFER; /* the broker may set a longer list meanwhile */
    for (int i = 0; i < 10 && err == ERROR_INSUFFICIENT_BUFFER; i++)
        err = GetSecurityInfo(client.pipe, SE_KERNEL_OBJECT,
                              OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, owner, NULL, list, NULL,
                              ret);
    raw_close(&client);
    return CHECK_INT(err, ERROR_SUCCESS) && CHECK(*list && *owner);
}

typedef struct package_wait {
    const wchar_t *pipe;
    bool wanted;
} package_wait;

/* Returns whether the pipe's access list is as wanted for AppContainers. */
static bool is_for_packages(void *context) {
    const package_wait *w = context;
    PSECURITY_DESCRIPTOR descriptor;
    PSID owner, packages = NULL;
    PACL list;
    bool found = false;
    if (!ConvertStringSidToSidW(L"S-1-15-2-1", &packages) || !read_list(w->pipe, &descriptor, &list, &owner))
        return false;
    for (DWORD i = 0; i < list->AceCount; i++) {
        ACCESS_ALLOWED_ACE *ace;
        if (GetAce(list, i, (void **)&ace) && EqualSid(&ace->SidStart, packages)) found = true;
    }
    LocalFree(descriptor);
    LocalFree(packages);
    return found == w->wanted;
}

static void write_policy(const wchar_t *data, bool sandboxed) {
    char text[512];
    wchar_t path[MAX_PATH + 16];
    snprintf(text, sizeof text,
             "{\"version\": 1, \"default\": \"allow\", \"rules\": [{\"name\": \"x\", \"action\": \"allow\", "
             "\"caller\": {\"sandboxed\": %s}}]}",
             sandboxed ? "true" : "false");
    swprintf(path, MAX_PATH + 16, L"%ls\\policy.json", data);
    CHECK(file_write(path, text, strlen(text)));
}

void attack_pipe_access_list(void) {
    test_broker broker;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PACL list = NULL;
    PSID owner = NULL;
    package_wait w = {.wanted = false};

    if (!broker_start(&broker, NULL)) return;
    w.pipe = broker.pipe;
    if (read_list(broker.pipe, &descriptor, &list, &owner)) look_at_list(list, owner);
    LocalFree(descriptor);
    CHECK(is_for_packages(&w));

    for (int i = 0; i < 2;
         i++) { /* sandboxed callers reach the pipe while a rule admits them, and only then */
        w.wanted = !i;
        write_policy(broker.data, w.wanted);
        CHECK(poll_until(is_for_packages, &w, TEST_DEADLINE_MS));
        if (read_list(broker.pipe, &descriptor, &list, &owner)) look_at_list(list, owner);
        LocalFree(descriptor);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

/* Opens the pipe to read and write, and to read only. Returns 1 if the first succeeded, plus 2 if the second
 * did. */
int attack_act_open(const wchar_t *name) {
    static const DWORD accesses[] = {GENERIC_READ | GENERIC_WRITE, GENERIC_READ};
    wchar_t path[PATH_UNITS];
    int opened = 0;
    full_name(path, name);
    for (int i = 0; i < 2; i++) {
        if (!WaitNamedPipeW(path, TEST_DEADLINE_MS)) printf("  waiting: error %lu\n", GetLastError());
        HANDLE pipe = CreateFileW(path, accesses[i], 0, NULL, OPEN_EXISTING,
                                  SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (pipe == INVALID_HANDLE_VALUE) continue;
        opened += 1 << i;
        CloseHandle(pipe);
    }
    fflush(stdout);
    return opened;
}

/* Which callers can open the pipe at all. Wine has one user: the layer of Windows' rules gives a process a
 * token by name. */
void attack_callers_at_the_pipe(void) {
    enum { NONE = 0, ALL = 3 };
    static const struct {
        const wchar_t *token;
        bool sandboxed;
    } callers[] = {{L"own", false}, {L"network", false},  {L"other", false},
                   {L"low", true},  {L"container", true}, {L"restricted", true}};
    test_broker broker;
    wchar_t arguments[128];
    if (!check_part("tokens", rules_enforce(RULES_ALL) ? NULL : "this user has no such tokens")) return;
    if (!broker_start(&broker, NULL)) return;
    swprintf(arguments, 128, L"act open %ls", broker.pipe);

    for (int admitted = 0; admitted < 2; admitted++) {
        package_wait w = {.pipe = broker.pipe, .wanted = admitted};
        if (admitted) write_policy(broker.data, true);
        CHECK(poll_until(is_for_packages, &w, TEST_DEADLINE_MS));
        for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
            DWORD opened = attack_run_as(callers[i].token, arguments);
            printf("  %ls, sandboxed callers %s: %lu\n", callers[i].token,
                   admitted ? "admitted" : "not admitted", opened);
            CHECK_INT(opened, callers[i].sandboxed && !admitted ? NONE : ALL);
        }
    }

    printf("  a logon by network, as by SSH with a key, is served\n");
    swprintf(arguments, 128, L"act hello %ls", broker.pipe);
    CHECK_INT(attack_run_as(L"network", arguments), 0);
    CHECK_INT(broker_stop(&broker), 0);
}

/* ---- connections that outlive their broker ---- */

enum { DEAD_CONNECTIONS = 100, RESTART_SLACK_MS = 2000 };

/* Returns how many milliseconds the broker took to be ready again after it was killed or stopped. */
static uint64_t restart(test_broker *broker, bool killed) {
    if (killed) broker_kill(broker);
    else CHECK_INT(broker_stop_keep(broker), 0);
    uint64_t from = GetTickCount64();
    broker_start_again(broker);
    return GetTickCount64() - from;
}

/* A hundred clients keep their ends of the pipe when the broker is killed or stopped: the pipe still exists
 * then. The next broker starts all the same, and serves a new client. */
void attack_dead_connections(void) {
    static raw_client clients[DEAD_CONNECTIONS];
    test_broker broker;
    child_result result;
    if (!broker_start(&broker, NULL)) return;
    for (int killed = 1; killed >= 0; killed--) {
        uint64_t without = restart(&broker, killed);
        for (int i = 0; i < DEAD_CONNECTIONS; i++) CHECK(raw_open(&clients[i], broker.pipe));
        CHECK(raw_hello(&clients[0]));
        uint64_t with = restart(&broker, killed);
        printf("  %s: ready again in %llu ms, and in %llu ms without the connections\n",
               killed ? "killed" : "stopped", (unsigned long long)with, (unsigned long long)without);
        CHECK(with <= 2 * without + RESTART_SLACK_MS);

        sb_client *client = broker_connect(broker.pipe);
        if (CHECK(client != NULL)) {
            helper_run(client, L"exit:3", NULL, 0, &result);
            CHECK_INT(result.exit_code, 3);
            sb_disconnect(client);
        }
        for (int i = 0; i < DEAD_CONNECTIONS; i++) raw_close(&clients[i]);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

static bool is_served(void *context) {
    wchar_t path[PATH_UNITS];
    full_name(path, context);
    return WaitNamedPipeW(path, 1);
}

/* Serves one connection of a pipe, as a broker of this user would. Returns 1 if the client sent anything,
 * 0 if it sent nothing, or another code on failure. */
int attack_act_serve(const wchar_t *name) {
    arena a = {0};
    HANDLE token;
    char byte, *sid, sddl[300];
    DWORD got = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) || !(sid = token_sid_text(&a, token)))
        return 2;
    snprintf(sddl, sizeof sddl, "O:%sD:(A;;GA;;;WD)", sid);
    HANDLE pipe = make_pipe(name, sddl, 0);
    if (pipe == INVALID_HANDLE_VALUE) return 3;
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) return 4;
    return ReadFile(pipe, &byte, 1, &got, NULL) && got ? 1 : 0;
}

int attack_act_say_hello(const wchar_t *name) {
    const sb_connect_options options = {.size = sizeof options, .pipe_name = name};
    sb_client *client = NULL;
    sb_error error = {0};
    if (!sb_connect(&options, &client, &error)) return 0;
    printf("  %ls\n", error.message);
    fflush(stdout);
    return error.stage;
}

static void served_by_less(HANDLE token) {
    wchar_t name[64], arguments[128], program[MAX_PATH], line[2 * MAX_PATH];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = STILL_ACTIVE;
    sb_client *client = NULL;
    sb_error error = {0};

    swprintf(name, 64, L"sb-less-%lu", GetCurrentProcessId());
    swprintf(arguments, 128, L"act serve %ls", name);
    GetModuleFileNameW(NULL, program, MAX_PATH);
    swprintf(line, 2 * MAX_PATH, L"\"%ls\" %ls", program, arguments);
    if (!CHECK(CreateProcessAsUserW(token, program, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &made)))
        return;
    CHECK(poll_until(is_served, name, TEST_DEADLINE_MS));
    const sb_connect_options options = {.size = sizeof options, .pipe_name = name};
    CHECK_INT(sb_connect(&options, &client, &error), ERROR_INVALID_OWNER);
    CHECK_INT(error.stage, SB_STAGE_VERIFY);
    CHECK_INT(WaitForSingleObject(made.hProcess, TEST_DEADLINE_MS), WAIT_OBJECT_0);
    GetExitCodeProcess(made.hProcess, &code);
    CHECK_INT(code, 0); /* the client sent nothing */
    attack_end(&made);
}

/* A program without administrator rights serves a client that has them, both of the same user. The other way
 * round is allowed. */
void attack_server_with_less_rights(void) {
    test_broker broker;
    wchar_t arguments[128];
    HANDLE token = attack_filtered_token();
    if (!CHECK(token != NULL)) return;
    if (check_part("less", not_elevated())) {
        served_by_less(token);
        if (broker_start(&broker, NULL)) {
            swprintf(arguments, 128, L"act hello %ls", broker.pipe);
            DWORD failed_at = attack_run(token, arguments);
            CHECK(failed_at != SB_STAGE_VERIFY);
            if (check_part("served", lax_pipes())) CHECK_INT(failed_at, 0);
            CHECK_INT(broker_stop(&broker), 0);
        }
    }
    CloseHandle(token);
}

/* A client connects by the network, even from this machine. */
void attack_remote_client(void) {
    static const wchar_t *const machines[] = {L"localhost", L"127.0.0.1"};
    test_broker broker;
    sb_client *client = NULL;
    wchar_t path[PATH_UNITS];
    if (!broker_start(&broker, NULL)) return;
    check_part("refused", on_wine() ? "Wine has no pipes of other machines: opening one always fails" : NULL);
    for (int i = 0; i < 2; i++) {
        swprintf(path, PATH_UNITS, L"\\\\%ls\\pipe\\%ls", machines[i], broker.pipe);
        HANDLE pipe = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        printf("  %ls: error %lu\n", path, pipe == INVALID_HANDLE_VALUE ? GetLastError() : 0);
        if (!CHECK(pipe == INVALID_HANDLE_VALUE)) CloseHandle(pipe);
        const sb_connect_options options = {.size = sizeof options, .pipe_name = path};
        CHECK_INT(sb_connect(&options, &client, NULL), ERROR_BAD_PATHNAME);
    }
    CHECK_INT(broker_stop(&broker), 0);
}

/* As another user: this one may make instances. Without the layer, there is none. */
void attack_round_squatting(const attack_target *t) {
    wchar_t arguments[128];
    if (!rules_enforce(RULES_ALL)) return;
    swprintf(arguments, 128, L"act squat %ls", t->pipe);
    attack_run_as(L"other", arguments);
}
