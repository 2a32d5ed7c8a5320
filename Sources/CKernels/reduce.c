// Reductions: sums, products, counts and logic; the table of all.
#include "reduce.h"

// ---- Float sums -----------------------------------------------------------------------------------------------------
// Elements are added in runs of 512 (rows: 32 running sums of 16 each, then by halves; columns: 128 rows, eight at a
// time), and the runs' totals in double precision with what each addition rounds off kept beside (Knuth's two-sum): the
// error of a long sum is that of a short run.
typedef struct { double sum, low; } total;

INLINE void add_total(total *t, double x) {
    const double s = t->sum + x, y = s - t->sum;
    t->low += (t->sum - (s - y)) + (x - y);
    t->sum = s;
}

// Infinities and NaN make nonsense of what was rounded off.
INLINE double total_value(total t) {
    const double s = t.sum + t.low;
    return t.sum - t.sum == 0 ? s : t.sum;
}

INIT(total, total, {0, 0})
static void total_join(void *acc, const void *other, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const total a = ((const total *)other)[i];
        add_total((total *)acc + i, a.sum);
        ((total *)acc)[i].low += a.low;
    }
}
FINISH(total_f32, total, float, total_value(s))
FINISH(total_f64, total, double, total_value(s))

// T: elements; W: what they are added as; VALUE: what is added of element x. What is left of a run goes to an array of its
// own: an index that the compiler does not know keeps an array in memory, and the running sums belong in registers.
#define SUM(NAME, T, W, VALUE)                                                                              \
    CLONES static void NAME##_row(void *acc, const void *input, ptrdiff_t n) {                              \
        const T *a = input;                                                                                 \
        total t = *(total *)acc;                                                                            \
        if (n < LANES) {                                                                                    \
            double s = 0;                                                                                   \
            for (ptrdiff_t i = 0; i < n; i++) {                                                             \
                const W x = a[i];                                                                           \
                s += VALUE;                                                                                 \
            }                                                                                               \
            add_total(&t, s);                                                                               \
            *(total *)acc = t;                                                                              \
            return;                                                                                         \
        }                                                                                                   \
        for (ptrdiff_t i = 0; i < n; i += BLOCK) {                                                          \
            const ptrdiff_t length = n - i < BLOCK ? n - i : BLOCK, even = length / LANES * LANES;          \
            W lane[LANES] = {0};                                                                            \
            for (ptrdiff_t j = 0; j < even; j += LANES)                                                     \
                for (int l = 0; l < LANES; l++) {                                                           \
                    const W x = a[i + j + l];                                                               \
                    lane[l] += VALUE;                                                                       \
                }                                                                                           \
            if (even < length) {                                                                            \
                W rest[LANES] = {0};                                                                        \
                for (ptrdiff_t j = even; j < length; j++) {                                                 \
                    const W x = a[i + j];                                                                   \
                    rest[j - even] = VALUE;                                                                 \
                }                                                                                           \
                for (int l = 0; l < LANES; l++) lane[l] += rest[l];                                         \
            }                                                                                               \
            for (int l = 0; l < 16; l++) lane[l] += lane[l + 16];                                           \
            for (int l = 0; l < 8; l++) lane[l] += lane[l + 8];                                             \
            for (int l = 0; l < 4; l++) lane[l] += lane[l + 4];                                             \
            add_total(&t, (double)(lane[0] + lane[2]) + (double)(lane[1] + lane[3]));                       \
        }                                                                                                   \
        *(total *)acc = t;                                                                                  \
    }                                                                                                       \
    CLONES static void NAME##_column(                                                                       \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                \
        W sum[COLUMNS];                                                                                     \
        for (ptrdiff_t start = 0; start < rows; start += 128) {                                             \
            const ptrdiff_t end = rows - start < 128 ? rows : start + 128;                                  \
            for (ptrdiff_t c = 0; c < columns; c++) sum[c] = 0;                                             \
            ptrdiff_t r = start;                                                                            \
            for (; r + 4 <= end; r += 4) {                                                                  \
                const T *p = (const T *)input + r * stride;                                                 \
                INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                       \
                    W x = p[c];                                                                             \
                    W s = VALUE;                                                                            \
                    x = p[c + stride];                                                                      \
                    s += VALUE;                                                                             \
                    x = p[c + 2 * stride];                                                                  \
                    W second = VALUE;                                                                       \
                    x = p[c + 3 * stride];                                                                  \
                    second += VALUE;                                                                        \
                    sum[c] += s + second;                                                                   \
                }                                                                                           \
            }                                                                                               \
            for (; r < end; r++) {                                                                          \
                const T *p = (const T *)input + r * stride;                                                 \
                INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                       \
                    const W x = p[c];                                                                       \
                    sum[c] += VALUE;                                                                        \
                }                                                                                           \
            }                                                                                               \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) add_total((total *)acc + c, sum[c]);        \
        }                                                                                                   \
    }
