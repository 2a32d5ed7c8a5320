// Scans: each element joined with all before it. A row is one line of elements at any stride; a block of columns is many
// lines side by side, whose steps go on together. All strides in elements.
#include "kernels.h"

enum { COLUMNS = FB_REDUCTION_COLUMNS };

// Sums. Of eight elements those within are added first, which does not wait for what came before: one addition in eight
// is in the chain. Floats are summed in double precision.
#define CUMSUM(S, T, W, PLUS)                                                                                      \
    static void cumsum_##S##_row(                                                                                  \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t n, const void *before) {                                                     \
        T *o = out;                                                                                                \
        const T *a = input;                                                                                        \
        W carry = before ? *(const W *)before : 0;                                                                 \
        ptrdiff_t i = 0;                                                                                           \
        for (; i + 8 <= n; i += 8) {                                                                               \
            W sum[8];                                                                                              \
            sum[0] = (W)a[i * a_stride];                                                                           \
            for (int l = 1; l < 8; l++) sum[l] = PLUS(sum[l - 1], (W)a[(i + l) * a_stride]);                       \
            for (int l = 0; l < 8; l++) o[(i + l) * out_stride] = (T)PLUS(carry, sum[l]);                          \
            carry = PLUS(carry, sum[7]);                                                                           \
        }                                                                                                          \
        for (; i < n; i++) o[i * out_stride] = (T)(carry = PLUS(carry, (W)a[i * a_stride]));                       \
    }                                                                                                              \
    static void cumsum_##S##_total(void *total, const void *input, ptrdiff_t a_stride, ptrdiff_t n) {              \
        const T *a = input;                                                                                        \
        W lane[8] = {0};                                                                                           \
        ptrdiff_t i = 0;                                                                                           \
        for (; i + 8 <= n; i += 8)                                                                                 \
            for (int l = 0; l < 8; l++) lane[l] = PLUS(lane[l], (W)a[(i + l) * a_stride]);                         \
        for (; i < n; i++) lane[0] = PLUS(lane[0], (W)a[i * a_stride]);                                            \
        for (int l = 1; l < 8; l++) lane[0] = PLUS(lane[0], lane[l]);                                              \
        *(W *)total = PLUS(*(W *)total, lane[0]);                                                                  \
    }                                                                                                              \
    COLUMN_SCAN(cumsum_##S, T, W, 0, PLUS)
// Products likewise, of GROUP elements: four floats can neither overflow nor vanish in double precision, so that the order
// does not matter to them; doubles keep theirs.
#define CUMPROD(S, T, W, TIMES, GROUP)                                                                             \
    static void cumprod_##S##_row(                                                                                 \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t n, const void *before) {                                                     \
        T *o = out;                                                                                                \
        const T *a = input;                                                                                        \
        W carry = 1;                                                                                               \
        ptrdiff_t i = 0;                                                                                           \
        for (; i + GROUP <= n; i += GROUP) {                                                                       \
            W product[GROUP];                                                                                      \
            product[0] = (W)a[i * a_stride];                                                                       \
            for (int l = 1; l < GROUP; l++) product[l] = TIMES(product[l - 1], (W)a[(i + l) * a_stride]);          \
            for (int l = 0; l < GROUP; l++) o[(i + l) * out_stride] = (T)TIMES(carry, product[l]);                 \
            carry = TIMES(carry, product[GROUP - 1]);                                                              \
        }                                                                                                          \
        for (; i < n; i++) o[i * out_stride] = (T)(carry = TIMES(carry, (W)a[i * a_stride]));                      \
    }                                                                                                              \
    COLUMN_SCAN(cumprod_##S, T, W, 1, TIMES)
#define COLUMN_SCAN(NAME, T, W, START, JOIN)                                                                       \
    CLONES static void NAME##_column(                                                                              \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t rows, ptrdiff_t columns) {                                                   \
        W carry[COLUMNS];                                                                                          \
        for (ptrdiff_t c = 0; c < columns; c++) carry[c] = START;                                                  \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                                     \
            T *o = (T *)out + r * out_stride;                                                                      \
            const T *a = (const T *)input + r * a_stride;                                                          \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                                  \
                const W s = JOIN(carry[c], (W)a[c]);                                                               \
                carry[c] = s;                                                                                      \
                o[c] = (T)s;                                                                                       \
            }                                                                                                      \
        }                                                                                                          \
    }
#define FLOAT_PLUS(a, b) ((a) + (b))
#define FLOAT_TIMES(a, b) ((a) * (b))
#define WRAPPING_PLUS(a, b) ((int64_t)((uint64_t)(a) + (uint64_t)(b)))
#define WRAPPING_TIMES(a, b) ((int64_t)((uint64_t)(a) * (uint64_t)(b)))
CUMSUM(f32, float, double, FLOAT_PLUS)
CUMSUM(f64, double, double, FLOAT_PLUS)
CUMSUM(i64, int64_t, int64_t, WRAPPING_PLUS)
CUMPROD(f32, float, double, FLOAT_TIMES, 4)
CUMPROD(f64, double, double, FLOAT_TIMES, 1)
CUMPROD(i64, int64_t, int64_t, WRAPPING_TIMES, 4)

