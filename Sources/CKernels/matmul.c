// Products of matrices for the types oneDNN leaves out. Row by row, C's row kept in cache: c[j] += a[i][p] * b[p][j].
#include "kernels.h"

#define MATMUL(S, T, U)                                                                                          \
    CLONES static void matmul_##S(                                                                               \
        void *cv, const void *av, ptrdiff_t ar, ptrdiff_t ac, const void *bv, ptrdiff_t br, ptrdiff_t bc,        \
        ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {                                                                 \
        U *c = cv;                                                                                               \
        const T *a = av, *b = bv;                                                                                \
        memset(c, 0, sizeof(U) * (size_t)(m * n));                                                               \
        for (ptrdiff_t p0 = 0; p0 < k; p0 += 64)                                                                 \
            for (ptrdiff_t i = 0; i < m; i++) {                                                                  \
                U *row = c + i * n;                                                                              \
                ptrdiff_t p1 = p0 + 64 < k ? p0 + 64 : k;                                                        \
                if (bc == 1) {                                                                                   \
                    for (ptrdiff_t p = p0; p < p1; p++) {                                                        \
                        const U f = (U)a[i * ar + p * ac];                                                       \
                        const T *q = b + p * br;                                                                 \
                        INDEPENDENT for (ptrdiff_t j = 0; j < n; j++) row[j] += f * (U)q[j];                     \
                    }                                                                                            \
                } else {                                                                                         \
                    for (ptrdiff_t j = 0; j < n; j++) {                                                          \
                        U s = 0;                                                                                 \
                        for (ptrdiff_t p = p0; p < p1; p++) s += (U)a[i * ar + p * ac] * (U)b[p * br + j * bc];  \
                        row[j] += s;                                                                             \
                    }                                                                                            \
                }                                                                                                \
            }                                                                                                    \
    }
// Unsigned arithmetic of the same width wraps around without undefined behaviour.
MATMUL(u8, uint8_t, uint8_t)
MATMUL(i8, int8_t, uint8_t)
MATMUL(i16, int16_t, uint16_t)
MATMUL(i32, int32_t, uint32_t)
MATMUL(i64, int64_t, uint64_t)
MATMUL(f32, float, float)
MATMUL(f64, double, double)

static const fb_matmul_kernel table[FB_DTYPE_COUNT] = {
    [FB_U8] = matmul_u8,   [FB_I8] = matmul_i8,   [FB_I16] = matmul_i16, [FB_I32] = matmul_i32,
    [FB_I64] = matmul_i64, [FB_F32] = matmul_f32, [FB_F64] = matmul_f64,
};

fb_matmul_kernel fb_find_matmul(int dtype) {
    return dtype >= FB_C64 ? fb_find_complex_matmul(dtype) : table[dtype];
}
