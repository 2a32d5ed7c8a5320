// Softmax over one row at a time. The largest element is subtracted first, so that no exponential overflows; a row of
// -infinity gives NaN, as PyTorch's does.
#include "kernels.h"

#define SOFTMAX(S, T, LOG)                                                                      \
    INLINE T row_max_##S(const T *a, ptrdiff_t n) {                                             \
        T m = a[0];                                                                             \
        for (ptrdiff_t i = 1; i < n; i++) m = a[i] > m ? a[i] : m;                              \
        return m;                                                                               \
    }                                                                                           \
    INLINE double row_sum_##S(const T *a, ptrdiff_t n) {                                        \
        double lane[8] = {0};                                                                   \
        ptrdiff_t i = 0;                                                                        \
        for (; i + 8 <= n; i += 8)                                                              \
            for (int l = 0; l < 8; l++) lane[l] += a[i + l];                                    \
        for (; i < n; i++) lane[0] += a[i];                                                     \
        double total = 0;                                                                       \
        for (int l = 0; l < 8; l++) total += lane[l];                                           \
        return total;                                                                           \
    }                                                                                           \
    CLONES void fb_softmax_##S(T *out, const T *a, ptrdiff_t n) {                               \
        const T m = row_max_##S(a, n);                                                          \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = fb_exp_##S(a[i] - m);            \
        const T scale = (T)(1.0 / row_sum_##S(out, n));                                         \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] *= scale;                          \
    }                                                                                           \
    CLONES void fb_log_softmax_##S(T *out, const T *a, ptrdiff_t n) {                           \
        const T m = row_max_##S(a, n);                                                          \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = fb_exp_##S(a[i] - m);            \
        const T shift = m + (T)LOG(row_sum_##S(out, n));                                        \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = a[i] - shift;                    \
    }                                                                                           \
    CLONES void fb_softmax_grad_##S(T *out, const T *g, const T *y, ptrdiff_t n) {              \
        double dot = 0;                                                                         \
        for (ptrdiff_t i = 0; i < n; i++) dot += (double)g[i] * (double)y[i];                   \
        const T d = (T)dot;                                                                     \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = y[i] * (g[i] - d);               \
    }                                                                                           \
    CLONES void fb_log_softmax_grad_##S(T *out, const T *g, const T *y, ptrdiff_t n) {          \
        const T sum = (T)row_sum_##S(g, n);                                                     \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = g[i] - fb_exp_##S(y[i]) * sum;   \
    }
SOFTMAX(f32, float, log)
SOFTMAX(f64, double, log)
