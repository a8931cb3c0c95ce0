/* Faults in spawnbroker_faulty, and in a test that is linked with the same files. Words in a child's command
 * line ask for them, in one launch at a time:
 *
 *   fault-plant          the child inherits one handle more than the list has
 *   fault-drop           the child does not get the first handle of the list
 *   fault-end:POINT:PID  the process PID, the caller of the launch, is terminated at that point of the launch
 */
#ifndef SB_TESTS_LAUNCH_FAULTY_H
#define SB_TESTS_LAUNCH_FAULTY_H

enum {
    FAULTY_BEFORE_CREATE = 1,
    FAULTY_AFTER_CREATE,
    FAULTY_BEFORE_HAND_BACK,
    FAULTY_AFTER_HAND_BACK,
    FAULTY_BEFORE_RESUME, /* until this point the child is suspended */
    FAULTY_AFTER_RESUME,
    FAULTY_AFTER_SHARE, /* the job has been shared with the caller: in the broker only */
    FAULTY_POINTS,
    FAULTY_EXIT_CODE = 42 /* of the caller that it terminates */
};

/* Terminates the process that the newest command line names, if it names this point. */
void faulty_at(int point);

#endif
