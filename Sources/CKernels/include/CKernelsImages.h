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

// ---- Largest elements of windows ------------------------------------------------------------------------------------------

/// The windows along one dimension: elements from starts[i] to ends[i] (without it), `step` apart.
typedef struct { const int32_t *starts, *ends; ptrdiff_t step; } fb_windows;

/// Of rows [begin, end) of the result the largest element of each window, NaN above all, and where it is in its plane
/// (unless `places` is NULL): the first of equals, the last of NaN.
typedef void (*fb_window_max_kernel)(
    void *out, int64_t *places, const void *in, const fb_image_shape *shape, const fb_windows windows[3],
    ptrdiff_t begin, ptrdiff_t end);
/// For float32, float64 and int64.
fb_window_max_kernel fb_find_window_max(int dtype);

/// Windows of one size at even distances; depth, height, width. They have at most 256 elements.
typedef struct { ptrdiff_t kernel[3], stride[3], padding[3], dilation[3]; } fb_pool;

/// The bytes of scratch memory that the following need; 0 where they do not suit and fb_find_window_max is to be used.
ptrdiff_t fb_max_pool_scratch(const fb_image_shape *shape, const fb_pool *pool);
/// The length of a row of winners: full vectors.
ptrdiff_t fb_winner_row(const fb_image_shape *shape);
/// The same for float32, fast. `winners` (NULL: not wanted) says which element of its window each one was.
void fb_max_pool_f32(
    float *out, uint8_t *winners, const float *in, const fb_image_shape *shape, const fb_pool *pool, ptrdiff_t begin,
    ptrdiff_t end, void *scratch);
/// Rows [begin, end) of the operand's gradient.
void fb_max_pool_grad_f32(
    float *out, const float *grad, const uint8_t *winners, const fb_image_shape *shape, const fb_pool *pool,
    ptrdiff_t begin, ptrdiff_t end, void *scratch);
/// Rows [begin, end) of winners as places in their planes.
void fb_winner_places(
    int64_t *places, const uint8_t *winners, const fb_image_shape *shape, const fb_pool *pool, ptrdiff_t begin,
    ptrdiff_t end);

// ---- Sampling at places that a grid says ------------------------------------------------------------------------------------

typedef enum : int32_t { FB_GRID_BILINEAR, FB_GRID_NEAREST, FB_GRID_BICUBIC } fb_grid_mode;
typedef enum : int32_t { FB_GRID_ZEROS, FB_GRID_BORDER, FB_GRID_REFLECTION } fb_grid_padding;

/// Images (batch, channels, lengths[0], lengths[1], lengths[2]) sampled at `points` places of each of a batch; a place has
/// `dims` coordinates between -1 and 1, the last dimension's first.
typedef struct {
    ptrdiff_t lengths[3], channels, points;
    int32_t dims;
    fb_grid_mode mode;
    fb_grid_padding padding;
    /// Whether -1 and 1 are the centres of the outermost elements, and not their edges.
    bool aligns;
} fb_grid;

/// Points [begin, end) of the whole batch.
void fb_grid_sample_f32(float *out, const float *in, const float *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);
void fb_grid_sample_f64(double *out, const double *in, const double *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);
/// Adds to the operand's gradient, for planes [begin, end) of (batch, channels).
void fb_grid_spread_f32(float *out, const float *grad, const float *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);
void fb_grid_spread_f64(double *out, const double *grad, const double *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);
/// The gradient of the places, for points [begin, end) of the whole batch.
void fb_grid_slope_f32(
    float *out, const float *grad, const float *in, const float *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);
void fb_grid_slope_f64(
    double *out, const double *grad, const double *in, const double *places, const fb_grid *grid, ptrdiff_t begin, ptrdiff_t end);

#endif
