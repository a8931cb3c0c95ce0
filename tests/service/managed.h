/* The controls that spawnbroker_managed reads from its input, one letter each. */
#ifndef SB_TESTS_SERVICE_MANAGED_H
#define SB_TESTS_SERVICE_MANAGED_H

enum {
    MANAGED_STOP = 's',
    MANAGED_PRESHUTDOWN = 'p',
    MANAGED_LOGON = 'i',
    MANAGED_LOGOFF = 'o',
    MANAGED_LOCK = 'k'
};

#endif
