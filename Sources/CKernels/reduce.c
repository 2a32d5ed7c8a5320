// Reductions. A kernel joins elements to accumulators, so that a driver can hand it the elements in pieces: rows of
// contiguous elements to one accumulator, or columns to one accumulator each. See `fb_reduction`.
#include "kernels.h"

// What the compiler needs to know of a block on the stack: how many columns a call may have.
enum { COLUMNS = FB_REDUCTION_COLUMNS, LANES = 32, BLOCK = 512, CHUNK = 1024 };

#define INIT(NAME, A, ...)                                                \
    static void NAME##_init(void *acc, ptrdiff_t n) {                     \
        for (ptrdiff_t i = 0; i < n; i++) ((A *)acc)[i] = (A)__VA_ARGS__; \
    }
#define JOIN(NAME, A, EXPRESSION)                                                      \
    static void NAME##_join(void *acc, const void *other, ptrdiff_t n) {               \
        for (ptrdiff_t i = 0; i < n; i++) {                                            \
            const A s = ((A *)acc)[i], a = ((const A *)other)[i];                      \
            ((A *)acc)[i] = EXPRESSION;                                                \
        }                                                                              \
    }
#define FINISH(NAME, A, R, EXPRESSION)                                                          \
    static void NAME##_finish(void *out, void *second, const void *acc, ptrdiff_t n) {          \
        for (ptrdiff_t i = 0; i < n; i++) {                                                     \
            const A s = ((const A *)acc)[i];                                                    \
            ((R *)out)[i] = (R)(EXPRESSION);                                                    \
        }                                                                                       \
    }
#define ENTRY(NAME, A, R) {sizeof(A), R, NAME##_init, NAME##_row, NAME##_column, NAME##_join, NAME##_finish}

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

// T: elements; W: what they are added as; VALUE: what is added of element x.
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
            for (ptrdiff_t j = even; j < length; j++) {                                                     \
                const W x = a[i + j];                                                                       \
                lane[j - even] += VALUE;                                                                    \
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

// ---- What one expression joins: s is the accumulator, a the element -------------------------------------------------
// Only for expressions that compilers see through: integers and logic.

#define FOLD(NAME, T, A, START, EXPRESSION)                                                                \
    CLONES static void NAME##_row(void *acc, const void *input, ptrdiff_t n) {                             \
        const T *x = input;                                                                                \
        A s = *(A *)acc;                                                                                   \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                \
            const A a = (A)x[i];                                                                           \
            s = EXPRESSION;                                                                                \
        }                                                                                                  \
        *(A *)acc = s;                                                                                     \
    }                                                                                                      \
    CLONES static void NAME##_column(                                                                      \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {               \
        A *o = acc;                                                                                        \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                             \
            const T *x = (const T *)input + r * stride;                                                    \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                          \
                const A s = o[c], a = (A)x[c];                                                             \
                o[c] = EXPRESSION;                                                                         \
            }                                                                                              \
        }                                                                                                  \
    }

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

// ---- Extrema --------------------------------------------------------------------------------------------------------

#define EXTREMUM(NAME, S, T, START, BETTER)                               \
    INIT(NAME, T, START)                                                  \
    JOIN(NAME, T, a BETTER s ? a : s)                                     \
    FINISH(NAME, T, T, s)                                                 \
    FOLD(NAME, T, T, START, a BETTER s ? a : s)
