// Everything for complex numbers: pairs of floats, real part first. Products and quotients are written out, since C's
// own check every result for NaN and would not vectorise; functions are libm's.
#include "kernels.h"

#include <complex.h>

typedef struct { float re, im; } fb_c64;
typedef struct { double re, im; } fb_c128;

// What the two precisions share. F is the suffix of libm's functions.
#define COMPLEX_BASICS(S, T, R, F)                                                                            \
    INLINE T make_##S(R re, R im) { return (T){re, im}; }                                                     \
    INLINE R complex to_c_##S(T a) { return __builtin_complex(a.re, a.im); }                                           \
    INLINE T from_c_##S(R complex a) { return (T){creal##F(a), cimag##F(a)}; }                                \
    INLINE T add_##S(T a, T b) { return (T){a.re + b.re, a.im + b.im}; }                                      \
    INLINE T sub_##S(T a, T b) { return (T){a.re - b.re, a.im - b.im}; }                                      \
    INLINE T mul_##S(T a, T b) { return (T){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }          \
    /* R. L. Smith's division (1962): by the larger part first, so that squares do not overflow. */           \
    INLINE T div_##S(T a, T b) {                                                                              \
        if (fabs##F(b.re) >= fabs##F(b.im)) {                                                                 \
            if (b.re == 0 && b.im == 0) return (T){a.re / fabs##F(b.re), a.im / fabs##F(b.im)};               \
            const R ratio = b.im / b.re, scale = b.re + b.im * ratio;                                         \
            return (T){(a.re + a.im * ratio) / scale, (a.im - a.re * ratio) / scale};                         \
        }                                                                                                     \
        const R ratio = b.re / b.im, scale = b.re * ratio + b.im;                                             \
        return (T){(a.re * ratio + a.im) / scale, (a.im * ratio - a.re) / scale};                             \
    }                                                                                                         \
    INLINE bool is_zero_##S(T a) { return a.re == 0 && a.im == 0; }                                           \
    INLINE T scaled_##S(T a, R factor) { return (T){a.re * factor, a.im * factor}; }                          \
    INLINE T sgn_##S(T a) {                                                                                   \
        const R r = hypot##F(a.re, a.im);                                                                     \
        return r == 0 ? (T){0, 0} : (T){a.re / r, a.im / r};                                                  \
    }                                                                                                         \
    INLINE T pow_##S(T a, T b) { return from_c_##S(cpow##F(to_c_##S(a), to_c_##S(b))); }                      \
    /* exp(a) - 1 = expm1(re) cos(im) - 2 sin(im / 2)^2 + i exp(re) sin(im), exact near zero. */              \
    INLINE T expm1_##S(T a) {                                                                                 \
        const R half = sin##F(a.im / 2);                                                                      \
        return (T){expm1##F(a.re) * cos##F(a.im) - 2 * half * half, exp##F(a.re) * sin##F(a.im)};             \
    }                                                                                                         \
    /* |1 + a|^2 - 1 = re (2 + re) + im^2, exact near zero where the logarithm of |1 + a| is not. */          \
    INLINE T log1p_##S(T a) {                                                                                 \
        const R x = a.re, y = a.im;                                                                           \
        const R modulus = fabs##F(x) < (R)0.5 && fabs##F(y) < (R)0.5                                          \
            ? log1p##F(x * (2 + x) + y * y) / 2 : log##F(hypot##F(1 + x, y));                                 \
        return (T){modulus, atan2##F(y, 1 + x)};                                                              \
    }                                                                                                         \
    INLINE T sinc_##S(T a) {                                                                                  \
        const T x = scaled_##S(a, (R)3.14159265358979323846);                                                 \
        return is_zero_##S(a) ? (T){1, 0} : div_##S(from_c_##S(csin##F(to_c_##S(x))), x);                     \
    }                                                                                                         \
    INLINE T sigmoid_##S(T a) {                                                                               \
        const T e = from_c_##S(cexp##F(__builtin_complex(-a.re, -a.im)));                                              \
        return div_##S((T){1, 0}, (T){1 + e.re, e.im});                                                       \
    }
COMPLEX_BASICS(c64, fb_c64, float, f)
COMPLEX_BASICS(c128, fb_c128, double, )

// ---- One operand ------------------------------------------------------------------------------------------------