#define FLOAT_SUMS(S, T)                                  \
    SUM(sum_##S, T, T, x)                                 \
    SUM(nansum_##S, T, T, x == x ? x : 0)                 \
    SUM(sum_abs_##S, T, T, x < 0 ? -x : x)                \
    SUM(sum_squares_##S, T, double, x * x)
FLOAT_SUMS(f32, float)
FLOAT_SUMS(f64, double)

#define TOTAL_ENTRY(NAME, S, R) \
    {sizeof(total), R, total_init, NAME##_##S##_row, NAME##_##S##_column, total_join, total_##S##_finish}

INIT(zero_i64, int64_t, 0)
INIT(one_i64, int64_t, 1)
JOIN(plus_i64, int64_t, (int64_t)((uint64_t)s + (uint64_t)a))
JOIN(times_i64, int64_t, (int64_t)((uint64_t)s * (uint64_t)a))
FINISH(same_i64, int64_t, int64_t, s)
#define INTEGER_FOLDS(S)                                                                   \
    FOLD(sum_##S, fb_##S, int64_t, 0, (int64_t)((uint64_t)s + (uint64_t)a))                \
    FOLD(prod_##S, fb_##S, int64_t, 1, (int64_t)((uint64_t)s * (uint64_t)a))
FOR_INTEGERS(INTEGER_FOLDS) INTEGER_FOLDS(boolean)

// Truth of 16-bit floats: any bit but the sign.
#define COUNT(S, T, IS_TRUE)                                                                                 \
    CLONES static void count_##S##_row(void *acc, const void *input, ptrdiff_t n) {                          \
        const T *x = input;                                                                                  \
        int64_t s = 0;                                                                                       \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                  \
            const T a = x[i];                                                                                \
            s += (IS_TRUE);                                                                                  \
        }                                                                                                    \
        *(int64_t *)acc += s;                                                                                \
    }                                                                                                        \
    CLONES static void count_##S##_column(                                                                   \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        int64_t *o = acc;                                                                                    \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                               \
            const T *x = (const T *)input + r * stride;                                                      \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                            \
                const T a = x[c];                                                                            \
                o[c] += (IS_TRUE);                                                                           \
            }                                                                                                \
        }                                                                                                    \
    }                                                                                                        \
    /* A row is given up as soon as its answer is known. */                                                  \
    CLONES static void any_##S##_row(void *acc, const void *input, ptrdiff_t n) {                            \
        const T *x = input;                                                                                  \
        int s = *(bool *)acc;                                                                                \
        for (ptrdiff_t i = 0; i < n && !s; i += CHUNK) {                                                     \
            const ptrdiff_t end = n - i < CHUNK ? n : i + CHUNK;                                             \
            for (ptrdiff_t j = i; j < end; j++) {                                                            \
                const T a = x[j];                                                                            \
                s |= (IS_TRUE);                                                                              \
            }                                                                                                \
        }                                                                                                    \
        *(bool *)acc = s != 0;                                                                               \
    }                                                                                                        \
    CLONES static void all_##S##_row(void *acc, const void *input, ptrdiff_t n) {                            \
        const T *x = input;                                                                                  \
        int s = *(bool *)acc;                                                                                \
        for (ptrdiff_t i = 0; i < n && s; i += CHUNK) {                                                      \
            const ptrdiff_t end = n - i < CHUNK ? n : i + CHUNK;                                             \
            for (ptrdiff_t j = i; j < end; j++) {                                                            \
                const T a = x[j];                                                                            \
                s &= (IS_TRUE);                                                                              \
            }                                                                                                \
        }                                                                                                    \
        *(bool *)acc = s != 0;                                                                               \
    }                                                                                                        \
    CLONES static void any_##S##_column(                                                                     \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        bool *o = acc;                                                                                       \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                               \
            const T *x = (const T *)input + r * stride;                                                      \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                            \
                const T a = x[c];                                                                            \
                o[c] |= (IS_TRUE);                                                                           \
            }                                                                                                \
        }                                                                                                    \
    }                                                                                                        \
    CLONES static void all_##S##_column(                                                                     \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        bool *o = acc;                                                                                       \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                               \
            const T *x = (const T *)input + r * stride;                                                      \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                            \
                const T a = x[c];                                                                            \
                o[c] &= (IS_TRUE);                                                                           \
            }                                                                                                \
        }                                                                                                    \
    }
