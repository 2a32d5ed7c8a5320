// Fourier transforms of any length: mixed radices where the length has small prime factors only, Bluestein's algorithm
// otherwise. A plan holds a length's roots of unity; it is read-only once made, and may serve several threads.
#ifndef FIREBRAND_CFFT_H
#define FIREBRAND_CFFT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fb_fft_plan fb_fft_plan;

/// A plan for transforms of `n` (at least 1) numbers; NULL where there is no memory.
fb_fft_plan *_Nullable fb_fft_make(ptrdiff_t n, bool is_double);
void fb_fft_free(fb_fft_plan *_Nonnull plan);

/// What goes in and what comes out.
typedef enum {
    /// Complex numbers to complex numbers.
    FB_FFT_COMPLEX,
    /// Real numbers to the first n/2 + 1 complex ones; the others are their conjugates.
    FB_FFT_FROM_REAL,
    /// The first n/2 + 1 complex numbers, of which the others are conjugates, to real ones; always inverse.
    FB_FFT_TO_REAL,
} fb_fft_kind;

/// `columns` transforms side by side. Steps are in elements (real or complex): `step` along a transform, `column`
/// from one transform to the next.
typedef struct {
    fb_fft_kind kind;
    bool inverse;
    double scale;
    ptrdiff_t columns;
    const void *_Nonnull in;
    ptrdiff_t in_step, in_column;
    void *_Nonnull out;
    ptrdiff_t out_step, out_column;
} fb_fft_block;

/// Bytes of workspace that `columns` transforms side by side need.
size_t fb_fft_workspace(const fb_fft_plan *_Nonnull plan, ptrdiff_t columns);
void fb_fft_run(const fb_fft_plan *_Nonnull plan, const fb_fft_block *_Nonnull block, void *_Nonnull workspace);

#endif
