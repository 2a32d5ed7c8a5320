// Sampling at places that a grid says. A block of points first gets its taps: which elements each point is the weighted sum
// of, along each dimension and then together; channels are then summed, spread or differentiated by the same taps.
#include "kernels.h"

enum { POINTS = 32, MOST = 64 };

#define GRID_SAMPLE(S, T, FLOOR, FMOD, FABS, RINT)                                                                  \
    typedef struct {                                                                                                \
        int n, count[3];                                                                                            \
        int32_t at[3][4][POINTS];                                                                                   \
        T weight[3][4][POINTS], slope[3][4][POINTS];                                                                \
        /* Together: offsets into a plane, -1 outside. */                                                           \
        int64_t offset[MOST][POINTS];                                                                               \
        T product[MOST][POINTS];                                                                                    \
    } taps_##S;                                                                                                     \
                                                                                                                    \
    /* To where an image repeated by padding has the element; NaN goes to 0. */                                     \
    INLINE T padded_##S(T x, T *slope, const fb_grid *g, ptrdiff_t length) {                                        \
        if (g->padding == FB_GRID_ZEROS) return x;                                                                  \
        if (g->padding == FB_GRID_REFLECTION) {                                                                     \
            const T low = g->aligns ? 0 : (T)-0.5, span = g->aligns ? (T)(length - 1) : (T)length;                  \
            if (span == 0) {                                                                                        \
                *slope = 0;                                                                                         \
                return 0;                                                                                           \
            }                                                                                                       \
            const T away = FABS(x - low), extra = FMOD(away, span);                                                 \
            const bool flips = FMOD(FLOOR(away / span), 2) != 0;                                                    \
            if ((x < low) != flips) *slope = -*slope;                                                               \
            x = flips ? span - extra + low : extra + low;                                                           \
        }                                                                                                           \
        if (!(x > 0)) {                                                                                             \
            *slope = 0;                                                                                             \
            return 0;                                                                                               \
        }                                                                                                           \
        if (x >= (T)(length - 1)) {                                                                                 \
            *slope = 0;                                                                                             \
            return (T)(length - 1);                                                                                 \
        }                                                                                                           \
        return x;                                                                                                   \
    }                                                                                                               \
    INLINE int32_t place_##S(T x, ptrdiff_t length) { return x >= 0 && x < (T)length ? (int32_t)x : -1; }           \
                                                                                                                    \
    INLINE void along_##S(taps_##S *t, int dim, const T *coordinates, const fb_grid *g) {                           \
        const ptrdiff_t length = g->lengths[dim];                                                                   \
        const T half = g->aligns ? (T)(length - 1) / 2 : (T)length / 2;                                             \
        t->count[dim] = g->mode == FB_GRID_NEAREST ? 1 : g->mode == FB_GRID_BILINEAR ? 2 : 4;                       \
        for (int p = 0; p < t->n; p++) {                                                                            \
            const T place = coordinates[(ptrdiff_t)p * g->dims];                                                    \
            T x = g->aligns ? (place + 1) / 2 * (T)(length - 1) : ((place + 1) * (T)length - 1) / 2, slope = half;  \
            if (g->mode != FB_GRID_BICUBIC) x = padded_##S(x, &slope, g, length);                                   \
            if (g->mode == FB_GRID_NEAREST) {                                                                       \
                t->at[dim][0][p] = place_##S(RINT(x), length);                                                      \
                t->weight[dim][0][p] = 1, t->slope[dim][0][p] = 0;                                                  \
                continue;                                                                                           \
            }                                                                                                       \
            const T first = FLOOR(x), u = x - first, v = 1 - u;                                                     \
            if (g->mode == FB_GRID_BILINEAR) {                                                                      \
                t->at[dim][0][p] = place_##S(first, length), t->at[dim][1][p] = place_##S(first + 1, length);       \
                t->weight[dim][0][p] = v, t->weight[dim][1][p] = u;                                                 \
                t->slope[dim][0][p] = -slope, t->slope[dim][1][p] = slope;                                          \
                continue;                                                                                           \
            }                                                                                                       \
            /* Keys' cubic convolution with a = -0.75, at distances 1 + u, u, 1 - u and 2 - u. */                   \
            const T a = (T)-0.75, far[2] = {1 + u, 1 + v}, near[2] = {u, v};                                        \
            for (int k = 0; k < 2; k++) {                                                                           \
                const T y = far[k], z = near[k], sign = k == 0 ? slope : -slope;                                    \
                t->weight[dim][3 * k][p] = ((a * y - 5 * a) * y + 8 * a) * y - 4 * a;                               \
                t->slope[dim][3 * k][p] = sign * ((3 * a * y - 10 * a) * y + 8 * a);                                \
                t->weight[dim][1 + k][p] = ((a + 2) * z - (a + 3)) * z * z + 1;                                     \
                t->slope[dim][1 + k][p] = sign * (3 * (a + 2) * z - 2 * (a + 3)) * z;                               \
            }                                                                                                       \
            for (int k = 0; k < 4; k++) {                                                                           \
                T unused = 0;                                                                                       \
                t->at[dim][k][p] = place_##S(padded_##S(first + (T)(k - 1), &unused, g, length), length);           \
            }                                                                                                       \
        }                                                                                                           \
    }                                                                                                               \
                                                                                                                    \
    /* The taps of `n` points from `places`; with `slope_of` >= 0 the weight along that dimension is its slope. */  \
    INLINE void multiply_##S(taps_##S *t, const fb_grid *g, int slope_of) {                                         \
        int k = 0;                                                                                                  \
        for (int a = 0; a < t->count[0]; a++)                                                                       \
            for (int b = 0; b < t->count[1]; b++)                                                                   \
                for (int c = 0; c < t->count[2]; c++, k++)                                                          \
                    for (int p = 0; p < t->n; p++) {                                                                \
                        const int32_t z = t->at[0][a][p], y = t->at[1][b][p], x = t->at[2][c][p];                   \
                        t->offset[k][p] = (z | y | x) < 0                                                           \
                            ? -1 : ((int64_t)z * g->lengths[1] + y) * g->lengths[2] + x;                            \
                        t->product[k][p] = (slope_of == 0 ? t->slope : t->weight)[0][a][p]                          \
                            * (slope_of == 1 ? t->slope : t->weight)[1][b][p]                                       \
                            * (slope_of == 2 ? t->slope : t->weight)[2][c][p];                                      \
                    }                                                                                               \
    }                                                                                                               \
    INLINE void take_points_##S(taps_##S *t, const T *places, const fb_grid *g, ptrdiff_t n) {                      \
        t->n = (int)n;                                                                                              \
        for (int dim = 3 - g->dims; dim < 3; dim++) along_##S(t, dim, places + (2 - dim), g);                       \
        if (g->dims == 2) {                                                                                         \
            t->count[0] = 1;                                                                                        \
            for (int p = 0; p < POINTS; p++) t->at[0][0][p] = 0, t->weight[0][0][p] = 1;                            \
        }                                                                                                           \
        multiply_##S(t, g, -1);                                                                                     \
    }                                                                                                               \
    INLINE int tap_count_##S(const taps_##S *t) { return t->count[0] * t->count[1] * t->count[2]; }                 \
    INLINE ptrdiff_t block_##S(ptrdiff_t point, ptrdiff_t end, const fb_grid *g) {                                  \
        const ptrdiff_t rest = g->points - point % g->points, n = end - point < rest ? end - point : rest;          \
        return n < POINTS ? n : POINTS;                                                                             \
    }                                                                                                               \
                                                                                                                    \
    CLONES void fb_grid_sample_##S(                                                                                 \
        T *out, const T *in, const T *places, const fb_grid *g, ptrdiff_t begin, ptrdiff_t end) {                   \
        const ptrdiff_t plane = g->lengths[0] * g->lengths[1] * g->lengths[2];                                      \
        taps_##S t;                                                                                                 \
        for (ptrdiff_t at = begin; at < end; at += t.n) {                                                           \
            take_points_##S(&t, places + at * g->dims, g, block_##S(at, end, g));                                   \
            const int count = tap_count_##S(&t);                                                                    \
            const ptrdiff_t batch = at / g->points, first = at % g->points;                                         \
            for (ptrdiff_t c = 0; c < g->channels; c++) {                                                           \
                const T *a = in + (batch * g->channels + c) * plane;                                                \
                T sum[POINTS] = {0}, *to = out + (batch * g->channels + c) * g->points + first;                     \
                for (int k = 0; k < count; k++)                                                                     \
                    for (int p = 0; p < t.n; p++)                                                                   \
                        sum[p] += t.product[k][p] * (t.offset[k][p] < 0 ? 0 : a[t.offset[k][p]]);                   \
                for (int p = 0; p < t.n; p++) to[p] = sum[p];                                                       \
            }                                                                                                       \
        }                                                                                                           \
    }                                                                                                               \
    CLONES void fb_grid_spread_##S(                                                                                 \
        T *out, const T *grad, const T *places, const fb_grid *g, ptrdiff_t begin, ptrdiff_t end) {                 \
        const ptrdiff_t plane = g->lengths[0] * g->lengths[1] * g->lengths[2];                                      \
        taps_##S t;                                                                                                 \
        for (ptrdiff_t start = begin, stop; start < end; start = stop) {                                            \
            /* Planes of one image share their taps. */                                                             \
            const ptrdiff_t batch = start / g->channels, last = (batch + 1) * g->channels;                          \
            stop = last < end ? last : end;                                                                         \
            for (ptrdiff_t at = 0; at < g->points; at += t.n) {                                                     \
                take_points_##S(&t, places + (batch * g->points + at) * g->dims, g, block_##S(at, g->points, g));   \
                const int count = tap_count_##S(&t);                                                                \
                for (ptrdiff_t c = start; c < stop; c++) {                                                          \
                    T *to = out + c * plane;                                                                        \
                    const T *from = grad + c * g->points + at;                                                      \
                    for (int p = 0; p < t.n; p++)                                                                   \
                        for (int k = 0; k < count; k++)                                                             \
                            if (t.offset[k][p] >= 0) to[t.offset[k][p]] += t.product[k][p] * from[p];               \
                }                                                                                                   \
            }                                                                                                       \
        }                                                                                                           \
    }                                                                                                               \
    CLONES void fb_grid_slope_##S(                                                                                  \
        T *out, const T *grad, const T *in, const T *places, const fb_grid *g, ptrdiff_t begin, ptrdiff_t end) {    \
        const ptrdiff_t plane = g->lengths[0] * g->lengths[1] * g->lengths[2];                                      \
        taps_##S t;                                                                                                 \
        for (ptrdiff_t at = begin; at < end; at += t.n) {                                                           \
            take_points_##S(&t, places + at * g->dims, g, block_##S(at, end, g));                                   \
            const int count = tap_count_##S(&t);                                                                    \
            const ptrdiff_t batch = at / g->points, first = at % g->points;                                         \
            /* What each tap's weight counts for, over all channels. */                                             \
            T sum[MOST][POINTS];                                                                                    \
            for (int k = 0; k < count; k++) for (int p = 0; p < t.n; p++) sum[k][p] = 0;                            \
            for (ptrdiff_t c = 0; c < g->channels; c++) {                                                           \
                const T *a = in + (batch * g->channels + c) * plane;                                                \
                const T *from = grad + (batch * g->channels + c) * g->points + first;                               \
                for (int k = 0; k < count; k++)                                                                     \
                    for (int p = 0; p < t.n; p++)                                                                   \
                        sum[k][p] += from[p] * (t.offset[k][p] < 0 ? 0 : a[t.offset[k][p]]);                        \
            }                                                                                                       \
            for (int dim = 3 - g->dims; dim < 3; dim++) {                                                           \
                multiply_##S(&t, g, dim);                                                                           \
                for (int p = 0; p < t.n; p++) {                                                                     \
                    T total = 0;                                                                                    \
                    for (int k = 0; k < count; k++) total += t.product[k][p] * sum[k][p];                           \
                    out[(at + p) * g->dims + (2 - dim)] = total;                                                    \
                }                                                                                                   \
            }                                                                                                       \
        }                                                                                                           \
    }
GRID_SAMPLE(f32, float, floorf, fmodf, fabsf, nearbyintf)
GRID_SAMPLE(f64, double, floor, fmod, fabs, nearbyint)
