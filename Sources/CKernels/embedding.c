// Rows of a table picked by index, and bags of them added up.
#include "kernels.h"

#define EMBEDDING(S, T)                                                                                               \
    CLONES ptrdiff_t fb_bag_sum_##S(                                                                                  \
        T *out, const T *table, ptrdiff_t width, const int64_t *indices, const T *weights, ptrdiff_t n,               \
        int64_t padding) {                                                                                            \
        ptrdiff_t count = 0;                                                                                          \
        for (ptrdiff_t j = 0; j < width; j++) out[j] = 0;                                                             \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            if (indices[i] == padding) continue;                                                                      \
            const T *row = table + indices[i] * width, by = weights ? weights[i] : 1;                                 \
            if (weights) INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) out[j] += by * row[j];                     \
            else INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) out[j] += row[j];                                  \
            count++;                                                                                                  \
        }                                                                                                             \
        return count;                                                                                                 \
    }                                                                                                                 \
    CLONES ptrdiff_t fb_bag_max_##S(                                                                                  \
        T *out, int64_t *rows, const T *table, ptrdiff_t width, const int64_t *indices, ptrdiff_t n, int64_t padding) { \
        ptrdiff_t count = 0;                                                                                          \
        for (ptrdiff_t j = 0; j < width; j++) out[j] = 0, rows[j] = -1;                                               \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            const int64_t at = indices[i];                                                                            \
            if (at == padding) continue;                                                                              \
            const T *row = table + at * width;                                                                        \
            const bool is_first = count++ == 0;                                                                       \
            INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) {                                                       \
                const bool wins = is_first | (row[j] > out[j]);                                                       \
                out[j] = wins ? row[j] : out[j];                                                                      \
                rows[j] = wins ? at : rows[j];                                                                        \
            }                                                                                                         \
        }                                                                                                             \
        return count;                                                                                                 \
    }                                                                                                                 \
    CLONES void fb_bag_sum_grad_##S(                                                                                  \
        T *out, ptrdiff_t width, int64_t first, int64_t last, const int64_t *indices, const int64_t *bags,            \
        const T *scales, const T *grad, ptrdiff_t n, int64_t padding) {                                               \
        memset(out + first * width, 0, (size_t)((last - first) * width) * sizeof(T));                                 \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            const int64_t at = indices[i];                                                                            \
            if (at < first || at >= last || at == padding) continue;                                                  \
            T *row = out + at * width;                                                                                \
            const T *from = grad + (bags ? bags[i] : i) * width, by = scales ? scales[i] : 1;                         \
            if (scales) INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) row[j] += by * from[j];                     \
            else INDEPENDENT for (ptrdiff_t j = 0; j < width; j++) row[j] += from[j];                                 \
        }                                                                                                             \
    }                                                                                                                 \
    CLONES void fb_bag_max_grad_##S(                                                                                  \
        T *out, ptrdiff_t width, int64_t first, int64_t last, const int64_t *rows, const T *grad, ptrdiff_t bags) {   \
        memset(out + first * width, 0, (size_t)((last - first) * width) * sizeof(T));                                 \
        for (ptrdiff_t b = 0; b < bags; b++, rows += width, grad += width)                                            \
            for (ptrdiff_t j = 0; j < width; j++)                                                                     \
                if (rows[j] >= first && rows[j] < last) out[rows[j] * width + j] += grad[j];                          \
    }                                                                                                                 \
    CLONES void fb_bag_weight_grad_##S(                                                                               \
        T *out, const T *table, const T *grad, ptrdiff_t width, const int64_t *indices, const int64_t *bags,          \
        ptrdiff_t n, int64_t padding) {                                                                               \
        _Pragma("clang fp reassociate(on)")                                                                           \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            const T *row = table + indices[i] * width, *from = grad + bags[i] * width;                                \
            T total = 0;                                                                                              \
            for (ptrdiff_t j = 0; j < width; j++) total += row[j] * from[j];                                          \
            out[i] = indices[i] == padding ? 0 : total;                                                               \
        }                                                                                                             \
    }
EMBEDDING(f32, float)
EMBEDDING(f64, double)