#define INTEGER_EXTREMA(S, LEAST, MOST)                  \
    EXTREMUM(max_##S, S, fb_##S, LEAST, >)               \
    EXTREMUM(min_##S, S, fb_##S, MOST, <)
INTEGER_EXTREMA(boolean, 0, 1)
INTEGER_EXTREMA(u8, 0, UINT8_MAX)
INTEGER_EXTREMA(i8, INT8_MIN, INT8_MAX)
INTEGER_EXTREMA(i16, INT16_MIN, INT16_MAX)
INTEGER_EXTREMA(i32, INT32_MIN, INT32_MAX)
INTEGER_EXTREMA(i64, INT64_MIN, INT64_MAX)

// A comparison keeps what it had where the element is NaN, so NaNs are looked for beside: lanes of both, which vectorise.
#define FLOAT_RUN(NAME, T, I, BETTER)                                                            \
    INLINE T NAME##_run(const T *a, ptrdiff_t n, T start, bool *has_nan) {                       \
        T lane[LANES];                                                                           \
        I odd[LANES] = {0};                                                                      \
        for (int l = 0; l < LANES; l++) lane[l] = start;                                         \
        ptrdiff_t i = 0;                                                                         \
        for (; i + LANES <= n; i += LANES)                                                       \
            for (int l = 0; l < LANES; l++) {                                                    \
                const T x = a[i + l];                                                            \
                lane[l] = x BETTER lane[l] ? x : lane[l];                                        \
                odd[l] |= x != x;                                                                \
            }                                                                                    \
        for (; i < n; i++) {                                                                     \
            lane[0] = a[i] BETTER lane[0] ? a[i] : lane[0];                                      \
            odd[0] |= a[i] != a[i];                                                              \
        }                                                                                        \
        I any = 0;                                                                               \
        for (int l = 0; l < LANES; l++) {                                                        \
            any |= odd[l];                                                                       \
            start = lane[l] BETTER start ? lane[l] : start;                                      \
        }                                                                                        \
        *has_nan = any != 0;                                                                     \
        return start;                                                                            \
    }
#define INTEGER_RUN(NAME, T, BETTER)                                              \
    INLINE T NAME##_run(const T *a, ptrdiff_t n, T start, bool *has_nan) {        \
        for (ptrdiff_t i = 0; i < n; i++) start = a[i] BETTER start ? a[i] : start; \
        *has_nan = 0;                                                             \
        return start;                                                             \
    }
FLOAT_RUN(max_f32, float, int32_t, >)
FLOAT_RUN(min_f32, float, int32_t, <)
FLOAT_RUN(max_f64, double, int64_t, >)
FLOAT_RUN(min_f64, double, int64_t, <)
#define INTEGER_RUNS(S)                \
    INTEGER_RUN(max_##S, fb_##S, >)    \
    INTEGER_RUN(min_##S, fb_##S, <)
FOR_INTEGERS(INTEGER_RUNS) INTEGER_RUNS(boolean)

// `!(a <= s)` holds where a is larger and where either is NaN.
#define FLOAT_EXTREMUM(NAME, T, START, NOT_BETTER)                                                         \
    INIT(NAME, T, START)                                                                                   \
    JOIN(NAME, T, s != s ? s : !(a NOT_BETTER s) ? a : s)                                                  \
    FINISH(NAME, T, T, s)                                                                                  \
    CLONES static void NAME##_row(void *acc, const void *input, ptrdiff_t n) {                             \
        bool has_nan;                                                                                      \
        const T s = *(T *)acc, m = NAME##_run(input, n, s, &has_nan);                                      \
        *(T *)acc = s != s ? s : has_nan ? (T)NAN : m;                                                     \
    }                                                                                                      \
    CLONES static void NAME##_column(                                                                      \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {               \
        T *o = acc;                                                                                        \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                             \
            const T *x = (const T *)input + r * stride;                                                    \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                          \
                const T s = o[c], a = x[c];                                                                \
                o[c] = s == s && !(a NOT_BETTER s) ? a : s;                                                \
            }                                                                                              \
        }                                                                                                  \
    }
FLOAT_EXTREMUM(max_f32, float, -INFINITY, <=)
FLOAT_EXTREMUM(min_f32, float, INFINITY, >=)
FLOAT_EXTREMUM(max_f64, double, -INFINITY, <=)
FLOAT_EXTREMUM(min_f64, double, INFINITY, >=)

// ---- Extrema and where they are: the first of equals, the first NaN -------------------------------------------------
// A row is searched in chunks: the chunk's extremum first, its place only where it is better than all before.

