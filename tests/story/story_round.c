#include <winsock2.h>

#include "tests/story/story_round.h"

#include "service/win32/nt.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static HANDLE named_event(const story_round *r, const wchar_t *name) {
    wchar_t text[128];
    swprintf(text, sizeof text / sizeof *text, L"%ls-%ls", r->prefix, name);
    return CreateEventW(NULL, TRUE, FALSE, text);
}

bool round_open(story_round *ret, story_way way, LONG threads) {
    story_round r = {.way = way, .threads = threads};
    wchar_t text[128];
    WSADATA winsock;

    if (WSAStartup(MAKEWORD(2, 2), &winsock)) return false;
    swprintf(r.prefix, sizeof r.prefix / sizeof *r.prefix, L"Local\\sb-story-%lu-%d", GetCurrentProcessId(),
             (int)way);
    swprintf(text, sizeof text / sizeof *text, L"%ls-board", r.prefix);
    r.section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *r.board, text);
    r.board = r.section ? MapViewOfFile(r.section, FILE_MAP_ALL_ACCESS, 0, 0, sizeof *r.board) : NULL;
    r.go = named_event(&r, L"go");
    r.bye = named_event(&r, L"bye");
    InitializeSRWLock(&r.lock);
    InitializeConditionVariable(&r.met);
    *ret = r;
    if (!r.board || !r.go || !r.bye) {
        round_close(ret);
        return false;
    }
    r.board->host = GetCurrentProcessId();
    return true;
}

void round_close(story_round *round) {
    if (round->board) UnmapViewOfFile(round->board);
    if (round->section) CloseHandle(round->section);
    if (round->go) CloseHandle(round->go);
    if (round->bye) CloseHandle(round->bye);
    WSACleanup();
}

static void open_point(story_round *r, story_point point) {
    if (point == POINT_GO) SetEvent(r->go);
    if (point == POINT_BYE) SetEvent(r->bye);
    if (point != POINT_END) return;
    ResetEvent(r->go);
    ResetEvent(r->bye);
    r->board->count = 0;
}

void round_meet(story_round *round, story_point point) {
    AcquireSRWLockExclusive(&round->lock);
    LONG meeting = round->meeting;
    if (++round->waiting == round->threads) {
        open_point(round, point);
        round->waiting = 0;
        round->meeting++;
        WakeAllConditionVariable(&round->met);
    }
    while (meeting == round->meeting) SleepConditionVariableSRW(&round->met, &round->lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&round->lock);
}

int round_number(const story_round *round) {
    return (int)(round->meeting / POINT_COUNT);
}

static HANDLE make_section(LONG owner, SECURITY_ATTRIBUTES *attributes) {
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, attributes, PAGE_READWRITE, 0, 4096, NULL);
    LONG *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, sizeof *view) : NULL;
    if (!view) return NULL;
    *view = owner;
    UnmapViewOfFile(view);
    return section;
}

/* socket() makes sockets inheritable. For the broker, no handle needs to be. */
static HANDLE make_listener(bool inheritable) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    DWORD flags = WSA_FLAG_OVERLAPPED | (inheritable ? 0 : WSA_FLAG_NO_HANDLE_INHERIT);
    SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, flags);
    if (s == INVALID_SOCKET) return NULL;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!bind(s, (struct sockaddr *)&address, sizeof address) && !listen(s, 4)) return (HANDLE)s;
    closesocket(s);
    return NULL;
}

bool round_make_things(story_round *round, LONG owner, story_things *ret) {
    bool inheritable = round->way != STORY_BROKER;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, inheritable};
    story_things t = {0};
    t.handles[STORY_SECTION] = make_section(owner, &attributes);
    if (!CreatePipe(&t.pipe_read, &t.handles[STORY_PIPE], &attributes, 0)) t.handles[STORY_PIPE] = NULL;
    t.handles[STORY_SOCKET] = make_listener(inheritable);
    for (LONG kind = 0; kind < STORY_KINDS; kind++) {
        LONG at = InterlockedIncrement(&round->board->count) - 1;
        round->board->objects[at].handle = (uintptr_t)t.handles[kind];
        round->board->objects[at].owner = owner;
        round->board->objects[at].kind = kind;
    }
    *ret = t;
    return t.handles[STORY_SECTION] && t.handles[STORY_PIPE] && t.handles[STORY_SOCKET];
}

void round_close_things(story_things *things) {
    CloseHandle(things->handles[STORY_SECTION]);
    CloseHandle(things->handles[STORY_PIPE]);
    CloseHandle(things->pipe_read);
    closesocket((SOCKET)things->handles[STORY_SOCKET]);
}

/* Returns 1 if handle, of this process, refers to an object of another owner, else 0. */
static int is_foreign(const story_board *board, LONG owner, HANDLE handle) {
    for (LONG i = 0; i < board->count; i++)
        if (board->objects[i].owner != owner &&
            nt_same_object(handle, (HANDLE)(uintptr_t)board->objects[i].handle))
            return 1;
    return 0;
}

int round_foreign_seen(const story_round *round, LONG owner, HANDLE process) {
    nt_handle *table;
    size_t count;
    DWORD id = GetProcessId(process);
    HANDLE child = OpenProcess(PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION, FALSE, id);
    if (!child || nt_handle_table(child, id, &table, &count)) return -1;
    int seen = 0;
    for (size_t i = 0; i < count; i++) {
        HANDLE copy;
        if (!DuplicateHandle(child, table[i].value, GetCurrentProcess(), &copy, 0, FALSE,
                             DUPLICATE_SAME_ACCESS))
            continue;
        seen += is_foreign(round->board, owner, copy);
        CloseHandle(copy);
    }
    free(table);
    CloseHandle(child);
    return seen;
}

bool round_pipe_read(HANDLE pipe, LONG *ret) {
    uint64_t deadline = deadline_in(TEST_DEADLINE_MS);
    DWORD there = 0, got;
    while (PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL) && there < sizeof *ret &&
           !deadline_passed(deadline))
        Sleep(2);
    return there >= sizeof *ret && ReadFile(pipe, ret, sizeof *ret, &got, NULL) && got == sizeof *ret;
}
