// Pointwise operations on one operand.
#include "kernels.h"

#define UNARY(NAME, T, R, EXPRESSION)                                                                       \
    CLONES static void NAME(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {           \
        if (so == sizeof(R) && sa == sizeof(T)) {                                                           \
            R *o = (R *)out;                                                                                \
            const T *x = (const T *)pa;                                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                 \
                const T a = x[i];                                                                           \
                o[i] = (R)(EXPRESSION);                                                                     \
            }                                                                                               \
        } else {                                                                                            \
            for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                        \
                const T a = *(const T *)pa;                                                                 \
                *(R *)out = (R)(EXPRESSION);                                                                \
            }                                                                                               \
        }                                                                                                   \
    }

#define INTEGER_UNARY(S)                                                \
    UNARY(neg_##S, fb_##S, fb_##S, -(uint64_t)(int64_t)a)               \
    UNARY(abs_##S, fb_##S, fb_##S, a < 0 ? -(uint64_t)(int64_t)a : (uint64_t)(int64_t)a) \
    UNARY(sign_##S, fb_##S, fb_##S, (a > 0) - (a < 0))                  \
    UNARY(square_##S, fb_##S, fb_##S, (uint64_t)(int64_t)a * (uint64_t)(int64_t)a) \
    UNARY(not_##S, fb_##S, fb_##S, ~a)                                  \
    UNARY(relu_##S, fb_##S, fb_##S, a > 0 ? a : 0)                      \
    UNARY(same_##S, fb_##S, fb_##S, a)                                  \
    UNARY(logical_not_##S, fb_##S, bool, a == 0)                        \
    UNARY(never_##S, fb_##S, bool, ((void)a, 0))                                  \
    UNARY(always_##S, fb_##S, bool, ((void)a, 1))
FOR_INTEGERS(INTEGER_UNARY)
UNARY(logical_not_boolean, bool, bool, !a)
UNARY(same_boolean, bool, bool, a)
UNARY(never_boolean, bool, bool, ((void)a, 0))
UNARY(always_boolean, bool, bool, ((void)a, 1))

// round is to even, as rint; relu keeps NaN; sign of NaN is 0, as PyTorch's.
#define FLOAT_UNARY(S, T, F)                                    \
    UNARY(neg_##S, T, T, -a)                                    \
    UNARY(abs_##S, T, T, fabs##F(a))                            \
    UNARY(sign_##S, T, T, (T)((a > 0) - (a < 0)))               \
    UNARY(square_##S, T, T, a * a)                              \
    UNARY(relu_##S, T, T, a != a ? a : a > 0 ? a : (T)0)        \
    BLOCKS_UNARY(sqrt_##S, T, T, __builtin_elementwise_sqrt(a))        \
    BLOCKS_UNARY(rsqrt_##S, T, T, (T)1 / __builtin_elementwise_sqrt(a)) \
    UNARY(reciprocal_##S, T, T, (T)1 / a)                       \
    BLOCKS_UNARY(exp_##S, T, T, fb_exp_##S(a))                  \
    BLOCKS_UNARY(expm1_##S, T, T, fb_expm1_##S(a))              \
    BLOCKS_UNARY(log_##S, T, T, fb_log_##S(a))                  \
    BLOCKS_UNARY(log1p_##S, T, T, fb_log1p_##S(a))              \
    BLOCKS_UNARY(log2_##S, T, T, fb_log2_##S(a))                \
    BLOCKS_UNARY(log10_##S, T, T, fb_log10_##S(a))              \
    BLOCKS_UNARY_MENDED(sin_##S, T, fb_sin_##S(a), fabs##F(a) <= (T)FB_TRIGONOMETRIC_LIMIT, sin##F(a)) \
    BLOCKS_UNARY_MENDED(cos_##S, T, fb_cos_##S(a), fabs##F(a) <= (T)FB_TRIGONOMETRIC_LIMIT, cos##F(a)) \
    BLOCKS_UNARY_MENDED(tan_##S, T, fb_tan_##S(a), fabs##F(a) <= (T)FB_TRIGONOMETRIC_LIMIT, tan##F(a)) \
    BLOCKS_UNARY(asin_##S, T, T, fb_asin_##S(a))                \
    BLOCKS_UNARY(acos_##S, T, T, fb_acos_##S(a))                \
    BLOCKS_UNARY(atan_##S, T, T, fb_atan_##S(a))                \
    BLOCKS_UNARY(sinh_##S, T, T, fb_sinh_##S(a))                \
    BLOCKS_UNARY(cosh_##S, T, T, fb_cosh_##S(a))                \
    BLOCKS_UNARY(tanh_##S, T, T, fb_tanh_##S(a))                \
    BLOCKS_UNARY(sigmoid_##S, T, T, fb_sigmoid_##S(a))          \
    BLOCKS_UNARY(erf_##S, T, T, fb_erf_##S(a))                  \
    UNARY(floor_##S, T, T, __builtin_floor##F(a))               \
    UNARY(ceil_##S, T, T, __builtin_ceil##F(a))                 \
    UNARY(round_##S, T, T, __builtin_rint##F(a))                \
    UNARY(trunc_##S, T, T, __builtin_trunc##F(a))               \
    UNARY(logical_not_##S, T, bool, a == 0)                     \
    UNARY(isnan_##S, T, bool, a != a)                           \
    UNARY(isinf_##S, T, bool, fabs##F(a) == (T)INFINITY)        \
    UNARY(isfinite_##S, T, bool, fabs##F(a) < (T)INFINITY)
FLOAT_UNARY(f32, float, f)

// In double precision these are libm's.
#define fb_asin_f64 asin
#define fb_acos_f64 acos
#define fb_atan_f64 atan
#define fb_sinh_f64 sinh
#define fb_cosh_f64 cosh
#define fb_erf_f64 erf
FLOAT_UNARY(f64, double, )

#define FLOATS(NAME) {[FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define INTEGERS_OF(NAME) \
    [FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, [FB_I32] = NAME##_i32, [FB_I64] = NAME##_i64
#define NUMBERS(NAME) {INTEGERS_OF(NAME), [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define ROUNDING(NAME) {INTEGERS_OF(same), [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define CLASSIFICATION(NAME, OF_INTEGERS) \
    {[FB_BOOL] = OF_INTEGERS##_boolean, INTEGERS_OF(OF_INTEGERS), [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}

static const fb_unary_kernel table[FB_UNARY_COUNT][FB_DTYPE_COUNT] = {
    [FB_NEG] = NUMBERS(neg),
    [FB_ABS] = {[FB_BOOL] = same_boolean, INTEGERS_OF(abs), [FB_F32] = abs_f32, [FB_F64] = abs_f64},
    [FB_SIGN] = {[FB_BOOL] = same_boolean, INTEGERS_OF(sign), [FB_F32] = sign_f32, [FB_F64] = sign_f64},
    [FB_SQUARE] = NUMBERS(square),
    [FB_BITWISE_NOT] = {[FB_BOOL] = logical_not_boolean, INTEGERS_OF(not)},
    [FB_RELU] = NUMBERS(relu),
    [FB_SQRT] = FLOATS(sqrt),
    [FB_RSQRT] = FLOATS(rsqrt),
    [FB_RECIPROCAL] = FLOATS(reciprocal),
    [FB_EXP] = FLOATS(exp),
    [FB_EXPM1] = FLOATS(expm1),
    [FB_LOG] = FLOATS(log),
    [FB_LOG1P] = FLOATS(log1p),
    [FB_LOG2] = FLOATS(log2),
    [FB_LOG10] = FLOATS(log10),
    [FB_SIN] = FLOATS(sin),
    [FB_COS] = FLOATS(cos),
    [FB_TAN] = FLOATS(tan),
    [FB_ASIN] = FLOATS(asin),
    [FB_ACOS] = FLOATS(acos),
    [FB_ATAN] = FLOATS(atan),
    [FB_SINH] = FLOATS(sinh),
    [FB_COSH] = FLOATS(cosh),
    [FB_TANH] = FLOATS(tanh),
    [FB_SIGMOID] = FLOATS(sigmoid),
    [FB_ERF] = FLOATS(erf),
    [FB_FLOOR] = ROUNDING(floor),
    [FB_CEIL] = ROUNDING(ceil),
    [FB_ROUND] = ROUNDING(round),
    [FB_TRUNC] = ROUNDING(trunc),
    [FB_LOGICAL_NOT] = CLASSIFICATION(logical_not, logical_not),
    [FB_ISNAN] = CLASSIFICATION(isnan, never),
    [FB_ISINF] = CLASSIFICATION(isinf, never),
    [FB_ISFINITE] = CLASSIFICATION(isfinite, always),
};

fb_unary_kernel fb_find_unary(fb_unary_op op, int dtype) {
    if (dtype >= FB_C64) return fb_find_complex_unary(op, dtype);
    if (op < FB_EXP2 || (op >= FB_LOGICAL_NOT && op < FB_ISPOSINF)) return table[op][dtype];
    return op >= FB_LGAMMA && op < FB_LOGICAL_NOT ? fb_find_special_unary(op, dtype) : fb_find_further_unary(op, dtype);
}
