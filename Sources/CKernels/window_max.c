// The largest element of each of any windows: adaptive and fractional pooling, and the types and sizes that max_pool.c has
// no vectors for.
#include "kernels.h"

#define WINDOW_MAX(S, T, LOWEST)                                                                                    \
    INLINE void one_window_##S(                                                                                     \
        T *to, int64_t *places, const T *plane, const fb_image_shape *shape, const fb_windows w[3], ptrdiff_t d,    \
        ptrdiff_t h, ptrdiff_t x) {                                                                                 \
        T best = LOWEST;                                                                                            \
        int64_t at = ((int64_t)w[0].starts[d] * shape->height + w[1].starts[h]) * shape->width + w[2].starts[x];    \
        for (ptrdiff_t i = w[0].starts[d]; i < w[0].ends[d]; i += w[0].step)                                        \
            for (ptrdiff_t j = w[1].starts[h]; j < w[1].ends[h]; j += w[1].step) {                                  \
                const ptrdiff_t line = (i * shape->height + j) * shape->width;                                      \
                for (ptrdiff_t k = w[2].starts[x]; k < w[2].ends[x]; k += w[2].step) {                              \
                    const T v = plane[line + k];                                                                    \
                    if (v > best || v != v) best = v, at = line + k;                                                \
                }                                                                                                   \
            }                                                                                                       \
        *to = best;                                                                                                 \
        if (places) *places = at;                                                                                   \
    }                                                                                                               \
    INLINE void inner_windows_##S(                                                                                  \
        T *to, int64_t *places, const T *plane, const fb_image_shape *shape, const fb_windows w[3], ptrdiff_t d,    \
        ptrdiff_t h, ptrdiff_t x) {                                                                                 \
        const ptrdiff_t inner = shape->inner;                                                                       \
        const int64_t first = ((int64_t)w[0].starts[d] * shape->height + w[1].starts[h]) * shape->width + w[2].starts[x]; \
        for (ptrdiff_t c = 0; c < inner; c++) to[c] = LOWEST;                                                       \
        if (places) for (ptrdiff_t c = 0; c < inner; c++) places[c] = first;                                        \
        for (ptrdiff_t i = w[0].starts[d]; i < w[0].ends[d]; i += w[0].step)                                        \
            for (ptrdiff_t j = w[1].starts[h]; j < w[1].ends[h]; j += w[1].step)                                    \
                for (ptrdiff_t k = w[2].starts[x]; k < w[2].ends[x]; k += w[2].step) {                              \
                    const int64_t place = (i * shape->height + j) * shape->width + k;                               \
                    const T *a = plane + place * inner;                                                             \
                    if (places) {                                                                                   \
                        INDEPENDENT for (ptrdiff_t c = 0; c < inner; c++) {                                         \
                            const bool takes = (a[c] > to[c]) | (a[c] != a[c]);                                     \
                            places[c] = takes ? place : places[c];                                                  \
                            to[c] = takes ? a[c] : to[c];                                                           \
                        }                                                                                           \
                    } else {                                                                                        \
                        INDEPENDENT for (ptrdiff_t c = 0; c < inner; c++)                                           \
                            to[c] = ((a[c] > to[c]) | (a[c] != a[c])) ? a[c] : to[c];                               \
                    }                                                                                               \
                }                                                                                                   \
    }                                                                                                               \
    CLONES static void window_max_##S(                                                                              \
        void *out, int64_t *places, const void *in, const fb_image_shape *shape, const fb_windows w[3],             \
        ptrdiff_t begin, ptrdiff_t end) {                                                                           \
        const ptrdiff_t inner = shape->inner, plane = shape->depth * shape->height * shape->width * inner;          \
        T *to = (T *)out + begin * shape->out_width * inner;                                                        \
        if (places) places += begin * shape->out_width * inner;                                                     \
        for (ptrdiff_t r = begin; r < end; r++) {                                                                   \
            const ptrdiff_t h = r % shape->out_height, rest = r / shape->out_height;                                \
            const ptrdiff_t d = rest % shape->out_depth;                                                            \
            const T *from = (const T *)in + rest / shape->out_depth * plane;                                        \
            for (ptrdiff_t x = 0; x < shape->out_width; x++, to += inner) {                                         \
                if (inner == 1) one_window_##S(to, places, from, shape, w, d, h, x);                                \
                else inner_windows_##S(to, places, from, shape, w, d, h, x);                                        \
                if (places) places += inner;                                                                        \
            }                                                                                                       \
        }                                                                                                           \
    }
WINDOW_MAX(f32, float, -INFINITY)
WINDOW_MAX(f64, double, -INFINITY)
WINDOW_MAX(i64, int64_t, INT64_MIN)

fb_window_max_kernel fb_find_window_max(int dtype) {
    switch (dtype) {
    case FB_F32: return window_max_f32;
    case FB_F64: return window_max_f64;
    case FB_I64: return window_max_i64;
    default: return NULL;
    }
}
