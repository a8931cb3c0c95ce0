/* What Spawn Broker is called on a machine: each name is written once. */
#ifndef SB_SERVICE_WIN32_NAMES_H
#define SB_SERVICE_WIN32_NAMES_H

#define NAME_WIDE_(text) L##text
#define NAME_WIDE(text) NAME_WIDE_(text)

/* The service, its pipe, the source of its events, and its folder in ProgramData. */
#define NAME_SERVICE_UTF8 "SpawnBroker"
#define NAME_SERVICE NAME_WIDE(NAME_SERVICE_UTF8)
/* The service's other pipe. Only administrators can create pipes with this prefix, so nobody else can take
 * the name before the service does (tiraniddo.dev, "Named Pipe Secure Prefixes"; Chromium's
 * content_analysis_sdk uses it too). */
#define NAME_PROTECTED_PREFIX L"ProtectedPrefix\\Administrators\\"
#define NAME_PIPE_PROTECTED NAME_PROTECTED_PREFIX NAME_SERVICE
#define NAME_DISPLAY L"Spawn Broker"
#define NAME_PROGRAM L"spawnbroker.exe"

/* The registry key of the event source: where the Event Log finds the texts of its messages. */
#define NAME_EVENT_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" NAME_SERVICE

/* The environment variable that tells a child its handles: docs/protocol.md, "In the child". */
#define NAME_HANDLES_UTF8 "SPAWN_BROKER_HANDLES"
#define NAME_HANDLES NAME_WIDE(NAME_HANDLES_UTF8)

#endif
