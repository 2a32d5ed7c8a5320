// Reductions of contiguous rows, and of columns of a block.
#include "kernels.h"

// ---- Float sums -------------------------------------------------------------------------------------------------
// Sixteen running sums over blocks of 512 elements, each block's total added in double precision: the error of a block
// is that of 32 additions, whatever the length.
enum { LANES = 16, BLOCK = 512 };

#define SUM_ROW(S, T)                                                          \
    CLONES static void sum_row_##S(void *out, const void *input, ptrdiff_t n) { \
        const T *a = input;                                                    \
        double total = 0;                                                      \
        ptrdiff_t i = 0;                                                       \
        for (; i + BLOCK <= n; i += BLOCK) {                                   \
            T lane[2 * LANES] = {0};                                           \
            for (ptrdiff_t j = 0; j < BLOCK; j += 2 * LANES)                   \
                for (int l = 0; l < 2 * LANES; l++) lane[l] += a[i + j + l];   \
            T halves[LANES];                                                   \
            for (int l = 0; l < LANES; l++) halves[l] = lane[l] + lane[l + LANES]; \
            double block = 0;                                                  \
            for (int l = 0; l < LANES; l++) block += halves[l];                \
            total += block;                                                    \
        }                                                                      \
        double rest = 0;                                                       \
        for (; i < n; i++) rest += a[i];                                       \
        *(T *)out = (T)(total + rest);                                         \
    }
SUM_ROW(f32, float)
SUM_ROW(f64, double)

// Columns: running sums of eight rows at a time keep an element's chain of additions short enough for a batch; longer
// runs are split into blocks whose totals are added in turn, pairwise by halves.
#define SUM_COLUMN(S, T)                                                                                        \
    CLONES static void sum_rows_into_##S(T *o, const T *a, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) { \
        for (ptrdiff_t c = 0; c < columns; c++) o[c] = 0;                                                       \
        ptrdiff_t r = 0;                                                                                        \
        for (; r + 8 <= rows; r += 8) {                                                                         \
            const T *p = a + r * stride;                                                                        \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                               \
                T low = (p[c] + p[c + stride]) + (p[c + 2 * stride] + p[c + 3 * stride]);                       \
                T high = (p[c + 4 * stride] + p[c + 5 * stride]) + (p[c + 6 * stride] + p[c + 7 * stride]);     \
                o[c] += low + high;                                                                             \
            }                                                                                                   \
        }                                                                                                       \
        for (; r < rows; r++) {                                                                                 \
            const T *p = a + r * stride;                                                                        \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) o[c] += p[c];                                   \
        }                                                                                                       \
    }                                                                                                           \
    static void sum_halves_##S(T *o, const T *a, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {         \
        if (rows <= 256) {                                                                                      \
            sum_rows_into_##S(o, a, rows, stride, columns);                                                     \
            return;                                                                                             \
        }                                                                                                       \
        ptrdiff_t half = rows / 2;                                                                              \
        T second[256];                                                                                          \
        sum_halves_##S(o, a, half, stride, columns);                                                            \
        sum_halves_##S(second, a + half * stride, rows - half, stride, columns);                                \
        for (ptrdiff_t c = 0; c < columns; c++) o[c] += second[c];                                              \
    }                                                                                                           \
    static void sum_column_##S(void *out, const void *a, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) { \
        for (ptrdiff_t c = 0; c < columns; c += 256)                                                            \
            sum_halves_##S((T *)out + c, (const T *)a + c, rows, stride, columns - c < 256 ? columns - c : 256); \
    }
SUM_COLUMN(f32, float)
SUM_COLUMN(f64, double)

// ---- Everything else: one expression joins an accumulator and an element ----------------------------------------------

#define FOLD(NAME, T, R, START, JOIN)                                                                              \
    CLONES static void NAME##_row(void *out, const void *input, ptrdiff_t n) {                                     \
        const T *x = input;                                                                                        \
        R s = START;                                                                                               \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
            const R a = (R)x[i];                                                                                   \
            s = JOIN;                                                                                              \
        }                                                                                                          \
        *(R *)out = s;                                                                                             \
    }                                                                                                              \
    CLONES static void NAME##_column(                                                                              \
        void *out, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                       \
        R *o = out;                                                                                                \
        for (ptrdiff_t c = 0; c < columns; c++) o[c] = START;                                                      \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                                     \
            const T *x = (const T *)input + r * stride;                                                            \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                                  \
                const R s = o[c], a = (R)x[c];                                                                     \
                o[c] = JOIN;                                                                                       \
            }                                                                                                      \
        }                                                                                                          \
    }

