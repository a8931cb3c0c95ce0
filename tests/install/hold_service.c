/* hold_service NAME: opens a service, says "open", and keeps it open until standard input ends, as
 * services.msc keeps those that it shows. A service that is removed meanwhile stays marked for deletion and
 * cannot be made again. */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager && argc == 2 ? OpenServiceA(manager, argv[1], SERVICE_QUERY_STATUS) : NULL;
    if (!service) {
        printf("not open: error %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    puts("open");
    fflush(stdout);
    while (getchar() != EOF) continue;
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return 0;
}
