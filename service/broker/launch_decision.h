/* Decides a launch by the policy: collects what Windows knows and asks the rules. */
#ifndef SB_SERVICE_BROKER_LAUNCH_DECISION_H
#define SB_SERVICE_BROKER_LAUNCH_DECISION_H

#include "service/broker/adopt.h"
#include "service/win32/facts.h"
#include "service/broker/session.h"

typedef struct decision {
    policy_decision by;
    io_bound bound;    /* of calls about the caller's files */
    facts facts;       /* holds the program's file open if a rule asked for it */
    adoption *handles; /* adopted if a rule asked for them */
    const msg_spawn *spawn;
    const session *s;
} decision;

/* Decides, and fills *d. Call decide_close whatever the result. handles: filled by adopt_handles if a rule
 * looks at them. Faults: stage decide; for a program that cannot be opened, the same fault as launching it.
 */
fault_kind decide_launch(decision *d, const session *s, const msg_spawn *spawn, adoption *handles,
                         fault *ret_fault);
void decide_close(decision *d);

/* Returns what the policy knows about the caller without asking Windows. */
policy_facts decide_facts(const caller *from);

#endif