#define ARG(NAME, S, T, I, BETTER, NOT_BETTER)                                                               \
    typedef struct { T best; int64_t index, seen; } arg##NAME;                                               \
    INIT(arg##NAME, arg##NAME, {0, 0, 0})                                                                    \
    static void arg##NAME##_join(void *acc, const void *other, ptrdiff_t n) {                                \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                  \
            arg##NAME *s = (arg##NAME *)acc + i;                                                             \
            const arg##NAME a = ((const arg##NAME *)other)[i];                                               \
            if (a.seen > 0 && (s->seen == 0 || (s->best == s->best && !(a.best NOT_BETTER s->best))))        \
                s->best = a.best, s->index = s->seen + a.index;                                              \
            s->seen += a.seen;                                                                               \
        }                                                                                                    \
    }                                                                                                        \
    static void arg##NAME##_finish(void *out, void *second, const void *acc, ptrdiff_t n) {                  \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                  \
            const arg##NAME s = ((const arg##NAME *)acc)[i];                                                 \
            ((int64_t *)out)[i] = s.index;                                                                   \
            if (second) ((T *)second)[i] = s.best;                                                           \
        }                                                                                                    \
    }                                                                                                        \
    CLONES static void arg##NAME##_row(void *acc, const void *input, ptrdiff_t n) {                          \
        arg##NAME *s = acc;                                                                                  \
        const T *a = input;                                                                                  \
        if (s->seen == 0 && n > 0) s->best = a[0], s->index = 0;                                             \
        T best = s->best;                                                                                    \
        int64_t index = -1;                                                                                  \
        for (ptrdiff_t i = 0; i < n && best == best; i += CHUNK) {                                           \
            const ptrdiff_t length = n - i < CHUNK ? n - i : CHUNK;                                          \
            bool has_nan;                                                                                    \
            const T m = NAME##_run(a + i, length, best, &has_nan);                                           \
            if (has_nan) {                                                                                   \
                index = i;                                                                                   \
                while (a[index] == a[index]) index++;                                                        \
                best = a[index];                                                                             \
            } else if (m BETTER best) {                                                                      \
                index = i;                                                                                   \
                while (a[index] != m) index++;                                                               \
                best = m;                                                                                    \
            }                                                                                                \
        }                                                                                                    \
        if (index >= 0) s->best = best, s->index = s->seen + index;                                          \
        s->seen += n;                                                                                        \
    }                                                                                                        \
    CLONES static void arg##NAME##_column(                                                                   \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        arg##NAME *s = acc;                                                                                  \
        T best[COLUMNS];                                                                                     \
        I index[COLUMNS];                                                                                    \
        for (ptrdiff_t c = 0; c < columns; c++) {                                                            \
            best[c] = s[c].seen ? s[c].best : ((const T *)input)[c];                                         \
            index[c] = s[c].seen ? -1 : 0;                                                                   \
        }                                                                                                    \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                               \
            const T *x = (const T *)input + r * stride;                                                      \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                            \
                const T b = best[c], a = x[c];                                                               \
                const int is_better = (b == b) & !(a NOT_BETTER b);                                          \
                best[c] = is_better ? a : b;                                                                 \
                index[c] = is_better ? (I)r : index[c];                                                      \
            }                                                                                                \
        }                                                                                                    \
        for (ptrdiff_t c = 0; c < columns; c++) {                                                            \
            if (index[c] >= 0) s[c].best = best[c], s[c].index = s[c].seen + index[c];                       \
            s[c].seen += rows;                                                                               \
        }                                                                                                    \
    }
