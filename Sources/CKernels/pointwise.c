// Pointwise operations beyond arithmetic, on one and on two operands.
#include "kernels.h"

// ---- One operand ----------------------------------------------------------------------------------------------------

#define FLOAT_UNARY(S, T, F)                                                                                  \
    BLOCKS_UNARY(frac_##S, T, T, a - __builtin_trunc##F(a))                                                   \
    BLOCKS_UNARY(sinc_##S, T, T, (T)fb_sinc(a))                                                               \
    BLOCKS_UNARY(entr_##S, T, T, a > 0 ? -a * fb_log_##S(a) : a == 0 ? (T)0 : a != a ? a : -(T)INFINITY)      \
    BLOCKS_UNARY(logit_##S, T, T, fb_log_##S(a / ((T)1 - a)))                                                 \
    BLOCKS_UNARY(isposinf_##S, T, fb_boolean, a == (T)INFINITY)                                                     \
    BLOCKS_UNARY(isneginf_##S, T, fb_boolean, a == -(T)INFINITY)

// sin(pi x) / (pi x), with x taken modulo 2 before it is multiplied.
INLINE double fb_sinc(double x) {
    double r = x - 2.0 * __builtin_rint(x * 0.5), y = fb_sin_f64(3.14159265358979323846 * r);
    y = y / (3.14159265358979323846 * x);
    y = x == 0 ? 1.0 : y;
    return fabs(x) == (double)INFINITY ? (double)NAN : y;
}

FLOAT_UNARY(f32, float, f)
FLOAT_UNARY(f64, double, )
BLOCKS_UNARY(signbit_f32, float, fb_boolean, fb_f32_to_bits(a) < 0)
BLOCKS_UNARY(signbit_f64, double, fb_boolean, fb_f64_to_bits(a) >> 63)
BLOCKS_UNARY(exp2_f32, float, float, fb_exp2_f32(a))
BLOCKS_UNARY(exp2_f64, double, double, fb_exp2_f64(a))
BLOCKS_UNARY(asinh_f32, float, float, fb_asinh_f32(a))
BLOCKS_UNARY(asinh_f64, double, double, asinh(a))
BLOCKS_UNARY(acosh_f32, float, float, fb_acosh_f32(a))
BLOCKS_UNARY(acosh_f64, double, double, acosh(a))
BLOCKS_UNARY(atanh_f32, float, float, fb_atanh_f32(a))
BLOCKS_UNARY(atanh_f64, double, double, atanh(a))
BLOCKS_UNARY(erfc_f32, float, float, fb_erfc_f32(a))
BLOCKS_UNARY(erfc_f64, double, double, erfc(a))

#define INTEGER_SIGNBIT(S)                                            \
    BLOCKS_UNARY(signbit_##S, fb_##S, fb_boolean, a < 0)              \
    BLOCKS_UNARY(never_##S, fb_##S, fb_boolean, ((void)a, 0))
FOR_INTEGERS(INTEGER_SIGNBIT)
BLOCKS_UNARY(never_boolean, fb_boolean, fb_boolean, ((void)a, 0))

// a = m 2^e with 1/2 <= |m| < 1.
#define FREXP(S, T, F)                                                                                        \
    static void frexp_exponent_##S(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {      \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                              \
            int e = 0;                                                                                        \
            const T a = *(const T *)pa;                                                                       \
            if (a - a == 0) (void)frexp##F(a, &e);                                                            \
            *(T *)out = (T)e;                                                                                 \
        }                                                                                                     \
    }                                                                                                         \
    static void frexp_mantissa_##S(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {      \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                              \
            int e;                                                                                            \
            *(T *)out = frexp##F(*(const T *)pa, &e);                                                         \
        }                                                                                                     \
    }
FREXP(f32, float, f)
FREXP(f64, double, )

#define INTEGERS_OF(NAME) \
    [FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, [FB_I32] = NAME##_i32, [FB_I64] = NAME##_i64
#define FLOATS(NAME) {[FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define TEST(NAME, OF_INTEGERS) \
    {[FB_BOOL] = never_boolean, INTEGERS_OF(OF_INTEGERS), [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}

fb_unary_kernel fb_find_further_unary(fb_unary_op op, int dtype) {
    static const fb_unary_kernel table[][FB_DTYPE_COUNT] = {
        [FB_EXP2 - FB_EXP2] = FLOATS(exp2),
        [FB_ASINH - FB_EXP2] = FLOATS(asinh),
        [FB_ACOSH - FB_EXP2] = FLOATS(acosh),
        [FB_ATANH - FB_EXP2] = FLOATS(atanh),
        [FB_FRAC - FB_EXP2] = FLOATS(frac),
        [FB_LOGIT - FB_EXP2] = FLOATS(logit),
        [FB_ERFC - FB_EXP2] = FLOATS(erfc),
        [FB_SINC - FB_EXP2] = FLOATS(sinc),
        [FB_ENTR - FB_EXP2] = FLOATS(entr),
        [FB_FREXP_MANTISSA - FB_EXP2] = FLOATS(frexp_mantissa),
        [FB_FREXP_EXPONENT - FB_EXP2] = FLOATS(frexp_exponent),
    };
    static const fb_unary_kernel tests[][FB_DTYPE_COUNT] = {
        [FB_ISPOSINF - FB_ISPOSINF] = TEST(isposinf, never),
        [FB_ISNEGINF - FB_ISPOSINF] = TEST(isneginf, never),
        [FB_SIGNBIT - FB_ISPOSINF] = TEST(signbit, signbit),
    };
    return op >= FB_ISPOSINF ? tests[op - FB_ISPOSINF][dtype] : table[op - FB_EXP2][dtype];
}

// ---- Two operands ---------------------------------------------------------------------------------------------------

// A shift by as many bits as there are, or by a negative number, leaves nothing but copies of the sign.
#define SHIFTS(S, U, BITS)                                                                                    \
    BLOCKS_BINARY(left_shift_##S, fb_##S, fb_##S, b < 0 || b >= BITS ? 0 : (U)((U)a << (b & (BITS - 1))))     \
    BLOCKS_BINARY(right_shift_##S, fb_##S, fb_##S, a >> (b < 0 || b >= BITS ? BITS - 1 : b))
SHIFTS(i8, uint8_t, 8)
SHIFTS(i16, uint16_t, 16)
SHIFTS(i32, uint32_t, 32)
SHIFTS(i64, uint64_t, 64)
BLOCKS_BINARY(left_shift_u8, fb_u8, fb_u8, b >= 8 ? 0 : (uint8_t)(a << (b & 7)))
BLOCKS_BINARY(right_shift_u8, fb_u8, fb_u8, b >= 8 ? 0 : a >> b)

INLINE int64_t common_divisor(int64_t a, int64_t b) {
    uint64_t x = a < 0 ? -(uint64_t)a : (uint64_t)a, y = b < 0 ? -(uint64_t)b : (uint64_t)b;
    while (y != 0) {
        const uint64_t r = x % y;
        x = y;
        y = r;
    }
    return (int64_t)x;
}
INLINE int64_t common_multiple(int64_t a, int64_t b) {
    const int64_t g = common_divisor(a, b);
    if (g == 0) return 0;
    const int64_t m = (int64_t)((uint64_t)(a / g) * (uint64_t)b);
    return m < 0 ? (int64_t)-(uint64_t)m : m;
}
#define INTEGER_BINARY(S)                                                                                     \
    BLOCKS_BINARY(gcd_##S, fb_##S, fb_##S, common_divisor(a, b))                                              \
    BLOCKS_BINARY(lcm_##S, fb_##S, fb_##S, common_multiple(a, b))                                             \
    BLOCKS_BINARY(heaviside_##S, fb_##S, fb_##S, a == 0 ? b : a > 0)                                          \
    BLOCKS_BINARY(larger_##S, fb_##S, fb_##S, a > b ? a : b)                                                  \
    BLOCKS_BINARY(smaller_##S, fb_##S, fb_##S, a < b ? a : b)
FOR_INTEGERS(INTEGER_BINARY)
BLOCKS_BINARY(heaviside_boolean, fb_boolean, fb_boolean, a | b)
BLOCKS_BINARY(smaller_boolean, fb_boolean, fb_boolean, a & b)

// log(exp a + exp b) from the larger one; equal infinities are their own sum.
#define LOG_SUM(REST) (a == b && a - a != 0 ? a : (a != a ? a : b != b ? b : a > b ? a : b) + (REST))
#define LOGADDEXP(S) LOG_SUM(fb_log1p_##S(fb_exp_##S(a > b ? b - a : a - b)))
#define LOGADDEXP2(S, T) LOG_SUM(fb_log1p_##S(fb_exp2_##S(a > b ? b - a : a - b)) * (T)1.44269504088896338700)

#define FLOAT_BINARY(S, T, F)                                                                                 \
    BLOCKS_BINARY(fmax_##S, T, T, b != b || a > b ? a : a != a ? b : b)                                       \
    BLOCKS_BINARY(fmin_##S, T, T, b != b || a < b ? a : a != a ? b : b)                                       \
    BLOCKS_BINARY(copysign_##S, T, T, __builtin_copysign##F(a, b))                                            \
    BLOCKS_BINARY(heaviside_##S, T, T, a == 0 ? b : (T)(a > 0))                                               \
    BLOCKS_BINARY(nextafter_##S, T, T, nextafter##F(a, b))                                                    \
    BLOCKS_BINARY(logaddexp_##S, T, T, LOGADDEXP(S))                                                          \
    BLOCKS_BINARY(logaddexp2_##S, T, T, LOGADDEXP2(S, T))                                                     \
    BLOCKS_BINARY(xlogy_##S, T, T, b != b ? b : a == 0 ? (T)0 : a * fb_log_##S(b))                            \
    BLOCKS_BINARY(xlog1py_##S, T, T, b != b ? b : a == 0 ? (T)0 : a * fb_log1p_##S(b))
FLOAT_BINARY(f32, float, f)
FLOAT_BINARY(f64, double, )

// Squares of floats neither overflow nor vanish in double.
INLINE float hypot_of_floats(float a, float b) {
    const double x = a, y = b;
    const float h = (float)__builtin_elementwise_sqrt(x * x + y * y);
    return fabsf(a) == INFINITY || fabsf(b) == INFINITY ? INFINITY : h;
}
BLOCKS_BINARY(hypot_f32, float, float, hypot_of_floats(a, b))
BLOCKS_BINARY(hypot_f64, double, double, hypot(a, b))

// The 16-bit floats step on their own bits, which order them as sign and magnitude.
INLINE uint16_t next_of_16_bits(uint16_t a, uint16_t b, uint16_t infinity) {
    const uint16_t x = a & 0x7FFF, y = b & 0x7FFF;
    if (x > infinity) return a;
    if (y > infinity) return b;
    if (a == b || (x == 0 && y == 0)) return b;
    if (x == 0) return (uint16_t)((b & 0x8000) | 1);
    const bool away = (a & 0x8000) == (b & 0x8000) && y > x;
    return (uint16_t)(away ? a + 1 : a - 1);
}
#define NEXT_OF_16_BITS(NAME, INFINITY_BITS)                                                                  \
    static void NAME(                                                                                         \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, ptrdiff_t n) {    \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa, pb += sb)                                      \
            *(uint16_t *)out = next_of_16_bits(*(const uint16_t *)pa, *(const uint16_t *)pb, INFINITY_BITS);  \
    }
NEXT_OF_16_BITS(nextafter_f16, 0x7C00)
NEXT_OF_16_BITS(nextafter_bf16, 0x7F80)

#define INTEGERS(NAME) {INTEGERS_OF(NAME)}

fb_binary_kernel fb_find_further_binary(fb_binary_op op, int dtype) {
    static const fb_binary_kernel table[][FB_DTYPE_COUNT] = {
        [FB_LEFT_SHIFT - FB_LEFT_SHIFT] = INTEGERS(left_shift),
        [FB_RIGHT_SHIFT - FB_LEFT_SHIFT] = INTEGERS(right_shift),
        [FB_GCD - FB_LEFT_SHIFT] = INTEGERS(gcd),
        [FB_LCM - FB_LEFT_SHIFT] = INTEGERS(lcm),
        [FB_FMAX - FB_LEFT_SHIFT] = {[FB_BOOL] = heaviside_boolean, INTEGERS_OF(larger), [FB_F32] = fmax_f32,
                                     [FB_F64] = fmax_f64},
        [FB_FMIN - FB_LEFT_SHIFT] = {[FB_BOOL] = smaller_boolean, INTEGERS_OF(smaller), [FB_F32] = fmin_f32,
                                     [FB_F64] = fmin_f64},
        [FB_COPYSIGN - FB_LEFT_SHIFT] = FLOATS(copysign),
        [FB_HEAVISIDE - FB_LEFT_SHIFT] = {[FB_BOOL] = heaviside_boolean, INTEGERS_OF(heaviside),
                                          [FB_F32] = heaviside_f32, [FB_F64] = heaviside_f64},
        [FB_NEXTAFTER - FB_LEFT_SHIFT] = {[FB_F16] = nextafter_f16, [FB_BF16] = nextafter_bf16,
                                          [FB_F32] = nextafter_f32, [FB_F64] = nextafter_f64},
        [FB_HYPOT - FB_LEFT_SHIFT] = FLOATS(hypot),
        [FB_LOGADDEXP - FB_LEFT_SHIFT] = FLOATS(logaddexp),
        [FB_LOGADDEXP2 - FB_LEFT_SHIFT] = FLOATS(logaddexp2),
        [FB_XLOGY - FB_LEFT_SHIFT] = FLOATS(xlogy),
        [FB_XLOG1PY - FB_LEFT_SHIFT] = FLOATS(xlog1py),
    };
    return table[op - FB_LEFT_SHIFT][dtype];
}
