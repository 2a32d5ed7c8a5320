// oneDNN behind one door, for both its 2.x and 3.x interfaces. Only what the library needs, in plain C types.
#ifndef FIREBRAND_CONEDNN_H
#define FIREBRAND_CONEDNN_H

#include <stdint.h>

/// One batched product of float32 matrices: C[b] = A[b] x B[b] (+ bias row), strides counted in elements.
/// Each of the two last strides of A, of B and of C must include a 1 (a matrix or its transpose).
typedef struct {
    int64_t batch, m, n, k;
    int64_t a_batch, a_row, a_column;  // strides; a batch stride of 0 repeats one matrix
    int64_t b_batch, b_row, b_column;
    int64_t c_batch, c_row, c_column;
    int64_t has_bias;                  // a row of n values added to each row of C
} fb_matmul_shape;

/// Runs it on the calling thread's team. Primitives are cached by shape, per thread. Returns 0, or oneDNN's status.
int fb_matmul_f32(const fb_matmul_shape *shape, const float *a, const float *b, const float *bias, float *c);

/// The library's version, as 10000 * major + 100 * minor + patch.
int fb_onednn_version(void);

#endif
