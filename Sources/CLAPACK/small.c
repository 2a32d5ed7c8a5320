// Matrices of a few rows, of which there are many: LAPACK's blocking, locks and argument checks cost more than the sums.
#include "lapack.h"

#include <math.h>

#define SMALL(S, T, ABS)                                                                                        \
    /* Column by column, with the row of the largest element for each pivot, as getrf. */                       \
    void fb_small_lu_##S(int n, T *a, int32_t *pivots, int32_t *info) {                                         \
        for (int k = 0; k < n; k++) {                                                                           \
            T *column = a + k * n;                                                                              \
            int p = k;                                                                                          \
            for (int i = k + 1; i < n; i++)                                                                     \
                if (ABS(column[i]) > ABS(column[p])) p = i;                                                     \
            pivots[k] = p + 1;                                                                                  \
            if (column[p] == 0) {                                                                               \
                if (*info == 0) *info = k + 1;                                                                  \
                continue;                                                                                       \
            }                                                                                                   \
            if (p != k)                                                                                         \
                for (int j = 0; j < n; j++) {                                                                   \
                    T kept = a[j * n + k];                                                                      \
                    a[j * n + k] = a[j * n + p];                                                                \
                    a[j * n + p] = kept;                                                                        \
                }                                                                                               \
            const T pivot = column[k];                                                                          \
            for (int i = k + 1; i < n; i++) column[i] /= pivot;                                                 \
            for (int j = k + 1; j < n; j++) {                                                                   \
                T *other = a + j * n;                                                                           \
                const T factor = other[k];                                                                      \
                for (int i = k + 1; i < n; i++) other[i] -= column[i] * factor;                                 \
            }                                                                                                   \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    void fb_small_lu_solve_##S(int transposed, int n, int k, const T *lu, const int32_t *pivots, T *b) {        \
        for (int c = 0; c < k; c++, b += n) {                                                                   \
            if (!transposed) {                                                                                  \
                for (int i = 0; i < n; i++) {                                                                   \
                    const int p = pivots[i] - 1;                                                                \
                    T kept = b[i];                                                                              \
                    b[i] = b[p];                                                                                \
                    b[p] = kept;                                                                                \
                }                                                                                               \
                for (int j = 0; j < n; j++)                                                                     \
                    for (int i = j + 1; i < n; i++) b[i] -= lu[j * n + i] * b[j];                               \
                for (int j = n - 1; j >= 0; j--) {                                                              \
                    b[j] /= lu[j * n + j];                                                                      \
                    for (int i = 0; i < j; i++) b[i] -= lu[j * n + i] * b[j];                                   \
                }                                                                                               \
            } else {                                                                                            \
                for (int j = 0; j < n; j++) {                                                                   \
                    T s = b[j];                                                                                 \
                    for (int i = 0; i < j; i++) s -= lu[j * n + i] * b[i];                                      \
                    b[j] = s / lu[j * n + j];                                                                   \
                }                                                                                               \
                for (int j = n - 1; j >= 0; j--) {                                                              \
                    T s = b[j];                                                                                 \
                    for (int i = j + 1; i < n; i++) s -= lu[j * n + i] * b[i];                                  \
                    b[j] = s;                                                                                   \
                }                                                                                               \
                for (int i = n - 1; i >= 0; i--) {                                                              \
                    const int p = pivots[i] - 1;                                                                \
                    T kept = b[i];                                                                              \
                    b[i] = b[p];                                                                                \
                    b[p] = kept;                                                                                \
                }                                                                                               \
            }                                                                                                   \
        }                                                                                                       \
    }                                                                                                           \
                                                                                                                \
    /* `down` and `along` lead down a column and along a row of L, whichever triangle holds it. */               \
    void fb_small_cholesky_##S(int upper, int n, T *a, int32_t *info) {                                         \
        const int down = upper ? n : 1, along = upper ? 1 : n;                                                  \
        for (int j = 0; j < n; j++) {                                                                           \
            T s = a[j * (n + 1)];                                                                               \
            for (int k = 0; k < j; k++) s -= a[j * down + k * along] * a[j * down + k * along];                 \
            if (!(s > 0)) {                                                                                     \
                *info = j + 1;                                                                                  \
                return;                                                                                         \
            }                                                                                                   \
            const T root = (T)sqrt(s);                                                                          \
            a[j * (n + 1)] = root;                                                                              \
            for (int i = j + 1; i < n; i++) {                                                                   \
                T sum = a[i * down + j * along];                                                                \
                for (int k = 0; k < j; k++) sum -= a[i * down + k * along] * a[j * down + k * along];           \
                a[i * down + j * along] = sum / root;                                                           \
            }                                                                                                   \
        }                                                                                                       \
    }

SMALL(f32, float, fabsf)
SMALL(f64, double, fabs)
