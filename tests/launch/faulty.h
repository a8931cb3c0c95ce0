/* Words in a child's command line that make spawnbroker_faulty, or a test that is linked with the same files,
 * go wrong: fault-plant          the child gets an inheritable handle too many fault-drop           the child
 * does not get the first one fault-end:POINT:PID  the process PID, which is the launch's caller, is ended at
 * that point of the launch One such launch at a time. */
#ifndef SB_TESTS_LAUNCH_FAULTY_H
#define SB_TESTS_LAUNCH_FAULTY_H

enum {
    FAULTY_BEFORE_CREATE = 1,
    FAULTY_AFTER_CREATE,
    FAULTY_BEFORE_HAND_BACK,
    FAULTY_AFTER_HAND_BACK,
    FAULTY_BEFORE_RESUME, /* until here the child is frozen */
    FAULTY_AFTER_RESUME,
    FAULTY_AFTER_SHARE, /* of the job with the caller: in the broker only */
    FAULTY_POINTS,
    FAULTY_EXIT_CODE = 42 /* of whom it ends */
};

/* Ends the process that the newest command line named, if that named this point. */
void faulty_at(int point);

#endif
