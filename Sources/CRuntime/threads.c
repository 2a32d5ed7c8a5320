#include "CRuntime.h"

_Thread_local fb_thread_state fb_thread_state_storage;

// GNU OpenMP's entry points, declared here because Swift's clang would compile `#pragma omp` for LLVM's runtime, whose
// threads would compete with those of oneDNN. They are part of libgomp's stable ABI (what GCC emits for `omp parallel`).
extern void GOMP_parallel(void (*function)(void *), void *data, unsigned thread_count, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);
extern int omp_in_parallel(void);
extern void omp_set_num_threads(int);

// GNU OpenMP synchronises out of the thread sanitizer's sight. It is told what a team's start and end order: the caller's
// writes come before every share, and every share before what the caller does next.
#if defined(__has_feature) && __has_feature(thread_sanitizer)
extern void __tsan_acquire(void *);
extern void __tsan_release(void *);
#define ORDER_AFTER(r) __tsan_acquire((void *)(r))
#define ORDER_BEFORE(r) __tsan_release((void *)(r))
#else
#define ORDER_AFTER(r) ((void)0)
#define ORDER_BEFORE(r) ((void)0)
#endif

typedef struct {
    void (*body)(void *, ptrdiff_t, ptrdiff_t);
    void *context;
    ptrdiff_t count;
} region;

static void run_share(void *data) {
    const region *r = data;
    ORDER_AFTER(r);
    ptrdiff_t threads = omp_get_num_threads(), index = omp_get_thread_num();
    // Shares start on multiples of 64 elements, so that no two threads write to one cache line.
    ptrdiff_t share = ((r->count + threads - 1) / threads + 63) / 64 * 64;
    if (r->count < 64 * threads) share = (r->count + threads - 1) / threads;
    ptrdiff_t begin = share * index, end = begin + share;
    if (end > r->count) end = r->count;
    if (begin < end) r->body(r->context, begin, end);
    ORDER_BEFORE(r);
}

void fb_parallel_for(
    ptrdiff_t count, ptrdiff_t grain, void (*body)(void *, ptrdiff_t, ptrdiff_t), void *context) {
    if (count <= 0) return;
    if (count <= grain) {
        body(context, 0, count);
        return;
    }
    ptrdiff_t threads = omp_get_max_threads(), wanted = (count + grain - 1) / grain;
    if (wanted < threads) threads = wanted;
    if (threads <= 1 || omp_in_parallel()) {
        body(context, 0, count);
        return;
    }
    region r = {body, context, count};
    ORDER_BEFORE(&r);
    GOMP_parallel(run_share, &r, (unsigned)threads, 0);
    ORDER_AFTER(&r);
}

static _Atomic int chosen_thread_count = 0;
static _Thread_local int applied_thread_count = 0;

// OpenMP keeps its thread count per thread; ours holds for all, so each thread catches up when it asks.
int fb_thread_count(void) {
    int chosen = chosen_thread_count;
    if (chosen > 0 && applied_thread_count == 0) {
        omp_set_num_threads(chosen);
        applied_thread_count = chosen;
    }
    return omp_get_max_threads();
}

void fb_set_thread_count(int count) {
    if (count < 1) count = 1;
    chosen_thread_count = count;
    applied_thread_count = count;
    omp_set_num_threads(count);
}

void fb_use_single_thread(void) {
    applied_thread_count = 1;
    omp_set_num_threads(1);
}
