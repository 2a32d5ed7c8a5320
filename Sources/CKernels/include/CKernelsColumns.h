// Sliding windows laid out as matrices; included by CKernels.h.
#ifndef FIREBRAND_CKERNELS_COLUMNS_H
#define FIREBRAND_CKERNELS_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

/// How a window slides over a volume (depth, height, width): `places` are the positions it stops at.
typedef struct {
    ptrdiff_t size[3], places[3], kernel[3], stride[3], dilation[3], padding[3];
} fb_sliding;

/// Sets the entries of one dimension.
static inline void fb_set_sliding(
    fb_sliding *w, int dimension, ptrdiff_t size, ptrdiff_t places, ptrdiff_t kernel, ptrdiff_t stride,
    ptrdiff_t dilation, ptrdiff_t padding) {
    w->size[dimension] = size;
    w->places[dimension] = places;
    w->kernel[dimension] = kernel;
    w->stride[dimension] = stride;
    w->dilation[dimension] = dilation;
    w->padding[dimension] = padding;
}

/// columns[row][place] for the rows [first, last), which count (channel, kernel depth, height, width): what the window shows
/// there of `volume` (channels, depth, height, width), zero in the padding.
void fb_gather_columns(
    const fb_sliding *w, void *columns, const void *volume, ptrdiff_t first, ptrdiff_t last, int item_size);

/// The other way round for the channels [first, last): volume[...] = the sum of all columns that show it.
void fb_add_columns_f32(const fb_sliding *w, float *volume, const float *columns, ptrdiff_t first, ptrdiff_t last);
void fb_add_columns_f64(const fb_sliding *w, double *volume, const double *columns, ptrdiff_t first, ptrdiff_t last);
void fb_add_columns_u64(const fb_sliding *w, uint64_t *volume, const uint64_t *columns, ptrdiff_t first, ptrdiff_t last);

#endif
