/* A launch and the policy: facts of Windows in, a decision out. */
#ifndef SB_SERVICE_BROKER_LAUNCH_DECISION_H
#define SB_SERVICE_BROKER_LAUNCH_DECISION_H

#include "service/broker/adopt.h"
#include "service/win32/facts.h"
#include "service/broker/session.h"

typedef struct decision {
    policy_decision by;
    facts facts;       /* with the program's file, held open where a rule asked for it */
    adoption *handles; /* taken over where a rule asked for them */
    const msg_spawn *spawn;
    const session *s;
} decision;

/* Fills d, which decide_close empties whatever the result. handles: where they go when they are taken over
 * for a rule; whoever adopts them looks whether they are there. Faults: stage decide; of a program that
 * cannot be opened, what launching it says. */
fault_kind decide_launch(decision *d, const session *s, const msg_spawn *spawn, adoption *handles,
                         fault *ret_fault);
void decide_close(decision *d);

/* What the policy knows of the caller at once. */
policy_facts decide_facts(const caller *from);

#endif
