// Distances of one row to many: out[j] = (sum |a[i] - b[j][i]|^p)^(1/p).
#include "kernels.h"

// Sums may be taken in any order, or they could not be vectorised.
#define DISTANCES(NAME, TYPE, ABS, SQRT, POW)                                                                   \
    CLONES void NAME(TYPE *out, const TYPE *a, const TYPE *b, ptrdiff_t m, ptrdiff_t k, double p) {             \
        _Pragma("clang fp reassociate(on)") for (ptrdiff_t j = 0; j < m; j++, b += k) {                         \
            TYPE s = 0;                                                                                         \
            if (p == 2) {                                                                                       \
                for (ptrdiff_t i = 0; i < k; i++) s += (a[i] - b[i]) * (a[i] - b[i]);                           \
                s = SQRT(s);                                                                                    \
            } else if (p == 1) {                                                                                \
                for (ptrdiff_t i = 0; i < k; i++) s += ABS(a[i] - b[i]);                                        \
            } else if (p == 0) {                                                                                \
                for (ptrdiff_t i = 0; i < k; i++) s += a[i] != b[i];                                            \
            } else if (isinf(p)) {                                                                              \
                for (ptrdiff_t i = 0; i < k; i++) {                                                             \
                    const TYPE d = ABS(a[i] - b[i]);                                                            \
                    s = d > s || d != d ? d : s;                                                                \
                }                                                                                               \
            } else {                                                                                            \
                for (ptrdiff_t i = 0; i < k; i++) s += POW(ABS(a[i] - b[i]), (TYPE)p);                          \
                s = POW(s, (TYPE)(1 / p));                                                                      \
            }                                                                                                   \
            out[j] = s;                                                                                         \
        }                                                                                                       \
    }
DISTANCES(fb_distances_f32, float, fabsf, sqrtf, powf)
DISTANCES(fb_distances_f64, double, fabs, sqrt, pow)
