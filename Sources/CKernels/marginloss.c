// Losses that want a class, or each of several, to score higher than the others by a margin.
#include "kernels.h"

#define MARGINS(S, T)                                                                                                 \
    CLONES double fb_multi_margin_##S(const T *x, ptrdiff_t class, int p, double margin, ptrdiff_t n) {               \
        _Pragma("clang fp reassociate(on)")                                                                           \
        const T from = (T)margin - x[class];                                                                          \
        double total = 0;                                                                                             \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            const T z = i == class ? 0 : from + x[i];                                                                 \
            total += z <= 0 ? 0 : p == 1 ? z : z * z;                                                                 \
        }                                                                                                             \
        return total / (double)n;                                                                                     \
    }                                                                                                                 \
    CLONES void fb_multi_margin_grad_##S(                                                                             \
        T *out, const T *x, ptrdiff_t class, int p, double margin, double scale, ptrdiff_t n) {                       \
        _Pragma("clang fp reassociate(on)")                                                                           \
        const T from = (T)margin - x[class], by = (T)(scale / (double)n);                                             \
        double total = 0;                                                                                             \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                           \
            const T z = i == class ? 0 : from + x[i];                                                                 \
            const T slope = z <= 0 ? 0 : p == 1 ? by : 2 * by * z;                                                    \
            out[i] = slope;                                                                                           \
            total += slope;                                                                                           \
        }                                                                                                             \
        out[class] = (T)-total;                                                                                       \
    }                                                                                                                 \
    CLONES double fb_multilabel_margin_##S(                                                                           \
        const T *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, ptrdiff_t n) {             \
        _Pragma("clang fp reassociate(on)")                                                                           \
        double total = 0;                                                                                             \
        for (ptrdiff_t j = 0; j < label_count; j++) {                                                                 \
            const T from = 1 - x[labels[j]];                                                                          \
            for (ptrdiff_t i = 0; i < n; i++) {                                                                       \
                const T z = from + x[i];                                                                              \
                total += is_label[i] || z <= 0 ? 0 : z;                                                               \
            }                                                                                                         \
        }                                                                                                             \
        return total / (double)n;                                                                                     \
    }                                                                                                                 \
    CLONES void fb_multilabel_margin_grad_##S(                                                                        \
        T *out, const T *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, double scale,      \
        ptrdiff_t n) {                                                                                                \
        const T by = (T)(scale / (double)n);                                                                          \
        for (ptrdiff_t i = 0; i < n; i++) out[i] = 0;                                                                 \
        for (ptrdiff_t j = 0; j < label_count; j++) {                                                                 \
            const T from = 1 - x[labels[j]];                                                                          \
            ptrdiff_t count = 0;                                                                                      \
            for (ptrdiff_t i = 0; i < n; i++) {                                                                       \
                const bool counts = !is_label[i] && from + x[i] > 0;                                                  \
                out[i] += counts ? by : 0;                                                                            \
                count += counts;                                                                                      \
            }                                                                                                         \
            out[labels[j]] -= by * (T)count;                                                                          \
        }                                                                                                             \
    }
MARGINS(f32, float)
MARGINS(f64, double)