COUNT(boolean, bool, a)
COUNT(u8, uint8_t, a != 0)
COUNT(i16, int16_t, a != 0)
COUNT(half, uint16_t, (a & 0x7FFF) != 0)
COUNT(i32, int32_t, a != 0)
COUNT(i64, int64_t, a != 0)
COUNT(f32, float, a != 0)
COUNT(f64, double, a != 0)

INIT(any, bool, 0)
INIT(all, bool, 1)
JOIN(any, bool, s | a)
JOIN(all, bool, s & a)
FINISH(same_boolean, bool, bool, s)

// ---- Products of floats: in double precision ------------------------------------------------------------------------

INIT(one_f64, double, 1)
JOIN(times_f64, double, s * a)
FINISH(f32_of_f64, double, float, s)
FINISH(same_f64, double, double, s)
#define PRODUCT(S, T)                                                                                 \
    CLONES static void prod_##S##_row(void *acc, const void *input, ptrdiff_t n) {                    \
        const T *a = input;                                                                           \
        double lane[16];                                                                              \
        for (int l = 0; l < 16; l++) lane[l] = 1;                                                     \
        ptrdiff_t i = 0;                                                                              \
        for (; i + 16 <= n; i += 16)                                                                  \
            for (int l = 0; l < 16; l++) lane[l] *= a[i + l];                                         \
        double s = *(double *)acc;                                                                    \
        for (; i < n; i++) s *= a[i];                                                                 \
        for (int l = 0; l < 16; l++) s *= lane[l];                                                    \
        *(double *)acc = s;                                                                           \
    }                                                                                                 \
    CLONES static void prod_##S##_column(                                                             \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {          \
        double *o = acc;                                                                              \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                        \
            const T *p = (const T *)input + r * stride;                                               \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) o[c] *= p[c];                         \
        }                                                                                             \
    }
PRODUCT(f32, float)
PRODUCT(f64, double)

// ---- The table ------------------------------------------------------------------------------------------------------

