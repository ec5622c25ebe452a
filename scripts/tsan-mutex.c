// Preloaded by scripts/test-tsan. A contended Swift Mutex is handed over inside libswiftSynchronization, which is not instrumented,
// so the thread sanitizer would report races on data that such a mutex protects. This tells the sanitizer about locking and
// unlocking. Data that no mutex protects is still reported.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SELF __attribute__((swift_context)) void *self
#define SWIFT(name) __asm__("$s15Synchronization12_MutexHandleV" name)

// From the runtime of the sanitizer; absent in programs without it.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void lock_function(uint32_t thread, SELF);
typedef __attribute__((swiftcall)) bool try_function(SELF);
typedef __attribute__((swiftcall)) void unlock_function(SELF);

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

// Mutex's _lockSlow(_:), _tryLockSlow() and _unlockSlow().
__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) SWIFT("9_lockSlowyys6UInt32VF");
__attribute__((swiftcall)) bool try_slow(SELF) SWIFT("12_tryLockSlowSbyF");
__attribute__((swiftcall)) void unlock_slow(SELF) SWIFT("11_unlockSlowyyF");

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) {
    ((lock_function *)next("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

__attribute__((swiftcall)) bool try_slow(SELF) {
    bool is_locked = ((try_function *)next("$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"))(self);
    if (is_locked && __tsan_acquire) __tsan_acquire(self);
    return is_locked;
}

__attribute__((swiftcall)) void unlock_slow(SELF) {
    if (__tsan_release) __tsan_release(self);
    ((unlock_function *)next("$s15Synchronization12_MutexHandleV11_unlockSlowyyF"))(self);
}
