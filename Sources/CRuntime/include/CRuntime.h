// What Swift cannot say cheaply: thread-local state, a team of threads shared with oneDNN, and the block cache.
#ifndef FIREBRAND_CRUNTIME_H
#define FIREBRAND_CRUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Per-thread state ------------------------------------------------------------------------------------------

typedef struct {
    /// Set inside `noGrad { }`; stored inverted so that zero is the state of a new thread.
    bool gradientsDisabled;
    /// A failure was recorded in the innermost `recovering { }` scope: operators do nothing until it closes.
    bool hasFailed;
    /// The innermost `recovering { }` scope (a Swift object, unretained), or NULL.
    void *recoveryScope;
    /// The stack of modules being called (a Swift object, unretained), or NULL.
    void *moduleStack;
    /// How many operations this thread has recorded.
    uint64_t nodeCount;
    /// Graph nodes are being freed; those freed in turn wait in `pendingNodes` (a Swift object, retained), or NULL.
    bool isReleasingNodes;
    void *pendingNodes;
    /// Inside `inferenceMode { }`: new storages are inference tensors', and nothing is recorded.
    bool isInferenceMode;
    /// Anomaly mode: nodes remember the call that made them, and backward looks for NaN.
    bool detectsAnomalies, checksForNaN;
    /// The number of the forward-mode level that is open; 0 where none is, or while it is set aside.
    uint32_t dualLevel;
    /// The innermost hooks for saved tensors (a Swift object, unretained), or NULL.
    void *savedTensorHooks;
    /// What a data loader loads on this thread (a Swift object, unretained), or NULL.
    void *loadingScope;
} fb_thread_state;

extern _Thread_local fb_thread_state fb_thread_state_storage;

static inline fb_thread_state *fb_thread(void) { return &fb_thread_state_storage; }

/// The return addresses of the calls that led here, innermost first; gives how many. For anomaly mode.
int fb_call_stack(void **addresses, int capacity);

/// Writes the name (as the linker knows it) of the function a return address lies in; false where there is none. Slow:
/// reads the program's file.
bool fb_function_name(const void *address, char *name, size_t capacity);

// ---- The team ---------------------------------------------------------------------------------------------------

/// Calls `body(context, begin, end)` over [0, count), split among the caller's OpenMP team (the one oneDNN uses), each
/// share at least `grain` long. Runs inline when one share is enough, and always inside another parallel region.
void fb_parallel_for(
    ptrdiff_t count, ptrdiff_t grain, void (*body)(void *context, ptrdiff_t begin, ptrdiff_t end), void *context);

/// The number of threads the calling thread's team has.
int fb_thread_count(void);

/// Sets it, for the calling thread and for threads that start a team later.
void fb_set_thread_count(int count);

/// Makes the calling thread, and no other, run everything by itself: for secondary threads such as loader workers.
void fb_use_single_thread(void);

// ---- Memory -----------------------------------------------------------------------------------------------------

/// A block of at least `size` bytes aligned to 64 bytes, from the cache where possible; NULL when memory is exhausted.
void *fb_allocate(size_t size);

/// Gives a block back to the cache; `size` must be what it was allocated with.
void fb_deallocate(void *block, size_t size);

/// Bytes in blocks that are in use, and in blocks kept for reuse by all threads together (large blocks only).
size_t fb_bytes_in_use(void);
size_t fb_bytes_cached(void);

/// Returns the cached large blocks to the system.
void fb_empty_cache(void);

#endif
