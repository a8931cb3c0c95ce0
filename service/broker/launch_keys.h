/* The keys under which clients ask for launches. With a key, a launch happens once: the audit refuses a
 * second record with it (recorder.h). Here are the launches under way, and the keys whose launch must not
 * begin any more, since somebody was told that it has not started. */
#ifndef SB_SERVICE_BROKER_LAUNCH_KEYS_H
#define SB_SERVICE_BROKER_LAUNCH_KEYS_H

#include "service/broker/caller.h"
#include "proto/fault.h"
#include "proto/proto_limits.h"

typedef struct launch_keys launch_keys;

/* A launch under way; zero-initialise. It is the caller's of launch_keys_begin, from then to launch_keys_end.
 */
typedef struct launch_key_use {
    struct launch_key_use *next, **link;
    const caller *from;
    const char *key;
} launch_key_use;

bool launch_keys_create(launch_keys **ret);
/* Sets *keys to NULL, which is fine. */
void launch_keys_destroy(launch_keys **keys);

/* Begins a launch. FAULT_UNDER_WAY: one with this key of this process is under way; FAULT_NOT_STARTED: its
 * key was given up. key NULL: nothing is noted. */
fault_kind launch_keys_begin(launch_keys *keys, const caller *from, const char *key, launch_key_use *use,
                             fault *ret_fault);
void launch_keys_end(launch_keys *keys, launch_key_use *use);

/* Gives up a key: a launch with it does not begin any more. FAULT_UNDER_WAY: it has begun. The latest 64 of a
 * user are remembered. */
fault_kind launch_keys_give_up(launch_keys *keys, const caller *from, const char *key, fault *ret_fault);

#endif