#define ARGS(S, I)                                \
    ARG(max_##S, S, fb_##S, I, >, <=)             \
    ARG(min_##S, S, fb_##S, I, <, >=)
ARGS(boolean, int32_t)
ARGS(u8, int32_t)
ARGS(i8, int32_t)
ARGS(i16, int32_t)
ARGS(i32, int32_t)
ARGS(f32, int32_t)
ARGS(i64, int64_t)
ARGS(f64, int64_t)

// ---- Mean and sum of squared differences from it --------------------------------------------------------------------
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
            double lane[16] = {0};                                                                           \
            ptrdiff_t i = 0;                                                                                 \
            for (; i + 16 <= length; i += 16)                                                                \
                for (int l = 0; l < 16; l++) lane[l] += a[i + l];                                            \
            for (; i < length; i++) lane[i % 16] += a[i];                                                    \
            double sum = 0;                                                                                  \
            for (int l = 0; l < 16; l++) sum += lane[l], lane[l] = 0;                                        \
            const double mean = sum / (double)length;                                                        \
            for (i = 0; i + 16 <= length; i += 16)                                                           \
                for (int l = 0; l < 16; l++) lane[l] += (a[i + l] - mean) * (a[i + l] - mean);               \
            for (; i < length; i++) lane[i % 16] += (a[i] - mean) * (a[i] - mean);                           \
            double squares = 0;                                                                              \
            for (int l = 0; l < 16; l++) squares += lane[l];                                                 \
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

// ---- log(sum(exp(x))) -----------------------------------------------------------------------------------------------
// The largest so far, and the sum of exponentials of the differences from it, brought down when a larger one comes. With
// an infinite one the differences would be NaN: the sum is then left alone.

typedef struct { double max, sum; } exponentials;

INLINE void join_exponentials(exponentials *s, double max, double sum) {
    if (s->max != s->max) return;
    if (!(max <= s->max)) {
        s->sum = sum + (s->sum > 0 ? s->sum * exp(s->max - max) : 0);
        s->max = max;
    } else if (sum > 0) {
        s->sum += sum * exp(max - s->max);
    }
}
INIT(logsumexp, exponentials, {-INFINITY, 0})
static void logsumexp_join(void *acc, const void *other, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        const exponentials a = ((const exponentials *)other)[i];
        join_exponentials((exponentials *)acc + i, a.max, a.sum);
    }
}
FINISH(logsumexp_f32, exponentials, float, s.max - s.max == 0 ? s.max + log(s.sum) : s.max)
FINISH(logsumexp_f64, exponentials, double, s.max - s.max == 0 ? s.max + log(s.sum) : s.max)
#define LOGSUMEXP(S, T)                                                                                      \
    CLONES static void logsumexp_##S##_row(void *acc, const void *input, ptrdiff_t n) {                      \
        for (ptrdiff_t start = 0; start < n; start += CHUNK) {                                               \
            const T *a = (const T *)input + start;                                                           \
            const ptrdiff_t length = n - start < CHUNK ? n - start : CHUNK;                                  \
            bool has_nan;                                                                                    \
            const T m = max_##S##_run(a, length, (T)-INFINITY, &has_nan);                                    \
            T lane[16] = {0};                                                                                \
            if (!has_nan && m - m == 0) {                                                                    \
                ptrdiff_t i = 0;                                                                             \
                for (; i + 16 <= length; i += 16)                                                            \
                    for (int l = 0; l < 16; l++) lane[l] += fb_exp_##S(a[i + l] - m);                        \
                for (; i < length; i++) lane[i % 16] += fb_exp_##S(a[i] - m);                                \
            }                                                                                                \
            double sum = 0;                                                                                  \
            for (int l = 0; l < 16; l++) sum += lane[l];                                                     \
            join_exponentials(acc, has_nan ? NAN : m, sum);                                                  \
        }                                                                                                    \
    }                                                                                                        \
    CLONES static void logsumexp_##S##_column(                                                               \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {                 \
        T m[COLUMNS], shift[COLUMNS], sum[COLUMNS];                                                          \
        for (ptrdiff_t start = 0; start < rows; start += 32) {                                               \
            const ptrdiff_t length = rows - start < 32 ? rows - start : 32;                                  \
            const T *p = (const T *)input + start * stride;                                                  \
            for (ptrdiff_t c = 0; c < columns; c++) m[c] = (T)-INFINITY, sum[c] = 0;                         \
            max_##S##_column(m, p, length, stride, columns);                                                 \
            for (ptrdiff_t c = 0; c < columns; c++) shift[c] = m[c] - m[c] == 0 ? m[c] : 0;                  \
            for (ptrdiff_t r = 0; r < length; r++)                                                           \
                INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++)                                          \
                    sum[c] += fb_exp_##S(p[r * stride + c] - shift[c]);                                      \
            for (ptrdiff_t c = 0; c < columns; c++)                                                          \
                join_exponentials((exponentials *)acc + c, m[c], m[c] - m[c] == 0 ? sum[c] : 0);             \
        }                                                                                                    \
    }
LOGSUMEXP(f32, float)
LOGSUMEXP(f64, double)

// ---- The table ------------------------------------------------------------------------------------------------------

