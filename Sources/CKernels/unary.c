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
    UNARY(sqrt_##S, T, T, __builtin_sqrt##F(a))                 \
    UNARY(rsqrt_##S, T, T, (T)1 / __builtin_sqrt##F(a))         \
    UNARY(reciprocal_##S, T, T, (T)1 / a)                       \
    UNARY(exp_##S, T, T, fb_exp_##S(a))                         \
    UNARY(expm1_##S, T, T, expm1##F(a))                         \
    UNARY(log_##S, T, T, fb_log_##S(a))                         \
    UNARY(log1p_##S, T, T, log1p##F(a))                         \
    UNARY(log2_##S, T, T, log2##F(a))                           \
    UNARY(log10_##S, T, T, log10##F(a))                         \
    UNARY(sin_##S, T, T, sin##F(a))                             \
    UNARY(cos_##S, T, T, cos##F(a))                             \
    UNARY(tan_##S, T, T, tan##F(a))                             \
    UNARY(asin_##S, T, T, asin##F(a))                           \
    UNARY(acos_##S, T, T, acos##F(a))                           \
    UNARY(atan_##S, T, T, atan##F(a))                           \
    UNARY(sinh_##S, T, T, sinh##F(a))                           \
    UNARY(cosh_##S, T, T, cosh##F(a))                           \
    UNARY(tanh_##S, T, T, fb_tanh_##S(a))                       \
    UNARY(sigmoid_##S, T, T, fb_sigmoid_##S(a))                 \
    UNARY(erf_##S, T, T, erf##F(a))                             \
    UNARY(floor_##S, T, T, __builtin_floor##F(a))               \
    UNARY(ceil_##S, T, T, __builtin_ceil##F(a))                 \
    UNARY(round_##S, T, T, __builtin_rint##F(a))                \
    UNARY(trunc_##S, T, T, __builtin_trunc##F(a))               \
    UNARY(logical_not_##S, T, bool, a == 0)                     \
    UNARY(isnan_##S, T, bool, a != a)                           \
    UNARY(isinf_##S, T, bool, fabs##F(a) == (T)INFINITY)        \
    UNARY(isfinite_##S, T, bool, fabs##F(a) < (T)INFINITY)
FLOAT_UNARY(f32, float, f)
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
    return dtype >= FB_C64 ? fb_find_complex_unary(op, dtype) : table[op][dtype];
}
