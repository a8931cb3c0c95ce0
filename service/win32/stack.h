/* What a thread's stack takes of memory. */
#ifndef SB_SERVICE_WIN32_STACK_H
#define SB_SERVICE_WIN32_STACK_H

/* Gives the memory of this thread's stack below what is in use back to the system. Cheap; for the beginning
 * of what a thread does again and again. */
void stack_give_back(void);

#endif
