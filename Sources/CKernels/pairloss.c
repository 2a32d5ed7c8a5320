// Losses between an input x and a target y, one pair at a time: values, their sum, and the slope in x, in one pass each.
#include "kernels.h"

enum { LANES = 32, BLOCK = 1024 };

// x and y are elements, p is the parameter; d is x - y.
#define LOSS(NAME, S, T, VALUE, SLOPE)                                                                                \
    CLONES static void NAME##_each_##S(void *out, const void *px, const void *py, double parameter, ptrdiff_t n) {    \
        T *o = out;                                                                                                   \
        const T *a = px, *b = py, p = (T)parameter;                                                                   \
        (void)p;                                                                                                      \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                               \
            const T x = a[i], y = b[i], d = x - y;                                                                    \
            (void)d;                                                                                                  \
            o[i] = VALUE;                                                                                             \
        }                                                                                                             \
    }                                                                                                                 \
    CLONES static double NAME##_sum_##S(const void *px, const void *py, double parameter, ptrdiff_t n) {              \
        const T *a = px, *b = py, p = (T)parameter;                                                                   \
        (void)p;                                                                                                      \
        double total = 0;                                                                                             \
        for (ptrdiff_t start = 0; start < n; start += BLOCK) {                                                        \
            const ptrdiff_t end = n - start < BLOCK ? n : start + BLOCK, even = start + (end - start) / LANES * LANES; \
            T lane[LANES] = {0};                                                                                      \
            for (ptrdiff_t i = start; i < even; i += LANES)                                                           \
                INDEPENDENT for (int l = 0; l < LANES; l++) {                                                         \
                    const T x = a[i + l], y = b[i + l], d = x - y;                                                    \
                    (void)d;                                                                                          \
                    lane[l] += VALUE;                                                                                 \
                }                                                                                                     \
            for (ptrdiff_t i = even; i < end; i++) {                                                                  \
                const T x = a[i], y = b[i], d = x - y;                                                                \
                (void)d;                                                                                              \
                lane[i - even] += VALUE;                                                                              \
            }                                                                                                         \
            for (int l = 0; l < LANES; l++) total += lane[l];                                                         \
        }                                                                                                             \
        return total;                                                                                                 \
    }                                                                                                                 \
    CLONES static void NAME##_gradient_##S(                                                                           \
        void *out, const void *pg, bool has_one, const void *px, const void *py, double parameter, ptrdiff_t n) {     \
        T *o = out;                                                                                                   \
        const T *g = pg, *a = px, *b = py, p = (T)parameter;                                                          \
        (void)p;                                                                                                      \
        if (has_one) {                                                                                                \
            const T scale = *g;                                                                                       \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
                const T x = a[i], y = b[i], d = x - y;                                                                \
                (void)d;                                                                                              \
                o[i] = scale * (SLOPE);                                                                               \
            }                                                                                                         \
            return;                                                                                                   \
        }                                                                                                             \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                               \
            const T x = a[i], y = b[i], d = x - y;                                                                    \
            (void)d;                                                                                                  \
            o[i] = g[i] * (SLOPE);                                                                                    \
        }                                                                                                             \
    }

#define MAGNITUDE(X) ((X) < 0 ? -(X) : (X))
// Comparisons are such that NaN comes through.
#define AT_LEAST(X, LOW) ((X) < (LOW) ? (LOW) : (X))

#define LOSSES(S, T)                                                                                                  \
    INLINE T softplus_##S(T x) { return AT_LEAST(x, 0) + fb_log1p_##S(fb_exp_##S(-MAGNITUDE(x))); }                   \
    INLINE T logistic_##S(T x) { return (T)1 / ((T)1 + fb_exp_##S(-x)); }                                             \
    LOSS(squared, S, T, d *d, 2 * d)                                                                                  \
    LOSS(smooth, S, T, MAGNITUDE(d) < p ? (T)0.5 * d * d / p : MAGNITUDE(d) - (T)0.5 * p,                             \
        d >= p ? (T)1 : d <= -p ? (T)-1 : d / p)                                                                      \
    LOSS(huber, S, T, MAGNITUDE(d) <= p ? (T)0.5 * d * d : p * (MAGNITUDE(d) - (T)0.5 * p),                           \
        d >= p ? p : d <= -p ? -p : d)                                                                                \
    /* Logarithms no lower than -100, and a product no smaller than 1e-12, keep certainties finite. */                \
    LOSS(entropy, S, T,                                                                                               \
        (y - 1) * AT_LEAST(fb_log1p_##S(-x), (T)-100) - y * AT_LEAST(fb_log_##S(x), (T)-100),                         \
        d / AT_LEAST((1 - x) * x, (T)1e-12))                                                                          \
    LOSS(logits, S, T, (1 - y) * x + softplus_##S(-x), logistic_##S(x) - y)                                           \
    LOSS(margin, S, T, softplus_##S(-y * x), -y * logistic_##S(-y * x))
LOSSES(f32, float)
LOSSES(f64, double)

#define ENTRY(NAME, S) {NAME##_each_##S, NAME##_sum_##S, NAME##_gradient_##S}
#define ENTRIES(S) \
    {ENTRY(squared, S), ENTRY(smooth, S), ENTRY(huber, S), ENTRY(entropy, S), ENTRY(logits, S), ENTRY(margin, S)}
static const fb_pair_loss_kernels kernels[2][FB_PAIR_LOSS_COUNT] = {ENTRIES(f32), ENTRIES(f64)};

const fb_pair_loss_kernels *fb_find_pair_loss(fb_pair_loss loss, bool is_double) { return &kernels[is_double][loss]; }