#define I64_ENTRY(NAME, S, START, JOIN_NAME) \
    {sizeof(int64_t), FB_I64, START##_i64_init, NAME##_##S##_row, NAME##_##S##_column, JOIN_NAME##_i64_join, same_i64_finish}
#define F64_ENTRY(S, R, FINISH_NAME) \
    {sizeof(double), R, one_f64_init, prod_##S##_row, prod_##S##_column, times_f64_join, FINISH_NAME##_finish}
#define LOGIC_ENTRY(NAME, S) \
    {sizeof(bool), FB_BOOL, NAME##_init, NAME##_##S##_row, NAME##_##S##_column, NAME##_join, same_boolean_finish}
#define LOGIC(NAME)                                                                                                    \
    {[FB_BOOL] = LOGIC_ENTRY(NAME, boolean), [FB_U8] = LOGIC_ENTRY(NAME, u8), [FB_I8] = LOGIC_ENTRY(NAME, u8),         \
     [FB_I16] = LOGIC_ENTRY(NAME, i16), [FB_I32] = LOGIC_ENTRY(NAME, i32), [FB_I64] = LOGIC_ENTRY(NAME, i64),          \
     [FB_F16] = LOGIC_ENTRY(NAME, half), [FB_BF16] = LOGIC_ENTRY(NAME, half), [FB_F32] = LOGIC_ENTRY(NAME, f32),       \
     [FB_F64] = LOGIC_ENTRY(NAME, f64)}
#define INTEGERS(NAME, START, JOIN_NAME)                                                                            \
    [FB_BOOL] = I64_ENTRY(NAME, boolean, START, JOIN_NAME), [FB_U8] = I64_ENTRY(NAME, u8, START, JOIN_NAME),        \
    [FB_I8] = I64_ENTRY(NAME, i8, START, JOIN_NAME), [FB_I16] = I64_ENTRY(NAME, i16, START, JOIN_NAME),             \
    [FB_I32] = I64_ENTRY(NAME, i32, START, JOIN_NAME), [FB_I64] = I64_ENTRY(NAME, i64, START, JOIN_NAME)
#define TOTALS(NAME) [FB_F32] = TOTAL_ENTRY(NAME, f32, FB_F32), [FB_F64] = TOTAL_ENTRY(NAME, f64, FB_F64)

static const fb_reduction reductions[FB_REDUCTION_COUNT][FB_DTYPE_COUNT] = {
    [FB_SUM] = {INTEGERS(sum, zero, plus), TOTALS(sum)},
    [FB_NANSUM] = {TOTALS(nansum)},
    [FB_SUM_ABS] = {TOTALS(sum_abs)},
    [FB_SUM_SQUARES] = {TOTALS(sum_squares)},
    [FB_PROD] = {INTEGERS(prod, one, times), [FB_F32] = F64_ENTRY(f32, FB_F32, f32_of_f64),
                 [FB_F64] = F64_ENTRY(f64, FB_F64, same_f64)},
    [FB_ALL] = LOGIC(all),
    [FB_ANY] = LOGIC(any),
    [FB_COUNT_NONZERO] =
        {[FB_BOOL] = I64_ENTRY(count, boolean, zero, plus), [FB_U8] = I64_ENTRY(count, u8, zero, plus),
         [FB_I8] = I64_ENTRY(count, u8, zero, plus), [FB_I16] = I64_ENTRY(count, i16, zero, plus),
         [FB_I32] = I64_ENTRY(count, i32, zero, plus), [FB_I64] = I64_ENTRY(count, i64, zero, plus),
         [FB_F16] = I64_ENTRY(count, half, zero, plus), [FB_BF16] = I64_ENTRY(count, half, zero, plus),
         [FB_F32] = I64_ENTRY(count, f32, zero, plus), [FB_F64] = I64_ENTRY(count, f64, zero, plus)},
};

const fb_reduction *fb_find_reduction(fb_reduction_op op, int dtype) {
    if (dtype < 0 || dtype >= FB_DTYPE_COUNT) return NULL;
    if (dtype >= FB_C64) return fb_find_complex_reduction(op, dtype);
    const fb_reduction *found = &reductions[op][dtype];
    if (found->row) return found;
    found = fb_find_extremum(op, dtype);
    return found ? found : fb_find_moments(op, dtype);
}
