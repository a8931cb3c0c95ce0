/* Runs the broker under the service control manager. */
#ifndef SB_SERVICE_BROKER_SCM_H
#define SB_SERVICE_BROKER_SCM_H

#include "service/broker/broker.h"

/* Serves until the service is stopped. ERROR_FAILED_SERVICE_CONTROLLER_CONNECT: this process was not started
 * by the service control manager. */
DWORD scm_run(const broker_options *options);

#endif