#define I64_ENTRY(NAME, S, START, JOIN_NAME) \
    {sizeof(int64_t), FB_I64, START##_i64_init, NAME##_##S##_row, NAME##_##S##_column, JOIN_NAME##_i64_join, same_i64_finish}
#define F64_ENTRY(S, R, FINISH_NAME) \
    {sizeof(double), R, one_f64_init, prod_##S##_row, prod_##S##_column, times_f64_join, FINISH_NAME##_finish}
#define LOGIC_ENTRY(NAME, S) \
    {sizeof(bool), FB_BOOL, NAME##_init, NAME##_##S##_row, NAME##_##S##_column, NAME##_join, same_boolean_finish}
#define MOMENTS_ENTRY(S) \
    {sizeof(moments), FB_F64, moments_init, moments_##S##_row, moments_##S##_column, moments_join, moments_finish}
#define LOGSUMEXP_ENTRY(S, R)                                                                                      \
    {sizeof(exponentials), R, logsumexp_init, logsumexp_##S##_row, logsumexp_##S##_column, logsumexp_join, \
     logsumexp_##S##_finish}
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
#define EXTREMA(NAME)                                                                                               \
    {[FB_BOOL] = ENTRY(NAME##_boolean, fb_boolean, FB_BOOL), [FB_U8] = ENTRY(NAME##_u8, fb_u8, FB_U8),              \
     [FB_I8] = ENTRY(NAME##_i8, fb_i8, FB_I8), [FB_I16] = ENTRY(NAME##_i16, fb_i16, FB_I16),                        \
     [FB_I32] = ENTRY(NAME##_i32, fb_i32, FB_I32), [FB_I64] = ENTRY(NAME##_i64, fb_i64, FB_I64),                    \
     [FB_F32] = ENTRY(NAME##_f32, float, FB_F32), [FB_F64] = ENTRY(NAME##_f64, double, FB_F64)}
#define POSITIONS(NAME)                                                                                             \
    {[FB_BOOL] = ENTRY(NAME##_boolean, NAME##_boolean, FB_I64), [FB_U8] = ENTRY(NAME##_u8, NAME##_u8, FB_I64),      \
     [FB_I8] = ENTRY(NAME##_i8, NAME##_i8, FB_I64), [FB_I16] = ENTRY(NAME##_i16, NAME##_i16, FB_I64),               \
     [FB_I32] = ENTRY(NAME##_i32, NAME##_i32, FB_I64), [FB_I64] = ENTRY(NAME##_i64, NAME##_i64, FB_I64),            \
     [FB_F32] = ENTRY(NAME##_f32, NAME##_f32, FB_I64), [FB_F64] = ENTRY(NAME##_f64, NAME##_f64, FB_I64)}

static const fb_reduction reductions[FB_REDUCTION_COUNT][FB_DTYPE_COUNT] = {
    [FB_SUM] = {INTEGERS(sum, zero, plus), TOTALS(sum)},
    [FB_NANSUM] = {TOTALS(nansum)},
    [FB_SUM_ABS] = {TOTALS(sum_abs)},
    [FB_SUM_SQUARES] = {TOTALS(sum_squares)},
    [FB_PROD] = {INTEGERS(prod, one, times), [FB_F32] = F64_ENTRY(f32, FB_F32, f32_of_f64),
                 [FB_F64] = F64_ENTRY(f64, FB_F64, same_f64)},
    [FB_MAX] = EXTREMA(max),
    [FB_MIN] = EXTREMA(min),
    [FB_ALL] = LOGIC(all),
    [FB_ANY] = LOGIC(any),
    [FB_COUNT_NONZERO] =
        {[FB_BOOL] = I64_ENTRY(count, boolean, zero, plus), [FB_U8] = I64_ENTRY(count, u8, zero, plus),
         [FB_I8] = I64_ENTRY(count, u8, zero, plus), [FB_I16] = I64_ENTRY(count, i16, zero, plus),
         [FB_I32] = I64_ENTRY(count, i32, zero, plus), [FB_I64] = I64_ENTRY(count, i64, zero, plus),
         [FB_F16] = I64_ENTRY(count, half, zero, plus), [FB_BF16] = I64_ENTRY(count, half, zero, plus),
         [FB_F32] = I64_ENTRY(count, f32, zero, plus), [FB_F64] = I64_ENTRY(count, f64, zero, plus)},
    [FB_ARGMAX] = POSITIONS(argmax),
    [FB_ARGMIN] = POSITIONS(argmin),
    [FB_MOMENTS] = {[FB_F32] = MOMENTS_ENTRY(f32), [FB_F64] = MOMENTS_ENTRY(f64)},
    [FB_LOGSUMEXP] = {[FB_F32] = LOGSUMEXP_ENTRY(f32, FB_F32), [FB_F64] = LOGSUMEXP_ENTRY(f64, FB_F64)},
};

const fb_reduction *fb_find_reduction(fb_reduction_op op, int dtype) {
    if (dtype < 0 || dtype >= FB_DTYPE_COUNT) return NULL;
    if (dtype >= FB_C64) return fb_find_complex_reduction(op, dtype);
    const fb_reduction *found = &reductions[op][dtype];
    return found->row ? found : NULL;
}
