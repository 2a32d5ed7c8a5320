// Normalisation: rows that are normalised by themselves (layer and RMS norm), channels of planes (batch and group norm) and
// channels side by side (batch norm where channels lie closest). Everything is contiguous; lengths and strides count
// elements. Sums come as doubles; `weight` and `bias` may be NULL.
#ifndef FIREBRAND_CKERNELS_NORM_H
#define FIREBRAND_CKERNELS_NORM_H

#include <stdbool.h>
#include <stddef.h>

#define FB_NORM_KERNELS(S, T)                                                                                         \
    /* Each row minus its mean (where `centred`), times the reciprocal root of its mean square plus eps. */          \
    void fb_norm_rows_##S(                                                                                            \
        T *out, const T *x, const T *weight, const T *bias, T *mean, T *rstd, ptrdiff_t rows, ptrdiff_t n,            \
        double eps, bool centred);                                                                                    \
    /* Its gradient; those of weight and bias are added to what is there. Any of the three may be NULL. */            \
    void fb_norm_rows_grad_##S(                                                                                       \
        T *out, T *weight_grad, T *bias_grad, const T *grad, const T *x, const T *weight, const T *mean,              \
        const T *rstd, ptrdiff_t rows, ptrdiff_t n, bool centred);                                                    \
    /* The mean of `planes` stretches a stride apart, and the sum of squared differences from it. */                  \
    void fb_plane_moments_##S(                                                                                        \
        const T *x, ptrdiff_t planes, ptrdiff_t stride, ptrdiff_t n, double *mean, double *squares);                  \
    /* out = (x - mean) scale + shift. */                                                                             \
    void fb_plane_affine_##S(                                                                                         \
        T *out, const T *x, ptrdiff_t planes, ptrdiff_t stride, ptrdiff_t n, T mean, T scale, T shift);               \
    /* The sums of the gradient, and of it times (x - mean). */                                                       \
    void fb_plane_dots_##S(                                                                                           \
        const T *grad, const T *x, ptrdiff_t planes, ptrdiff_t stride, ptrdiff_t n, T mean, double *sum,              \
        double *dot);                                                                                                 \
    /* out = a grad + b (x - mean) + c. */                                                                            \
    void fb_plane_grad_##S(                                                                                           \
        T *out, const T *grad, const T *x, ptrdiff_t planes, ptrdiff_t stride, ptrdiff_t n, T mean, T a, T b, T c);   \
    /* The same three for the channels of one group, `n` elements each: one mean, scales and shifts by channel. */    \
    void fb_group_affine_##S(                                                                                         \
        T *out, const T *x, ptrdiff_t channels, ptrdiff_t n, T mean, T rstd, const T *weight, const T *bias);         \
    void fb_group_dots_##S(                                                                                           \
        const T *grad, const T *x, ptrdiff_t channels, ptrdiff_t n, T mean, double *sums, double *dots);              \
    void fb_group_grad_##S(                                                                                           \
        T *out, const T *grad, const T *x, ptrdiff_t channels, ptrdiff_t n, T mean, T rstd, const T *weight, T b,     \
        T c);                                                                                                         \
    /* The same four for channels side by side. */                                                                    \
    void fb_column_moments_##S(                                                                                       \
        const T *x, ptrdiff_t rows, ptrdiff_t channels, double *mean, double *squares);                               \
    void fb_column_affine_##S(                                                                                        \
        T *out, const T *x, ptrdiff_t rows, ptrdiff_t channels, const T *mean, const T *scale, const T *shift);       \
    void fb_column_dots_##S(                                                                                          \
        const T *grad, const T *x, ptrdiff_t rows, ptrdiff_t channels, const T *mean, double *sums, double *dots);    \
    void fb_column_grad_##S(                                                                                          \
        T *out, const T *grad, const T *x, ptrdiff_t rows, ptrdiff_t channels, const T *mean, const T *a,             \
        const T *b, const T *c);

FB_NORM_KERNELS(f32, float)
FB_NORM_KERNELS(f64, double)

#endif
