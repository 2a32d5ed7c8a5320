// Kernels over images, volumes and signals: part of CKernels.h. Operands lie as (outer, depth, height, width, inner) without
// gaps; `inner` is 1, or the channels where they are closest. A row is what lies between two neighbours of `height`.
#ifndef FIREBRAND_CKERNELS_IMAGES_H
#define FIREBRAND_CKERNELS_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The lengths of the operand's and the result's dimensions.
typedef struct {
    ptrdiff_t depth, height, width, out_depth, out_height, out_width, inner;
} fb_image_shape;

// ---- Picking: each result is one element of the operand ------------------------------------------------------------------

/// For each place of the result along one dimension the place it is taken from; NULL where all stay.
typedef struct {
    const int32_t *depth, *height, *width;
    /// A stretch of the width whose places follow one another.
    ptrdiff_t run_begin, run_end;
} fb_image_places;

/// Rows [begin, end) of the result, of (outer, out_depth, out_height); elements of 1, 2, 4, 8 or 16 bytes.
void fb_pick_rows(
    void *out, const void *in, const fb_image_shape *shape, const fb_image_places *places, int item_size,
    ptrdiff_t begin, ptrdiff_t end);

// ---- Resampling: each result is a weighted sum of elements along each dimension ---------------------------------------------

/// Of result i the elements indices[starts[i]] to indices[starts[i + 1]] (without it) with their weights, of the elements'
/// own type; starts is NULL where the dimension stays. Where all have `even` elements (else it is 0), even_indices and
/// even_weights have the first of each result, then the second of each, and so on.
typedef struct {
    const int32_t *starts, *indices, *even_indices;
    const void *weights, *even_weights;
    ptrdiff_t even;
} fb_taps;

typedef struct { fb_taps depth, height, width; } fb_image_taps;

/// Rows [begin, end) of the result; `scratch` holds a row of the operand.
typedef void (*fb_resample_kernel)(
    void *out, const void *in, const fb_image_shape *shape, const fb_image_taps *taps, ptrdiff_t begin, ptrdiff_t end,
    void *scratch);
/// For float32, float64 and int64.
fb_resample_kernel fb_find_resample(int dtype);

#endif
