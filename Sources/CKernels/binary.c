// Pointwise operations on two operands. Each expression is compiled for both operands contiguous, one of them repeated,
// and any strides.
#include "kernels.h"

#define BINARY(NAME, T, R, EXPRESSION)                                                                          \
    CLONES static void NAME(                                                                                    \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, ptrdiff_t n) {      \
        if (so == sizeof(R) && sa == sizeof(T) && sb == sizeof(T)) {                                            \
            R *o = (R *)out;                                                                                    \
            const T *x = (const T *)pa, *y = (const T *)pb;                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                     \
                const T a = x[i], b = y[i];                                                                     \
                o[i] = (R)(EXPRESSION);                                                                         \
            }                                                                                                   \
        } else if (so == sizeof(R) && sa == sizeof(T) && sb == 0) {                                             \
            R *o = (R *)out;                                                                                    \
            const T *x = (const T *)pa, b = *(const T *)pb;                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                     \
                const T a = x[i];                                                                               \
                o[i] = (R)(EXPRESSION);                                                                         \
            }                                                                                                   \
        } else if (so == sizeof(R) && sa == 0 && sb == sizeof(T)) {                                             \
            R *o = (R *)out;                                                                                    \
            const T *y = (const T *)pb, a = *(const T *)pa;                                                     \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                     \
                const T b = y[i];                                                                               \
                o[i] = (R)(EXPRESSION);                                                                         \
            }                                                                                                   \
        } else {                                                                                                \
            for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa, pb += sb) {                                  \
                const T a = *(const T *)pa, b = *(const T *)pb;                                                 \
                *(R *)out = (R)(EXPRESSION);                                                                    \
            }                                                                                                   \
        }                                                                                                       \
    }

// Integers wrap around, as PyTorch's do; the compiler must not see signed overflow.
#define WRAP(OP) ((uint64_t)(int64_t)a OP (uint64_t)(int64_t)b)

// Division of the smallest integer by -1 overflows, and traps on x86; by zero is reported by the caller beforehand.
INLINE int64_t divide_trunc(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? (int64_t)-(uint64_t)a : a / b; }
INLINE int64_t divide_floor(int64_t a, int64_t b) {
    int64_t q = divide_trunc(a, b);
    return b != 0 && b != -1 && a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}
INLINE int64_t modulo_trunc(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }
INLINE int64_t modulo_floor(int64_t a, int64_t b) {
    int64_t r = modulo_trunc(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
INLINE int64_t integer_power(int64_t base, int64_t exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
    uint64_t result = 1, factor = (uint64_t)base;
    for (; exponent; exponent >>= 1, factor *= factor)
        if (exponent & 1) result *= factor;
    return (int64_t)result;
}

// Python's floor division and modulo on floats, in PyTorch's order of operations (so that -0.0 and infinities agree),
// from C's remainder.
#define FLOAT_DIVISION(S, T, F)                                                                                 \
    INLINE T float_modulo_##S(T a, T b, T r) {                                                                  \
        (void)a;                                                                                                \
        return r != 0 && (b < 0) != (r < 0) ? r + b : r;                                                        \
    }                                                                                                           \
    INLINE T float_floor_divide_##S(T a, T b, T r) {                                                            \
        T q = (a - r) / b, quotient = a / b;                                                                    \
        q = r != 0 && (b < 0) != (r < 0) ? q - 1 : q;                                                           \
        T floored = __builtin_floor##F(q);                                                                      \
        floored = q - floored > (T)0.5 ? floored + 1 : floored;                                                 \
        floored = q == 0 ? __builtin_copysign##F((T)0, quotient) : floored;                                     \
        return b == 0 ? quotient : floored;                                                                     \
    }
FLOAT_DIVISION(f32, float, f)
FLOAT_DIVISION(f64, double, )

