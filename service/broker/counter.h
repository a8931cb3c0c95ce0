/* Counters to which any thread may add without a lock. Without windows.h, so that their users are also tested
 * on Linux with sanitizers. */
#ifndef SB_SERVICE_BROKER_COUNTER_H
#define SB_SERVICE_BROKER_COUNTER_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__) /* its C11 atomics need a switch */
#include <intrin.h>

typedef volatile long counter32;
typedef volatile __int64 counter64;

static inline void counter32_add(counter32 *c, uint32_t n) {
    _InterlockedExchangeAdd(c, (long)n);
}
static inline uint32_t counter32_read(counter32 *c) {
    return (uint32_t)_InterlockedExchangeAdd(c, 0);
}
static inline void counter32_set(counter32 *c, uint32_t n) {
    _InterlockedExchange(c, (long)n);
}
static inline void counter64_add(counter64 *c, int64_t n) {
    _InterlockedExchangeAdd64(c, n);
}
static inline int64_t counter64_read(counter64 *c) {
    return _InterlockedExchangeAdd64(c, 0);
}
static inline void counter64_set(counter64 *c, int64_t n) {
    _InterlockedExchange64(c, n);
}
/* Returns the value before. */
static inline int64_t counter64_swap(counter64 *c, int64_t n) {
    return _InterlockedExchange64(c, n);
}
#else
#include <stdatomic.h>

typedef atomic_uint_least32_t counter32;
typedef atomic_int_least64_t counter64;

static inline void counter32_add(counter32 *c, uint32_t n) {
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}
static inline uint32_t counter32_read(counter32 *c) {
    return atomic_load_explicit(c, memory_order_relaxed);
}
static inline void counter32_set(counter32 *c, uint32_t n) {
    atomic_store_explicit(c, n, memory_order_relaxed);
}
static inline void counter64_add(counter64 *c, int64_t n) {
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}
static inline int64_t counter64_read(counter64 *c) {
    return atomic_load_explicit(c, memory_order_acquire);
}
static inline void counter64_set(counter64 *c, int64_t n) {
    atomic_store_explicit(c, n, memory_order_release);
}
/* Returns the value before. */
static inline int64_t counter64_swap(counter64 *c, int64_t n) {
    return atomic_exchange(c, n);
}
#endif

#endif
