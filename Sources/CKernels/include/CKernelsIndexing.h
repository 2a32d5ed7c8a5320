// Picking and putting elements where indices say; included by CKernels.h.
#ifndef FIREBRAND_CKERNELS_INDEXING_H
#define FIREBRAND_CKERNELS_INDEXING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What happens to the element an index names.
typedef enum : int32_t { FB_PUT, FB_PUT_ADD, FB_PUT_MUL, FB_PUT_MAX, FB_PUT_MIN } fb_put_op;

/// out[i] = a[i * a_stride + index[i] * step]; strides and `step` in bytes, `limit` > 0. False where an index is not in
/// [0, limit); nothing outside is touched then.
bool fb_gather(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t step, const int64_t *index,
    ptrdiff_t index_stride, ptrdiff_t n, int64_t limit, int item_size);

/// out[i * out_stride + index[i] * step] op= a[i] for the indices in [low, high), the others being somebody else's; false
/// where one is not in [0, limit).
bool fb_scatter(
    fb_put_op op, int dtype, size_t item_size, void *out, ptrdiff_t out_stride, ptrdiff_t step, const int64_t *index,
    ptrdiff_t index_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n, int64_t low, int64_t high, int64_t limit);

/// out[i] op= a[i]: what `fb_scatter` does where neighbours share one index.
void fb_put_row(
    fb_put_op op, int dtype, void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n);

/// out[i] += index[i] * step, the index counted from the end of `length` where negative; false where one is out of range.
bool fb_add_offsets(
    int64_t *out, ptrdiff_t out_stride, const int64_t *index, ptrdiff_t index_stride, ptrdiff_t n, int64_t length,
    int64_t step);

/// The number of true bytes.
ptrdiff_t fb_count_true(const bool *mask, ptrdiff_t n);
/// The positions of true bytes, counted from `first`, at most `capacity` of them.
ptrdiff_t fb_true_positions(const bool *mask, ptrdiff_t n, int64_t first, int64_t *out, ptrdiff_t capacity);
/// The elements under true bytes, in order; `capacity` of them, which must be their number.
void fb_compress(const bool *mask, const void *a, ptrdiff_t n, void *out, ptrdiff_t capacity, int item_size);
/// out[i] = position[i] / divisor % length: one coordinate of flat positions.
void fb_coordinate(const int64_t *positions, ptrdiff_t n, int64_t divisor, int64_t length, int64_t *out);

/// Sets a flag that several threads may set at once.
void fb_raise(bool *flag);

#endif
