// The two levels of the instruction set that kernels with tiles in registers are written for: 32 registers of 512 bits,
// and anything else.
#ifndef FIREBRAND_LEVELS_H
#define FIREBRAND_LEVELS_H

#include "kernels.h"

#if defined(__x86_64__)
#define HAS_WIDE 1
// Without the second attribute clang splits vectors of 512 bits into halves.
#define WIDE_TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
INLINE bool is_wide(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
}
#else
#define HAS_WIDE 0
INLINE bool is_wide(void) { return false; }
#endif

// As INDEPENDENT, with vectors of N elements.
#define PRAGMA_(...) _Pragma(#__VA_ARGS__)
#define VECTORS_OF_(N) PRAGMA_(clang loop vectorize(assume_safety) vectorize_width(N) interleave_count(1))
#define VECTORS_OF(N) VECTORS_OF_(N)

#if HAS_WIDE && !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && __has_feature(thread_sanitizer))
#define PLAIN_TARGET __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define PLAIN_TARGET
#endif

#endif
