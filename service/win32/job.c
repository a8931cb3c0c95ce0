#include "service/win32/job.h"

#include "service/win32/win.h"

static DWORD limit_cpu(HANDLE job, uint32_t percent) {
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE |
                                                                   JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP};
    rate.CpuRate = percent * 100; /* hundredths of a percent */
    return SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate)
               ? ERROR_SUCCESS
               : win_error();
}

static SIZE_T as_size(uint64_t bytes) {
    return bytes > SIZE_MAX ? SIZE_MAX : (SIZE_T)bytes; /* in a 32-bit program */
}

bool job_binds(const msg_limits *limits, bool kill_on_close) {
    bool binds = kill_on_close;
#define X(name, bits, most) binds = binds || limits->name;
    LAUNCH_LIMIT_LIST(X)
#undef X
    return binds;
}

DWORD job_limit(HANDLE job, const msg_limits *limits, bool kill_on_close) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION all = {0};
    DWORD flags = kill_on_close ? JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE : 0;
    if (limits->process_memory_bytes) {
        flags |= JOB_OBJECT_LIMIT_PROCESS_MEMORY;
        all.ProcessMemoryLimit = as_size(limits->process_memory_bytes);
    }

    if (limits->job_memory_bytes) {
        flags |= JOB_OBJECT_LIMIT_JOB_MEMORY;
        all.JobMemoryLimit = as_size(limits->job_memory_bytes);
    }

    if (limits->max_processes) {
        flags |= JOB_OBJECT_LIMIT_ACTIVE_PROCESS;
        all.BasicLimitInformation.ActiveProcessLimit = limits->max_processes;
    }

    if (!job_binds(limits, kill_on_close)) flags = JOB_OBJECT_LIMIT_BREAKAWAY_OK;
    all.BasicLimitInformation.LimitFlags = flags;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &all, sizeof all))
        return win_error();

    return limits->cpu_percent ? limit_cpu(job, limits->cpu_percent) : ERROR_SUCCESS;
}

bool job_is_empty(HANDLE job) {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;
    return QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof accounting,
                                     NULL) &&
           !accounting.ActiveProcesses;
}
