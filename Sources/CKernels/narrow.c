// Products whose result has few columns, with a second operand given by columns (a layer's weight, row by row): oneDNN
// first repacks that operand, which takes longer here than the product itself. Each element is an inner product of two
// contiguous rows; four by two of them share their loads.
#include "kernels.h"

typedef float lanes __attribute__((vector_size(64), aligned(4)));

INLINE float sum_of_lanes(const lanes *v) {
    float s[16];
    memcpy(s, v, sizeof s);
    for (int width = 8; width >= 1; width /= 2)
        for (int l = 0; l < width; l++) s[l] += s[l + width];
    return s[0];
}

INLINE float inner(const float *a, const float *b, ptrdiff_t from, ptrdiff_t k) {
    float s = 0;
    for (ptrdiff_t p = from; p < k; p++) s += a[p] * b[p];
    return s;
}

CLONES void fb_matmul_narrow_f32(
    float *c, ptrdiff_t c_row, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_column, const float *bias,
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {
    const ptrdiff_t whole = k / 16 * 16;
    for (ptrdiff_t i = 0; i < m; i += 4) {
        // Rows past the end repeat the last one; what they give is not stored.
        const ptrdiff_t rows = m - i < 4 ? m - i : 4;
        const float *a0 = a + i * a_row, *a1 = a + (i + (rows > 1 ? 1 : 0)) * a_row;
        const float *a2 = a + (i + (rows > 2 ? 2 : rows - 1)) * a_row, *a3 = a + (i + rows - 1) * a_row;
        for (ptrdiff_t j = 0; j < n; j += 2) {
            const ptrdiff_t columns = n - j < 2 ? 1 : 2;
            const float *b0 = b + j * b_column, *b1 = b + (j + columns - 1) * b_column;
            lanes s[4][2] = {0};
            for (ptrdiff_t p = 0; p < whole; p += 16) {
                const lanes x0 = *(const lanes *)(a0 + p), x1 = *(const lanes *)(a1 + p);
                const lanes x2 = *(const lanes *)(a2 + p), x3 = *(const lanes *)(a3 + p);
                const lanes y0 = *(const lanes *)(b0 + p), y1 = *(const lanes *)(b1 + p);
                s[0][0] += x0 * y0, s[0][1] += x0 * y1;
                s[1][0] += x1 * y0, s[1][1] += x1 * y1;
                s[2][0] += x2 * y0, s[2][1] += x2 * y1;
                s[3][0] += x3 * y0, s[3][1] += x3 * y1;
            }
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t q = 0; q < columns; q++)
                    c[(i + r) * c_row + j + q] = sum_of_lanes(&s[r][q])
                        + inner(a + (i + r) * a_row, b + (j + q) * b_column, whole, k) + (bias ? bias[j + q] : 0);
        }
    }
}
