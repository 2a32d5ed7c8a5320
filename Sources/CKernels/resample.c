// Weighted sums along depth, height and width. Rows are joined first, whole ones at a time; then the columns of the joined
// row are.
#include "kernels.h"

#define RESAMPLE(S, T)                                                                                              \
    INLINE void add_rows_##S(T *to, const T *a, T u, const T *b, T v, ptrdiff_t n, bool first) {                    \
        if (first && b) {                                                                                           \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) to[i] = u * a[i] + v * b[i];                              \
        } else if (first) {                                                                                         \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) to[i] = u * a[i];                                         \
        } else if (b) {                                                                                             \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) to[i] += u * a[i] + v * b[i];                             \
        } else {                                                                                                    \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) to[i] += u * a[i];                                        \
        }                                                                                                           \
    }                                                                                                               \
    INLINE void columns_##S(T *to, const T *a, const fb_taps *taps, ptrdiff_t n, ptrdiff_t inner) {                 \
        const T *weights = taps->weights;                                                                           \
        if (inner > 1) {                                                                                            \
            for (ptrdiff_t x = 0; x < n; x++, to += inner) {                                                        \
                ptrdiff_t k = taps->starts[x];                                                                      \
                const ptrdiff_t end = taps->starts[x + 1];                                                          \
                if (k == end) memset(to, 0, (size_t)inner * sizeof(T));                                             \
                for (bool first = true; k < end; k += 2, first = false) {                                           \
                    const bool pair = k + 1 < end;                                                                  \
                    add_rows_##S(                                                                                   \
                        to, a + taps->indices[k] * inner, weights[k],                                               \
                        pair ? a + taps->indices[k + 1] * inner : NULL, pair ? weights[k + 1] : 0, inner, first);   \
                }                                                                                                   \
            }                                                                                                       \
            return;                                                                                                 \
        }                                                                                                           \
        if (taps->even) {                                                                                           \
            const T *even = taps->even_weights;                                                                     \
            const int32_t *at = taps->even_indices;                                                                 \
            INDEPENDENT for (ptrdiff_t x = 0; x < n; x++) to[x] = even[x] * a[at[x]];                               \
            for (ptrdiff_t k = 1; k < taps->even; k++) {                                                            \
                even += n, at += n;                                                                                 \
                INDEPENDENT for (ptrdiff_t x = 0; x < n; x++) to[x] += even[x] * a[at[x]];                          \
            }                                                                                                       \
            return;                                                                                                 \
        }                                                                                                           \
        for (ptrdiff_t x = 0; x < n; x++) {                                                                         \
            T sum = 0;                                                                                              \
            for (ptrdiff_t k = taps->starts[x]; k < taps->starts[x + 1]; k++) sum += weights[k] * a[taps->indices[k]]; \
            to[x] = sum;                                                                                            \
        }                                                                                                           \
    }                                                                                                               \
    CLONES static void resample_##S(                                                                                \
        void *out, const void *in, const fb_image_shape *shape, const fb_image_taps *taps, ptrdiff_t begin,         \
        ptrdiff_t end, void *scratch) {                                                                             \
        const ptrdiff_t row = shape->width * shape->inner, out_row = shape->out_width * shape->inner;               \
        const fb_taps *td = &taps->depth, *th = &taps->height;                                                      \
        T *to = (T *)out + begin * out_row;                                                                         \
        for (ptrdiff_t r = begin; r < end; r++, to += out_row) {                                                    \
            const ptrdiff_t h = r % shape->out_height, rest = r / shape->out_height;                                \
            const ptrdiff_t d = rest % shape->out_depth, outer = rest / shape->out_depth;                           \
            T *joined = taps->width.starts ? scratch : to;                                                          \
            const T *line = NULL, *waiting = NULL;                                                                  \
            T weight = 0;                                                                                           \
            bool first = true;                                                                                      \
            for (ptrdiff_t i = td->starts ? td->starts[d] : d, di = td->starts ? td->starts[d + 1] : d + 1; i < di; i++) { \
                const T wd = td->starts ? ((const T *)td->weights)[i] : 1;                                          \
                const ptrdiff_t slice = outer * shape->depth + (td->starts ? td->indices[i] : i);                   \
                for (ptrdiff_t j = th->starts ? th->starts[h] : h, hj = th->starts ? th->starts[h + 1] : h + 1; j < hj; j++) { \
                    const T w = th->starts ? wd * ((const T *)th->weights)[j] : wd;                                 \
                    const T *a = (const T *)in + (slice * shape->height + (th->starts ? th->indices[j] : j)) * row; \
                    if (!waiting) {                                                                                 \
                        waiting = a, weight = w;                                                                    \
                        continue;                                                                                   \
                    }                                                                                               \
                    add_rows_##S(joined, waiting, weight, a, w, row, first);                                        \
                    waiting = NULL, first = false;                                                                  \
                }                                                                                                   \
            }                                                                                                       \
            if (waiting && first && weight == 1 && taps->width.starts) {                                            \
                line = waiting;                                                                                     \
            } else {                                                                                                \
                if (waiting) add_rows_##S(joined, waiting, weight, NULL, 0, row, first);                            \
                else if (first) memset(joined, 0, (size_t)row * sizeof(T));                                         \
                line = joined;                                                                                      \
            }                                                                                                       \
            if (taps->width.starts) columns_##S(to, line, &taps->width, shape->out_width, shape->inner);            \
        }                                                                                                           \
    }
RESAMPLE(f32, float)
RESAMPLE(f64, double)
RESAMPLE(i64, int64_t)

fb_resample_kernel fb_find_resample(int dtype) {
    switch (dtype) {
    case FB_F32: return resample_f32;
    case FB_F64: return resample_f64;
    case FB_I64: return resample_i64;
    default: return NULL;
    }
}
