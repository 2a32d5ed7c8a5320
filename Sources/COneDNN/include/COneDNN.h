// oneDNN behind one door, for both its 2.x and 3.x interfaces. Only what the library needs, in plain C types.
#ifndef FIREBRAND_CONEDNN_H
#define FIREBRAND_CONEDNN_H

#include <stdbool.h>
#include <stdint.h>

#include "COneDNNConvolution.h"

/// Types of elements; sums are kept in float32 for all of them. WIDE: matrices of 16 bits whose product, and bias, are
/// not rounded to 16 bits.
enum { FB_ONEDNN_F32, FB_ONEDNN_BF16, FB_ONEDNN_F16, FB_ONEDNN_BF16_WIDE, FB_ONEDNN_TYPE_COUNT };

/// One batched product of matrices of one type: C[b] = A[b] x B[b] (+ bias row), strides counted in elements.
/// Each of the two last strides of A, of B and of C must include a 1 (a matrix or its transpose).
typedef struct {
    int64_t batch, m, n, k;
    int64_t a_batch, a_row, a_column;  // strides; a batch stride of 0 repeats one matrix
    int64_t b_batch, b_row, b_column;
    int64_t c_batch, c_row, c_column;
    int64_t has_bias;                  // a row of n values added to each row of C
    int64_t type;                      // FB_ONEDNN_F32 and so on
} fb_matmul_shape;

/// Runs it on the calling thread's team. Primitives are cached by shape, per thread. Returns 0, or oneDNN's status.
int fb_onednn_matmul(const fb_matmul_shape *shape, const void *a, const void *b, const void *bias, void *c);

/// Whether matrices of the type have not yet been refused: 16-bit ones need certain processors and versions.
bool fb_onednn_takes(int type);

/// The library's version, as 10000 * major + 100 * minor + patch.
int fb_onednn_version(void);

#endif