#define UNARY(NAME, T, R, EXPRESSION)                                                                       \
    CLONES static void NAME(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {           \
        if (so == sizeof(R) && sa == sizeof(T)) {                                                           \
            R *o = (R *)out;                                                                                \
            const T *x = (const T *)pa;                                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                 \
                const T a = x[i];                                                                           \
                o[i] = EXPRESSION;                                                                          \
            }                                                                                               \
        } else {                                                                                            \
            for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                        \
                const T a = *(const T *)pa;                                                                 \
                *(R *)out = EXPRESSION;                                                                     \
            }                                                                                               \
        }                                                                                                   \
    }
#define FROM_LIBM(NAME, S, T, FUNCTION) UNARY(NAME##_##S##_all, T, T, from_c_##S(FUNCTION(to_c_##S(a))))

#define COMPLEX_UNARY(S, T, R, F)                                                                           \
    UNARY(neg_##S##_all, T, T, make_##S(-a.re, -a.im))                                                      \
    UNARY(conj_##S##_all, T, T, make_##S(a.re, -a.im))                                                      \
    UNARY(abs_##S##_all, T, R, hypot##F(a.re, a.im))                                                        \
    UNARY(sgn_##S##_all, T, T, sgn_##S(a))                                                                  \
    UNARY(square_##S##_all, T, T, mul_##S(a, a))                                                            \
    UNARY(reciprocal_##S##_all, T, T, div_##S(make_##S(1, 0), a))                                           \
    UNARY(rsqrt_##S##_all, T, T, div_##S(make_##S(1, 0), from_c_##S(csqrt##F(to_c_##S(a)))))                \
    UNARY(expm1_##S##_all, T, T, expm1_##S(a))                                                              \
    UNARY(log1p_##S##_all, T, T, log1p_##S(a))                                                              \
    UNARY(log2_##S##_all, T, T, scaled_##S(from_c_##S(clog##F(to_c_##S(a))), (R)1.4426950408889634074))     \
    UNARY(log10_##S##_all, T, T, scaled_##S(from_c_##S(clog##F(to_c_##S(a))), (R)0.43429448190325182765))   \
    UNARY(sigmoid_##S##_all, T, T, sigmoid_##S(a))                                                          \
    UNARY(sinc_##S##_all, T, T, sinc_##S(a))                                                                \
    UNARY(exp2_##S##_all, T, T, from_c_##S(cexp##F(to_c_##S(scaled_##S(a, (R)0.69314718055994530942)))))     \
    FROM_LIBM(asinh, S, T, casinh##F) FROM_LIBM(acosh, S, T, cacosh##F) FROM_LIBM(atanh, S, T, catanh##F)   \
    FROM_LIBM(sqrt, S, T, csqrt##F) FROM_LIBM(exp, S, T, cexp##F) FROM_LIBM(log, S, T, clog##F)             \
    FROM_LIBM(sin, S, T, csin##F) FROM_LIBM(cos, S, T, ccos##F) FROM_LIBM(tan, S, T, ctan##F)               \
    FROM_LIBM(asin, S, T, casin##F) FROM_LIBM(acos, S, T, cacos##F) FROM_LIBM(atan, S, T, catan##F)         \
    FROM_LIBM(sinh, S, T, csinh##F) FROM_LIBM(cosh, S, T, ccosh##F) FROM_LIBM(tanh, S, T, ctanh##F)         \
    UNARY(logical_not_##S##_all, T, bool, is_zero_##S(a))                                                   \
    UNARY(isnan_##S##_all, T, bool, a.re != a.re || a.im != a.im)                                           \
    UNARY(isinf_##S##_all, T, bool, fabs##F(a.re) == (R)INFINITY || fabs##F(a.im) == (R)INFINITY)           \
    UNARY(isfinite_##S##_all, T, bool, fabs##F(a.re) < (R)INFINITY && fabs##F(a.im) < (R)INFINITY)
COMPLEX_UNARY(c64, fb_c64, float, f)
COMPLEX_UNARY(c128, fb_c128, double, )

#define BOTH(NAME) {NAME##_c64_all, NAME##_c128_all}
static const fb_unary_kernel unary_table[FB_UNARY_COUNT][2] = {
    [FB_NEG] = BOTH(neg), [FB_CONJ] = BOTH(conj), [FB_ABS] = BOTH(abs), [FB_SIGN] = BOTH(sgn),
    [FB_SQUARE] = BOTH(square), [FB_SQRT] = BOTH(sqrt), [FB_RSQRT] = BOTH(rsqrt), [FB_RECIPROCAL] = BOTH(reciprocal),
    [FB_EXP] = BOTH(exp), [FB_EXPM1] = BOTH(expm1), [FB_LOG] = BOTH(log), [FB_LOG1P] = BOTH(log1p),
    [FB_LOG2] = BOTH(log2), [FB_LOG10] = BOTH(log10),
    [FB_SIN] = BOTH(sin), [FB_COS] = BOTH(cos), [FB_TAN] = BOTH(tan),
    [FB_ASIN] = BOTH(asin), [FB_ACOS] = BOTH(acos), [FB_ATAN] = BOTH(atan),
    [FB_SINH] = BOTH(sinh), [FB_COSH] = BOTH(cosh), [FB_TANH] = BOTH(tanh), [FB_SIGMOID] = BOTH(sigmoid),
    [FB_ASINH] = BOTH(asinh), [FB_ACOSH] = BOTH(acosh), [FB_ATANH] = BOTH(atanh),
    [FB_EXP2] = BOTH(exp2), [FB_SINC] = BOTH(sinc),
    [FB_LOGICAL_NOT] = BOTH(logical_not), [FB_ISNAN] = BOTH(isnan), [FB_ISINF] = BOTH(isinf),
    [FB_ISFINITE] = BOTH(isfinite),
};
fb_unary_kernel fb_find_complex_unary(fb_unary_op op, int dtype) { return unary_table[op][dtype - FB_C64]; }

// ---- Two operands -----------------------------------------------------------------------------------------------

#define BINARY(NAME, T, R, EXPRESSION)                                                                          \
    CLONES static void NAME(                                                                                    \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, ptrdiff_t n) {      \
        if (so == sizeof(R) && sa == sizeof(T) && sb == sizeof(T)) {                                            \
            R *o = (R *)out;                                                                                    \
            const T *x = (const T *)pa, *y = (const T *)pb;                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                     \
                const T a = x[i], b = y[i];                                                                     \
                o[i] = EXPRESSION;                                                                              \
            }                                                                                                   \
        } else {                                                                                                \
            for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa, pb += sb) {                                  \
                const T a = *(const T *)pa, b = *(const T *)pb;                                                 \
                *(R *)out = EXPRESSION;                                                                         \
            }                                                                                                   \
        }                                                                                                       \
    }

#define COMPLEX_BINARY(S, T)                                                          \
    BINARY(add_##S##_all, T, T, add_##S(a, b))                                        \
    BINARY(sub_##S##_all, T, T, sub_##S(a, b))                                        \
    BINARY(mul_##S##_all, T, T, mul_##S(a, b))                                        \
    BINARY(div_##S##_all, T, T, div_##S(a, b))                                        \
    BINARY(pow_##S##_all, T, T, pow_##S(a, b))                                        \
    BINARY(eq_##S##_all, T, bool, a.re == b.re && a.im == b.im)                       \
    BINARY(ne_##S##_all, T, bool, a.re != b.re || a.im != b.im)                       \
    BINARY(logical_and_##S##_all, T, bool, !is_zero_##S(a) && !is_zero_##S(b))        \
    BINARY(logical_or_##S##_all, T, bool, !is_zero_##S(a) || !is_zero_##S(b))         \
    BINARY(logical_xor_##S##_all, T, bool, is_zero_##S(a) != is_zero_##S(b))
COMPLEX_BINARY(c64, fb_c64)
COMPLEX_BINARY(c128, fb_c128)

static const fb_binary_kernel binary_table[FB_BINARY_COUNT][2] = {
    [FB_ADD] = BOTH(add), [FB_SUB] = BOTH(sub), [FB_MUL] = BOTH(mul), [FB_DIV] = BOTH(div), [FB_POW] = BOTH(pow),
    [FB_EQ] = BOTH(eq), [FB_NE] = BOTH(ne), [FB_LOGICAL_AND] = BOTH(logical_and), [FB_LOGICAL_OR] = BOTH(logical_or),
    [FB_LOGICAL_XOR] = BOTH(logical_xor),
};
fb_binary_kernel fb_find_complex_binary(fb_binary_op op, int dtype) { return binary_table[op][dtype - FB_C64]; }

// ---- Conversions: the real part takes the way it takes alone -------------------------------------------------------

// The kernels between real types step over imaginary parts by their strides.
#define TO_REAL(S, PART, T)                                                                                     \
    static void cast_##S##_##T(void *out, ptrdiff_t so, const void *a, ptrdiff_t sa, ptrdiff_t n) {              \
        fb_find_cast(FB_##PART, FB_##T)(out, so, a, sa, n);                                                     \
    }
#define FROM_REAL(S, PART, R, T)                                                                                \
    static void cast_##T##_##S(void *out, ptrdiff_t so, const void *a, ptrdiff_t sa, ptrdiff_t n) {              \
        fb_find_cast(FB_##T, FB_##PART)(out, so, a, sa, n);                                                     \
        for (ptrdiff_t i = 0; i < n; i++, out += so) ((R *)out)[1] = 0;                                         \
    }
#define CONVERSIONS(S, C, PART, R)                                                                                  \
    TO_REAL(S, PART, U8) TO_REAL(S, PART, I8) TO_REAL(S, PART, I16) TO_REAL(S, PART, I32) TO_REAL(S, PART, I64)     \
    TO_REAL(S, PART, F16) TO_REAL(S, PART, BF16) TO_REAL(S, PART, F32) TO_REAL(S, PART, F64)                        \
    UNARY(cast_##S##_BOOL, C, bool, !is_zero_##S(a))                                                                \
    FROM_REAL(S, PART, R, BOOL) FROM_REAL(S, PART, R, U8) FROM_REAL(S, PART, R, I8) FROM_REAL(S, PART, R, I16)      \
    FROM_REAL(S, PART, R, I32) FROM_REAL(S, PART, R, I64) FROM_REAL(S, PART, R, F16) FROM_REAL(S, PART, R, BF16)    \
    FROM_REAL(S, PART, R, F32) FROM_REAL(S, PART, R, F64)
CONVERSIONS(c64, fb_c64, F32, float)
CONVERSIONS(c128, fb_c128, F64, double)
UNARY(cast_c64_C64, fb_c64, fb_c64, a)
UNARY(cast_c64_C128, fb_c64, fb_c128, make_c128(a.re, a.im))
UNARY(cast_c128_C64, fb_c128, fb_c64, make_c64((float)a.re, (float)a.im))
UNARY(cast_c128_C128, fb_c128, fb_c128, a)

#define TO_ALL(S)                                                                                                   \
    {[FB_BOOL] = cast_##S##_BOOL, [FB_U8] = cast_##S##_U8, [FB_I8] = cast_##S##_I8, [FB_I16] = cast_##S##_I16,      \
     [FB_I32] = cast_##S##_I32, [FB_I64] = cast_##S##_I64, [FB_F16] = cast_##S##_F16, [FB_BF16] = cast_##S##_BF16,  \
     [FB_F32] = cast_##S##_F32, [FB_F64] = cast_##S##_F64, [FB_C64] = cast_##S##_C64, [FB_C128] = cast_##S##_C128}
#define FROM_ALL(S)                                                                                                 \
    {[FB_BOOL] = cast_BOOL_##S, [FB_U8] = cast_U8_##S, [FB_I8] = cast_I8_##S, [FB_I16] = cast_I16_##S,              \
     [FB_I32] = cast_I32_##S, [FB_I64] = cast_I64_##S, [FB_F16] = cast_F16_##S, [FB_BF16] = cast_BF16_##S,          \
     [FB_F32] = cast_F32_##S, [FB_F64] = cast_F64_##S}
static const fb_unary_kernel casts_to_real[2][FB_DTYPE_COUNT] = {TO_ALL(c64), TO_ALL(c128)};
static const fb_unary_kernel casts_from_real[2][FB_DTYPE_COUNT] = {FROM_ALL(c64), FROM_ALL(c128)};
fb_unary_kernel fb_find_complex_cast(int from, int to) {
    return from >= FB_C64 ? casts_to_real[from - FB_C64][to] : casts_from_real[to - FB_C64][from];
}

// ---- Reductions -------------------------------------------------------------------------------------------------

// As the real sums: blocks of 512 elements in lanes, the blocks' totals in double precision.
// Sums, counts and logic go through the real kernels; products have one of their own.

#define COMPLEX_PRODUCT(S, T)                                                                              \
    static void prod_##S##_init(void *acc, ptrdiff_t n) {                                                  \
        for (ptrdiff_t i = 0; i < n; i++) ((T *)acc)[i] = (T){1, 0};                                       \
    }                                                                                                      \
    static void prod_##S##_join(void *acc, const void *other, ptrdiff_t n) {                               \
        for (ptrdiff_t i = 0; i < n; i++) ((T *)acc)[i] = mul_##S(((T *)acc)[i], ((const T *)other)[i]);   \
    }                                                                                                      \
    static void prod_##S##_row(void *acc, const void *input, ptrdiff_t n) {                                \
        T s = *(T *)acc;                                                                                   \
        for (ptrdiff_t i = 0; i < n; i++) s = mul_##S(s, ((const T *)input)[i]);                           \
        *(T *)acc = s;                                                                                     \
    }                                                                                                      \
    static void prod_##S##_column(                                                                         \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {               \
        for (ptrdiff_t r = 0; r < rows; r++) prod_##S##_join(acc, (const T *)input + r * stride, columns); \
    }                                                                                                      \
    static void prod_##S##_finish(void *out, void *second, const void *acc, ptrdiff_t n) {                 \
        for (ptrdiff_t i = 0; i < n; i++) ((T *)out)[i] = ((const T *)acc)[i];                             \
    }
COMPLEX_PRODUCT(c64, fb_c64)
COMPLEX_PRODUCT(c128, fb_c128)

#define PRODUCT_ENTRY(S, D) \
    {sizeof(fb_##S), D, prod_##S##_init, prod_##S##_row, prod_##S##_column, prod_##S##_join, prod_##S##_finish}
static const fb_reduction products[2] = {PRODUCT_ENTRY(c64, FB_C64), PRODUCT_ENTRY(c128, FB_C128)};

const fb_reduction *fb_find_complex_reduction(fb_reduction_op op, int dtype) {
    return op == FB_PROD ? &products[dtype - FB_C64] : NULL;
}

// ---- Products of matrices: as in matmul.c ---------------------------------------------------------------------------

#define COMPLEX_MATMUL(S, T, R)                                                                                  \
    CLONES static void matmul_##S(                                                                               \
        void *cv, const void *av, ptrdiff_t ar, ptrdiff_t ac, const void *bv, ptrdiff_t br, ptrdiff_t bc,        \
        ptrdiff_t m, ptrdiff_t n, ptrdiff_t k) {                                                                 \
        T *c = cv;                                                                                               \
        const T *a = av, *b = bv;                                                                                \
        memset(c, 0, sizeof(T) * (size_t)(m * n));                                                               \
        for (ptrdiff_t p0 = 0; p0 < k; p0 += 64)                                                                 \
            for (ptrdiff_t i = 0; i < m; i++) {                                                                  \
                T *row = c + i * n;                                                                              \
                const ptrdiff_t p1 = p0 + 64 < k ? p0 + 64 : k;                                                  \
                if (bc == 1) {                                                                                   \
                    for (ptrdiff_t p = p0; p < p1; p++) {                                                        \
                        const T f = a[i * ar + p * ac];                                                          \
                        const T *q = b + p * br;                                                                 \
                        INDEPENDENT for (ptrdiff_t j = 0; j < n; j++) row[j] = add_##S(row[j], mul_##S(f, q[j])); \
                    }                                                                                            \
                } else {                                                                                         \
                    for (ptrdiff_t j = 0; j < n; j++) {                                                          \
                        T s = {0, 0};                                                                            \
                        for (ptrdiff_t p = p0; p < p1; p++)                                                      \
                            s = add_##S(s, mul_##S(a[i * ar + p * ac], b[p * br + j * bc]));                     \
                        row[j] = add_##S(row[j], s);                                                             \
                    }                                                                                            \
                }                                                                                                \
            }                                                                                                    \
    }
COMPLEX_MATMUL(c64, fb_c64, float)
COMPLEX_MATMUL(c128, fb_c128, double)

fb_matmul_kernel fb_find_complex_matmul(int dtype) { return dtype == FB_C64 ? matmul_c64 : matmul_c128; }
