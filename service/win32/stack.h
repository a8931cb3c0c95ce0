/* Returns memory that a thread's stack no longer uses. */
#ifndef SB_SERVICE_WIN32_STACK_H
#define SB_SERVICE_WIN32_STACK_H

/* Gives the memory below the part of this thread's stack that is in use back to the system. It is cheap: call
 * it at the start of work that a thread repeats. */
void stack_give_back(void);

#endif
