/* What Spawn Broker is called on a machine, each name once. */
#ifndef SB_SERVICE_WIN32_NAMES_H
#define SB_SERVICE_WIN32_NAMES_H

#define NAME_SERVICE \
    L"SpawnBroker" /* the service, its pipe, the source of its events, and its folder in ProgramData */
#define NAME_SERVICE_UTF8 "SpawnBroker"
#define NAME_DISPLAY L"Spawn Broker"
#define NAME_PROGRAM L"spawnbroker.exe"

/* The source's key: what the Event Log shows the messages with. */
#define NAME_EVENT_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" NAME_SERVICE

#endif