// Comparisons and logic, for every type.
#define COMPARISONS(S)                                          \
    BINARY(eq_##S, fb_##S, bool, a == b)                        \
    BINARY(ne_##S, fb_##S, bool, a != b)                        \
    BINARY(lt_##S, fb_##S, bool, a < b)                         \
    BINARY(le_##S, fb_##S, bool, a <= b)                        \
    BINARY(gt_##S, fb_##S, bool, a > b)                         \
    BINARY(ge_##S, fb_##S, bool, a >= b)                        \
    BINARY(logical_and_##S, fb_##S, bool, (a != 0) & (b != 0))  \
    BINARY(logical_or_##S, fb_##S, bool, (a != 0) | (b != 0))   \
    BINARY(logical_xor_##S, fb_##S, bool, (a != 0) ^ (b != 0))
COMPARISONS(boolean) FOR_INTEGERS(COMPARISONS) FOR_FLOATS(COMPARISONS)

#define INTEGER_ARITHMETIC(S)                                        \
    BINARY(add_##S, fb_##S, fb_##S, WRAP(+))                         \
    BINARY(sub_##S, fb_##S, fb_##S, WRAP(-))                         \
    BINARY(mul_##S, fb_##S, fb_##S, WRAP(*))                         \
    BINARY(div_trunc_##S, fb_##S, fb_##S, divide_trunc(a, b))        \
    BINARY(div_floor_##S, fb_##S, fb_##S, divide_floor(a, b))        \
    BINARY(remainder_##S, fb_##S, fb_##S, modulo_floor(a, b))        \
    BINARY(fmod_##S, fb_##S, fb_##S, modulo_trunc(a, b))             \
    BINARY(pow_##S, fb_##S, fb_##S, integer_power(a, b))             \
    BINARY(maximum_##S, fb_##S, fb_##S, a > b ? a : b)               \
    BINARY(minimum_##S, fb_##S, fb_##S, a < b ? a : b)               \
    BINARY(bitwise_and_##S, fb_##S, fb_##S, a & b)                   \
    BINARY(bitwise_or_##S, fb_##S, fb_##S, a | b)                    \
    BINARY(bitwise_xor_##S, fb_##S, fb_##S, a ^ b)
FOR_INTEGERS(INTEGER_ARITHMETIC)

BINARY(add_boolean, bool, bool, a | b)
BINARY(mul_boolean, bool, bool, a & b)
BINARY(xor_boolean, bool, bool, a ^ b)

// A NaN in either operand is the result of maximum and minimum; relu's gradient is zero at zero.
#define FLOAT_ARITHMETIC(S, T, TRUNC)                                          \
    BINARY(add_##S, T, T, a + b)                                               \
    BINARY(sub_##S, T, T, a - b)                                               \
    BINARY(mul_##S, T, T, a * b)                                               \
    BINARY(div_##S, T, T, a / b)                                               \
    BINARY(div_trunc_##S, T, T, TRUNC(a / b))                                  \
    BINARY(maximum_##S, T, T, a != a ? a : b != b ? b : a > b ? a : b)         \
    BINARY(minimum_##S, T, T, a != a ? a : b != b ? b : a < b ? a : b)         \
    BINARY(relu_grad_##S, T, T, b <= 0 ? (T)0 : a)                             \
    BINARY(sigmoid_grad_##S, T, T, a * (((T)1 - b) * b))                       \
    BINARY(tanh_grad_##S, T, T, a * ((T)1 - b * b))
FLOAT_ARITHMETIC(f32, float, __builtin_truncf)
FLOAT_ARITHMETIC(f64, double, __builtin_trunc)

// The vectorised remainder holds for quotients that are not too large; the other operands are left to libm.
#define HOLDS (fabsf(a / b) < (float)FB_REMAINDER_LIMIT)
BLOCKS_BINARY_MENDED(fmod_f32, float, fb_fmod_f32(a, b), HOLDS, fmodf(a, b))
BLOCKS_BINARY_MENDED(remainder_f32, float, float_modulo_f32(a, b, fb_fmod_f32(a, b)), HOLDS,
                     float_modulo_f32(a, b, fmodf(a, b)))
BLOCKS_BINARY_MENDED(div_floor_f32, float, float_floor_divide_f32(a, b, fb_fmod_f32(a, b)), HOLDS,
                     float_floor_divide_f32(a, b, fmodf(a, b)))
BLOCKS_BINARY(pow_f32, float, float, fb_pow_f32(a, b))
BLOCKS_BINARY(atan2_f32, float, float, fb_atan2_f32(a, b))
BLOCKS_BINARY(fmod_f64, double, double, fmod(a, b))
BLOCKS_BINARY(remainder_f64, double, double, float_modulo_f64(a, b, fmod(a, b)))
BLOCKS_BINARY(div_floor_f64, double, double, float_floor_divide_f64(a, b, fmod(a, b)))
BLOCKS_BINARY(pow_f64, double, double, pow(a, b))
BLOCKS_BINARY(atan2_f64, double, double, atan2(a, b))

#define ALL_TYPES(NAME) \
    {[FB_BOOL] = NAME##_boolean, [FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, \
     [FB_I32] = NAME##_i32, [FB_I64] = NAME##_i64, [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define NUMBERS(NAME) \
    {[FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, [FB_I32] = NAME##_i32, \
     [FB_I64] = NAME##_i64, [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define FLOATS(NAME) {[FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define BITS(NAME, OF_BOOL) \
    {[FB_BOOL] = OF_BOOL, [FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, \
     [FB_I32] = NAME##_i32, [FB_I64] = NAME##_i64}

static const fb_binary_kernel table[FB_BINARY_COUNT][FB_DTYPE_COUNT] = {
    [FB_ADD] = ALL_TYPES(add),
    [FB_SUB] = NUMBERS(sub),
    [FB_MUL] = ALL_TYPES(mul),
    [FB_DIV] = FLOATS(div),
    [FB_DIV_TRUNC] = NUMBERS(div_trunc),
    [FB_DIV_FLOOR] = NUMBERS(div_floor),
    [FB_REMAINDER] = NUMBERS(remainder),
    [FB_FMOD] = NUMBERS(fmod),
    [FB_POW] = NUMBERS(pow),
    [FB_ATAN2] = FLOATS(atan2),
    [FB_MAXIMUM] = {[FB_BOOL] = add_boolean, [FB_U8] = maximum_u8, [FB_I8] = maximum_i8, [FB_I16] = maximum_i16,
                    [FB_I32] = maximum_i32, [FB_I64] = maximum_i64, [FB_F32] = maximum_f32, [FB_F64] = maximum_f64},
    [FB_MINIMUM] = {[FB_BOOL] = mul_boolean, [FB_U8] = minimum_u8, [FB_I8] = minimum_i8, [FB_I16] = minimum_i16,
                    [FB_I32] = minimum_i32, [FB_I64] = minimum_i64, [FB_F32] = minimum_f32, [FB_F64] = minimum_f64},
    [FB_BITWISE_AND] = BITS(bitwise_and, mul_boolean),
    [FB_BITWISE_OR] = BITS(bitwise_or, add_boolean),
    [FB_BITWISE_XOR] = BITS(bitwise_xor, xor_boolean),
    [FB_EQ] = ALL_TYPES(eq),
    [FB_NE] = ALL_TYPES(ne),
    [FB_LT] = ALL_TYPES(lt),
    [FB_LE] = ALL_TYPES(le),
    [FB_GT] = ALL_TYPES(gt),
    [FB_GE] = ALL_TYPES(ge),
    [FB_LOGICAL_AND] = ALL_TYPES(logical_and),
    [FB_LOGICAL_OR] = ALL_TYPES(logical_or),
    [FB_LOGICAL_XOR] = ALL_TYPES(logical_xor),
    [FB_RELU_GRAD] = FLOATS(relu_grad),
    [FB_SIGMOID_GRAD] = FLOATS(sigmoid_grad),
    [FB_TANH_GRAD] = FLOATS(tanh_grad),
};

fb_binary_kernel fb_find_binary(fb_binary_op op, int dtype) {
    if (dtype >= FB_C64) return fb_find_complex_binary(op, dtype);
    if (op < FB_LEFT_SHIFT) return table[op][dtype];
    return op < FB_ZETA ? fb_find_further_binary(op, dtype) : fb_find_special_binary(op, dtype);
}