#define INTEGER_FOLDS(S)                                                                   \
    FOLD(sum_##S, fb_##S, int64_t, 0, (int64_t)((uint64_t)s + (uint64_t)a))                \
    FOLD(prod_##S, fb_##S, int64_t, 1, (int64_t)((uint64_t)s * (uint64_t)a))
FOR_INTEGERS(INTEGER_FOLDS) INTEGER_FOLDS(boolean)

#define LOGICAL_FOLDS(S)                                  \
    FOLD(all_##S, fb_##S, bool, 1, s & (a != 0))          \
    FOLD(any_##S, fb_##S, bool, 0, s | (a != 0))
FOR_INTEGERS(LOGICAL_FOLDS) FOR_FLOATS(LOGICAL_FOLDS) LOGICAL_FOLDS(boolean)

#define INTEGER_EXTREMA(S, LEAST, MOST)                          \
    FOLD(max_##S, fb_##S, fb_##S, LEAST, a > s ? a : s)          \
    FOLD(min_##S, fb_##S, fb_##S, MOST, a < s ? a : s)
INTEGER_EXTREMA(boolean, 0, 1)
INTEGER_EXTREMA(u8, 0, UINT8_MAX)
INTEGER_EXTREMA(i8, INT8_MIN, INT8_MAX)
INTEGER_EXTREMA(i16, INT16_MIN, INT16_MAX)
INTEGER_EXTREMA(i32, INT32_MIN, INT32_MAX)
INTEGER_EXTREMA(i64, INT64_MIN, INT64_MAX)

// A NaN, once met, stays.
#define FLOAT_FOLDS(S, T)                                                        \
    FOLD(prod_##S, T, T, 1, s * a)                                               \
    FOLD(max_##S, T, T, (T)-INFINITY, a != a ? a : s != s ? s : a > s ? a : s)   \
    FOLD(min_##S, T, T, (T)INFINITY, a != a ? a : s != s ? s : a < s ? a : s)
FLOAT_FOLDS(f32, float)
FLOAT_FOLDS(f64, double)

#define EVERY_TYPE(PREFIX, SUFFIX)                                                                             \
    {[FB_BOOL] = PREFIX##_boolean##SUFFIX, [FB_U8] = PREFIX##_u8##SUFFIX, [FB_I8] = PREFIX##_i8##SUFFIX,       \
     [FB_I16] = PREFIX##_i16##SUFFIX, [FB_I32] = PREFIX##_i32##SUFFIX, [FB_I64] = PREFIX##_i64##SUFFIX,        \
     [FB_F32] = PREFIX##_f32##SUFFIX, [FB_F64] = PREFIX##_f64##SUFFIX}
#define SUMS(ROW_OR_COLUMN)                                                                                      \
    {[FB_BOOL] = sum_boolean_##ROW_OR_COLUMN, [FB_U8] = sum_u8_##ROW_OR_COLUMN, [FB_I8] = sum_i8_##ROW_OR_COLUMN, \
     [FB_I16] = sum_i16_##ROW_OR_COLUMN, [FB_I32] = sum_i32_##ROW_OR_COLUMN, [FB_I64] = sum_i64_##ROW_OR_COLUMN,  \
     [FB_F32] = sum_##ROW_OR_COLUMN##_f32, [FB_F64] = sum_##ROW_OR_COLUMN##_f64}

static const fb_row_reduction rows_table[FB_REDUCTION_COUNT][FB_DTYPE_COUNT] = {
    [FB_SUM] = SUMS(row),
    [FB_PROD] = EVERY_TYPE(prod, _row),
    [FB_MAX] = EVERY_TYPE(max, _row),
    [FB_MIN] = EVERY_TYPE(min, _row),
    [FB_ALL] = EVERY_TYPE(all, _row),
    [FB_ANY] = EVERY_TYPE(any, _row),
};
static const fb_column_reduction columns_table[FB_REDUCTION_COUNT][FB_DTYPE_COUNT] = {
    [FB_SUM] = SUMS(column),
    [FB_PROD] = EVERY_TYPE(prod, _column),
    [FB_MAX] = EVERY_TYPE(max, _column),
    [FB_MIN] = EVERY_TYPE(min, _column),
    [FB_ALL] = EVERY_TYPE(all, _column),
    [FB_ANY] = EVERY_TYPE(any, _column),
};

fb_row_reduction fb_find_row_reduction(fb_reduction_op op, int dtype) {
    return dtype >= FB_C64 ? fb_find_complex_row_reduction(op, dtype) : rows_table[op][dtype];
}
fb_column_reduction fb_find_column_reduction(fb_reduction_op op, int dtype) {
    return dtype >= FB_C64 ? fb_find_complex_column_reduction(op, dtype) : columns_table[op][dtype];
}

int fb_reduction_result(fb_reduction_op op, int dtype) {
    if (op == FB_ALL || op == FB_ANY) return FB_BOOL;
    if ((op == FB_SUM || op == FB_PROD) && dtype < FB_F16) return FB_I64;
    return dtype;
}

// ---- Positions of extrema ------------------------------------------------------------------------------------------

#define ARG(NAME, T, BETTER)                                                        \
    static int64_t NAME(const void *p, ptrdiff_t stride, ptrdiff_t n) {             \
        T best = *(const T *)p;                                                     \
        int64_t index = 0;                                                          \
        for (ptrdiff_t i = 1; i < n; i++) {                                         \
            const T a = *(const T *)(p + i * stride);                               \
            if (BETTER) best = a, index = i;                                        \
        }                                                                           \
        return index;                                                               \
    }
#define INTEGER_ARGS(S)                            \
    ARG(argmax_##S, fb_##S, a > best)              \
    ARG(argmin_##S, fb_##S, a < best)
FOR_INTEGERS(INTEGER_ARGS) INTEGER_ARGS(boolean)
// `!(a <= best)` holds when either is NaN; once best is NaN nothing may replace it.
#define FLOAT_ARGS(S)                                            \
    ARG(argmax_##S, fb_##S, best == best && !(a <= best))        \
    ARG(argmin_##S, fb_##S, best == best && !(a >= best))
FOR_FLOATS(FLOAT_ARGS)

static const fb_arg_reduction argmax_table[FB_DTYPE_COUNT] = EVERY_TYPE(argmax, );
static const fb_arg_reduction argmin_table[FB_DTYPE_COUNT] = EVERY_TYPE(argmin, );
fb_arg_reduction fb_find_argmax(int dtype) { return argmax_table[dtype]; }
fb_arg_reduction fb_find_argmin(int dtype) { return argmin_table[dtype]; }

// Two passes: the mean first, then the squares of the differences, which cannot cancel.
#define MOMENTS(S, T)                                                                       \
    CLONES void fb_moments_##S(const T *a, ptrdiff_t n, double *mean, double *squares) {    \
        double lane[8] = {0};                                                               \
        ptrdiff_t i = 0;                                                                    \
        for (; i + 8 <= n; i += 8)                                                          \
            for (int l = 0; l < 8; l++) lane[l] += a[i + l];                                \
        for (; i < n; i++) lane[0] += a[i];                                                 \
        double total = 0;                                                                   \
        for (int l = 0; l < 8; l++) total += lane[l], lane[l] = 0;                          \
        const double m = total / (double)n;                                                 \
        for (i = 0; i + 8 <= n; i += 8)                                                     \
            for (int l = 0; l < 8; l++) lane[l] += (a[i + l] - m) * (a[i + l] - m);         \
        for (; i < n; i++) lane[0] += (a[i] - m) * (a[i] - m);                              \
        total = 0;                                                                          \
        for (int l = 0; l < 8; l++) total += lane[l];                                       \
        *mean = m;                                                                          \
        *squares = total;                                                                   \
    }
MOMENTS(f32, float)
MOMENTS(f64, double)
