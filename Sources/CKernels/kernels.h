// Shared by the kernel files: element types, clones per instruction set.
#ifndef FIREBRAND_KERNELS_H
#define FIREBRAND_KERNELS_H

#include "CKernels.h"

#include <math.h>
#include <string.h>

// One source, compiled for three levels of x86-64; the dynamic loader picks. Under the thread sanitizer the resolver
// would run before the sanitizer's runtime and crash.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && __has_feature(thread_sanitizer))
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

// Iterations touch one element each, so an output equal to an input is no dependence; partial overlap is excluded above.
// Where a call to libm stands in the way, the hint is void, and no warning is due.
#pragma clang diagnostic ignored "-Wpass-failed"
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define INLINE static inline __attribute__((always_inline))

typedef bool fb_boolean;
typedef uint8_t fb_u8;
typedef int8_t fb_i8;
typedef int16_t fb_i16;
typedef int32_t fb_i32;
typedef int64_t fb_i64;
typedef float fb_f32;
typedef double fb_f64;

#define FOR_SIGNED(X) X(i8) X(i16) X(i32) X(i64)
#define FOR_INTEGERS(X) X(u8) FOR_SIGNED(X)
#define FOR_FLOATS(X) X(f32) X(f64)

#include "math.inc"
#include "elementary.inc"
#include "strided.inc"

// Entries that sorting moves (see fb_make_entries): a key and a position, in one word where the key has at most 32 bits.
typedef uint64_t narrow_entry;
typedef struct { uint64_t key, position; } wide_entry;

// Parts of the tables behind fb_find_unary and fb_find_binary.
fb_unary_kernel fb_find_further_unary(fb_unary_op op, int dtype);
fb_unary_kernel fb_find_special_unary(fb_unary_op op, int dtype);
fb_binary_kernel fb_find_further_binary(fb_binary_op op, int dtype);
fb_binary_kernel fb_find_special_binary(fb_binary_op op, int dtype);

// What complex.c adds to the lookups of the other files.
fb_unary_kernel fb_find_complex_unary(fb_unary_op op, int dtype);
fb_binary_kernel fb_find_complex_binary(fb_binary_op op, int dtype);
fb_unary_kernel fb_find_complex_cast(int from, int to);
const fb_reduction *fb_find_complex_reduction(fb_reduction_op op, int dtype);
fb_matmul_kernel fb_find_complex_matmul(int dtype);

#endif
