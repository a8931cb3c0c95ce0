/* Replaces service/win32/launch.c in spawnbroker_faulty: a caller can be terminated between its steps
 * (faulty.h).
 */
#include "tests/launch/faulty.h"

#define launch_hand_back hand_back_as_asked
#define launch_resume resume_as_asked
#define launch_share_job share_job_as_asked
#include "service/win32/launch.c"
#undef launch_hand_back
#undef launch_resume
#undef launch_share_job

fault_kind launch_hand_back(HANDLE to, launched *child, fault *ret_fault);
fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault);
void launch_share_job(HANDLE to, launched *child);

fault_kind launch_hand_back(HANDLE to, launched *child, fault *ret_fault) {
    faulty_at(FAULTY_BEFORE_HAND_BACK);
    fault_kind kind = hand_back_as_asked(to, child, ret_fault);
    faulty_at(FAULTY_AFTER_HAND_BACK);
    return kind;
}

fault_kind launch_resume(const msg_spawn *spawn, launched *child, fault *ret_fault) {
    faulty_at(FAULTY_BEFORE_RESUME);
    fault_kind kind = resume_as_asked(spawn, child, ret_fault);
    faulty_at(FAULTY_AFTER_RESUME);
    return kind;
}

void launch_share_job(HANDLE to, launched *child) {
    share_job_as_asked(to, child);
    faulty_at(FAULTY_AFTER_SHARE);
}
