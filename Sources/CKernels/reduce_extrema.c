// Reductions to the largest or smallest, to where it is, and log(sum(exp(x))), which is taken from the largest.
#include "reduce.h"

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
        if (n < LANES) {                                                                         \
            bool is_odd = false;                                                                 \
            for (ptrdiff_t i = 0; i < n; i++) {                                                  \
                start = a[i] BETTER start ? a[i] : start;                                        \
                is_odd |= a[i] != a[i];                                                          \
            }                                                                                    \
            *has_nan = is_odd;                                                                   \
            return start;                                                                        \
        }                                                                                        \
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
            T lane[16] = {0}, rest[16] = {0};                                                                \
            if (!has_nan && m - m == 0) {                                                                    \
                ptrdiff_t i = 0;                                                                             \
                for (; i + 16 <= length; i += 16)                                                            \
                    for (int l = 0; l < 16; l++) lane[l] += fb_exp_##S(a[i + l] - m);                        \
                for (; i < length; i++) rest[i % 16] += fb_exp_##S(a[i] - m);                                \
            }                                                                                                \
            double sum = 0;                                                                                  \
            for (int l = 0; l < 16; l++) sum += lane[l] + rest[l];                                           \
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

// ---- Their part of the table ----------------------------------------------------------------------------------------

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
#define LOGSUMEXP_ENTRY(S, R)                                                                                      \
    {sizeof(exponentials), R, logsumexp_init, logsumexp_##S##_row, logsumexp_##S##_column, logsumexp_join, \
     logsumexp_##S##_finish}

static const fb_reduction reductions[FB_REDUCTION_COUNT][FB_DTYPE_COUNT] = {
    [FB_MAX] = EXTREMA(max),
    [FB_MIN] = EXTREMA(min),
    [FB_ARGMAX] = POSITIONS(argmax),
    [FB_ARGMIN] = POSITIONS(argmin),
    [FB_LOGSUMEXP] = {[FB_F32] = LOGSUMEXP_ENTRY(f32, FB_F32), [FB_F64] = LOGSUMEXP_ENTRY(f64, FB_F64)},
};

const fb_reduction *fb_find_extremum(fb_reduction_op op, int dtype) {
    const fb_reduction *found = &reductions[op][dtype];
    return found->row ? found : NULL;
}