// Extrema and where they are: the last of equals, and from a NaN on the last NaN. `!(a < best)` holds where a is at least
// as large and where either is NaN; what follows a NaN must be one.
#define CUMEXTREMUM(NAME, T, WORSE)                                                                                \
    static void NAME##_row(                                                                                        \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t n, const void *before) {                                                     \
        T *o = out;                                                                                                \
        const T *x = input;                                                                                        \
        if (n == 0) return;                                                                                        \
        T best = x[0];                                                                                             \
        int64_t index = 0;                                                                                         \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                        \
            const T a = x[i * a_stride];                                                                           \
            if (a != a || (best == best && !(a WORSE best))) best = a, index = i;                                  \
            o[i * out_stride] = best;                                                                              \
            if (indices) indices[i * index_stride] = index;                                                        \
        }                                                                                                          \
    }                                                                                                              \
    CLONES static void NAME##_column(                                                                              \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t rows, ptrdiff_t columns) {                                                   \
        T best[COLUMNS];                                                                                           \
        int64_t index[COLUMNS];                                                                                    \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                                     \
            T *o = (T *)out + r * out_stride;                                                                      \
            const T *x = (const T *)input + r * a_stride;                                                          \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                                  \
                const T a = x[c], b = r == 0 ? a : best[c];                                                        \
                const int is_better = (a != a) | ((b == b) & !(a WORSE b));                                        \
                o[c] = best[c] = is_better ? a : b;                                                                \
                index[c] = is_better ? r : index[c];                                                               \
            }                                                                                                      \
            if (indices) memcpy(indices + r * index_stride, index, (size_t)columns * sizeof(int64_t));             \
        }                                                                                                          \
    }
#define CUMEXTREMA(S)                        \
    CUMEXTREMUM(cummax_##S, fb_##S, <)       \
    CUMEXTREMUM(cummin_##S, fb_##S, >)
FOR_INTEGERS(CUMEXTREMA) CUMEXTREMA(boolean) FOR_FLOATS(CUMEXTREMA)

// log(exp(a) + exp(b)) from the larger one and the difference; of equal infinities the difference would be NaN.
INLINE double log_add_exp(double a, double b) {
    const double low = a < b || a != a ? a : b, high = a < b || a != a ? b : a;
    if (low == high && high - high != 0) return high;
    return high + log1p(exp(low - high));
}
#define LOGCUMSUMEXP(S, T)                                                                                         \
    static void logcumsumexp_##S##_row(                                                                            \
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *input,              \
        ptrdiff_t a_stride, ptrdiff_t n, const void *before) {                                                     \
        T *o = out;                                                                                                \
        const T *a = input;                                                                                        \
        double carry = -INFINITY;                                                                                  \
        for (ptrdiff_t i = 0; i < n; i++) o[i * out_stride] = (T)(carry = log_add_exp(a[i * a_stride], carry));    \
    }                                                                                                              \
    COLUMN_SCAN(logcumsumexp_##S, T, double, -INFINITY, log_add_exp)
LOGCUMSUMEXP(f32, float)
LOGCUMSUMEXP(f64, double)

#define ENTRY(NAME) {NAME##_row, NAME##_column, NULL}
#define CUMEXTREMUM_ENTRIES(NAME)                                                                                   \
    {[FB_BOOL] = ENTRY(NAME##_boolean), [FB_U8] = ENTRY(NAME##_u8), [FB_I8] = ENTRY(NAME##_i8),                     \
     [FB_I16] = ENTRY(NAME##_i16), [FB_I32] = ENTRY(NAME##_i32), [FB_I64] = ENTRY(NAME##_i64),                      \
     [FB_F32] = ENTRY(NAME##_f32), [FB_F64] = ENTRY(NAME##_f64)}
static const fb_scan scans[FB_SCAN_COUNT][FB_DTYPE_COUNT] = {
    [FB_CUMSUM] = {[FB_F32] = {cumsum_f32_row, cumsum_f32_column, cumsum_f32_total},
                   [FB_F64] = {cumsum_f64_row, cumsum_f64_column, cumsum_f64_total},
                   [FB_I64] = {cumsum_i64_row, cumsum_i64_column, cumsum_i64_total}},
    [FB_CUMPROD] = {[FB_F32] = ENTRY(cumprod_f32), [FB_F64] = ENTRY(cumprod_f64), [FB_I64] = ENTRY(cumprod_i64)},
    [FB_CUMMAX] = CUMEXTREMUM_ENTRIES(cummax),
    [FB_CUMMIN] = CUMEXTREMUM_ENTRIES(cummin),
    [FB_LOGCUMSUMEXP] = {[FB_F32] = ENTRY(logcumsumexp_f32), [FB_F64] = ENTRY(logcumsumexp_f64)},
};

const fb_scan *fb_find_scan(fb_scan_op op, int dtype) {
    if (dtype < 0 || dtype >= FB_DTYPE_COUNT) return NULL;
    return scans[op][dtype].row ? &scans[op][dtype] : NULL;
}

#define RECURRENCE(S, T)                                                                                      \
    void fb_recurrence_##S(                                                                                   \
        T *out, ptrdiff_t out_stride, const T *factors, ptrdiff_t factor_stride, const T *terms,              \
        ptrdiff_t term_stride, ptrdiff_t n) {                                                                 \
        double y = 0;                                                                                         \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                   \
            y = i == 0 ? terms[0] : terms[i * term_stride] + factors[i * factor_stride] * y;                  \
            out[i * out_stride] = (T)y;                                                                       \
        }                                                                                                     \
    }
RECURRENCE(f32, float)
RECURRENCE(f64, double)
