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

// exp(x) within 1 ulp for x <= 87, and no more beyond: fb_exp_f32 without its last digit's care, which probabilities and
// gates do not show. What is below the normal numbers is 0, since n = -127 leaves the exponent's bits empty; NaN stays.
INLINE float fast_exp_f32(float x) {
    float limited = x > 87.0f ? 87.0f : x;
    limited = limited < -88.0296919f ? -88.0296919f : limited;
    const float rounded = limited * 1.44269504088896341f + 12583039.0f, n = rounded - 12583039.0f;
    const float r = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    return p * fb_bits_to_f32((int32_t)((uint32_t)fb_f32_to_bits(rounded) << 23));
}
#endif
