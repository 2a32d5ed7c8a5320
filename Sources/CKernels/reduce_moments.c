// Reductions to the mean and the sum of squared differences from it.
#include "reduce.h"

// Blocks small enough for the cache are read twice (the mean, then the differences, which cannot cancel), and joined by
// the formula of T. Chan, G. Golub and R. LeVeque ("Updating formulae …", 1979).

typedef struct { double count, mean, squares; } moments;

INLINE void join_moments(moments *s, double count, double mean, double squares) {
    const double all = s->count + count, delta = mean - s->mean;
    s->squares += squares + delta * delta * (s->count * count / all);
    s->mean += delta * (count / all);
    s->count = all;
}
INIT(moments, moments, {0, 0, 0})
static void moments_join(void *acc, const void *other, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const moments a = ((const moments *)other)[i];
        if (a.count > 0) join_moments((moments *)acc + i, a.count, a.mean, a.squares);
    }
}
static void moments_finish(void *out, void *second, const void *acc, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const moments s = ((const moments *)acc)[i];
        ((double *)out)[i] = s.squares;
        if (second) ((double *)second)[i] = s.count > 0 ? s.mean : NAN;
    }
}
#define MOMENTS(S, T)                                                                                        \
    CLONES static void moments_##S##_row(void *acc, const void *input, ptrdiff_t n) {                        \
        for (ptrdiff_t start = 0; start < n; start += CHUNK) {                                               \
            const T *a = (const T *)input + start;                                                           \
            const ptrdiff_t length = n - start < CHUNK ? n - start : CHUNK;                                  \
            double lane[16] = {0}, rest[16] = {0};                                                           \
            ptrdiff_t i = 0;                                                                                 \
            for (; i + 16 <= length; i += 16)                                                                \
                for (int l = 0; l < 16; l++) lane[l] += a[i + l];                                            \
            for (; i < length; i++) rest[i % 16] += a[i];                                                    \
            double sum = 0;                                                                                  \
            for (int l = 0; l < 16; l++) sum += lane[l] + rest[l], lane[l] = rest[l] = 0;                    \
            const double mean = sum / (double)length;                                                        \
            for (i = 0; i + 16 <= length; i += 16)                                                           \
                for (int l = 0; l < 16; l++) lane[l] += (a[i + l] - mean) * (a[i + l] - mean);               \
            for (; i < length; i++) rest[i % 16] += (a[i] - mean) * (a[i] - mean);                           \
            double squares = 0;                                                                              \
            for (int l = 0; l < 16; l++) squares += lane[l] + rest[l];                                       \
            join_moments(acc, (double)length, mean, squares);                                                \
        }                                                                                                    \
    }                                                                                                        \
    CLONES static void moments_##S##_column(                                                                 \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        double mean[COLUMNS], squares[COLUMNS];                                                              \
        for (ptrdiff_t start = 0; start < rows; start += 32) {                                               \
            const ptrdiff_t length = rows - start < 32 ? rows - start : 32;                                  \
            const T *p = (const T *)input + start * stride;                                                  \
            for (ptrdiff_t c = 0; c < columns; c++) mean[c] = 0, squares[c] = 0;                             \
            for (ptrdiff_t r = 0; r < length; r++)                                                           \
                INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) mean[c] += p[r * stride + c];            \
            for (ptrdiff_t c = 0; c < columns; c++) mean[c] /= (double)length;                               \
            for (ptrdiff_t r = 0; r < length; r++)                                                           \
                INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                        \
                    const double difference = p[r * stride + c] - mean[c];                                   \
                    squares[c] += difference * difference;                                                   \
                }                                                                                            \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++)                                              \
                join_moments((moments *)acc + c, (double)length, mean[c], squares[c]);                       \
        }                                                                                                    \
    }
MOMENTS(f32, float)
MOMENTS(f64, double)

#define MOMENTS_ENTRY(S) \
    {sizeof(moments), FB_F64, moments_init, moments_##S##_row, moments_##S##_column, moments_join, moments_finish}
static const fb_reduction reductions[] = {[FB_F32] = MOMENTS_ENTRY(f32), [FB_F64] = MOMENTS_ENTRY(f64)};

const fb_reduction *fb_find_moments(fb_reduction_op op, int dtype) {
    return op == FB_MOMENTS && (dtype == FB_F32 || dtype == FB_F64) ? &reductions[dtype] : NULL;
}
