// Pointwise operations on three operands and a number, in one pass.
#include "kernels.h"

#define TERNARY(NAME, T, NUMBER, EXPRESSION)                                                                  \
    CLONES static void NAME(                                                                                  \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, const void *pc,   \
        ptrdiff_t sc, ptrdiff_t n, double real, int64_t whole_number) {                                       \
        const T value = (T)(NUMBER);                                                                          \
        (void)value, (void)real, (void)whole_number;                                                          \
        T buffer_a[FB_BLOCK], buffer_b[FB_BLOCK], buffer_c[FB_BLOCK], buffer_out[FB_BLOCK];                   \
        const T *x = NULL, *y = NULL, *z = NULL;                                                              \
        const bool whole = so == sizeof(T) && sa == sizeof(T) && sb == sizeof(T) && sc == sizeof(T);          \
        for (ptrdiff_t at = 0, m; at < n; at += m, out += m * so, pa += m * sa, pb += m * sb, pc += m * sc) { \
            m = whole || n - at < FB_BLOCK ? n - at : FB_BLOCK;                                               \
            if (at == 0 || sa != 0) x = fb_gather_##T(pa, sa, m, buffer_a);                                   \
            if (at == 0 || sb != 0) y = fb_gather_##T(pb, sb, m, buffer_b);                                   \
            if (at == 0 || sc != 0) z = fb_gather_##T(pc, sc, m, buffer_c);                                   \
            T *o = so == sizeof(T) ? (T *)out : buffer_out;                                                   \
            INDEPENDENT for (ptrdiff_t i = 0; i < m; i++) {                                                   \
                const T a = x[i], b = y[i], c = z[i];                                                         \
                o[i] = (T)(EXPRESSION);                                                                       \
            }                                                                                                 \
            if (o == buffer_out) fb_scatter_##T(out, so, m, o);                                               \
        }                                                                                                     \
    }

// Between two numbers, a maximum and a minimum do, which leave a NaN as it is; a limit that is NaN is for the general one.
#define CLAMP(S, T)                                                                                           \
    CLONES static void clamp_##S(                                                                             \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, const void *pc,   \
        ptrdiff_t sc, ptrdiff_t n, double real, int64_t whole_number) {                                       \
        const T low = *(const T *)pb, high = *(const T *)pc;                                                  \
        if (so != sizeof(T) || sa != sizeof(T) || sb != 0 || sc != 0 || low != low || high != high) {         \
            clamp_each_##S(out, so, pa, sa, pb, sb, pc, sc, n, real, whole_number);                           \
            return;                                                                                           \
        }                                                                                                     \
        const T *x = pa;                                                                                      \
        T *o = out;                                                                                           \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                       \
            const T a = low > x[i] ? low : x[i];                                                              \
            o[i] = high < a ? high : a;                                                                       \
        }                                                                                                     \
    }

#define WRAP(X) ((uint64_t)(int64_t)(X))
#define INTEGER_TERNARY(S)                                                                         \
    TERNARY(addcmul_##S, fb_##S, whole_number, WRAP(a) + WRAP(value) * WRAP(b) * WRAP(c))          \
    TERNARY(clamp_each_##S, fb_##S, whole_number, (a < b ? b : a) > c ? c : a < b ? b : a)         \
    CLAMP(S, fb_##S)
FOR_INTEGERS(INTEGER_TERNARY)

// NaN in any operand is the result of clamp. lerp starts from the end that is nearer.
#define FLOAT_TERNARY(S, T)                                                                        \
    TERNARY(addcmul_##S, T, real, a + value * b * c)                                               \
    TERNARY(addcdiv_##S, T, real, a + value * b / c)                                               \
    TERNARY(lerp_##S, T, real,                                                                     \
            c < (T)0.5 && c > (T)-0.5 ? a + c * (b - a) : b - (b - a) * ((T)1 - c))                \
    TERNARY(lerp_by_##S, T, real, ((void)c, value < (T)0.5 && value > (T)-0.5                       \
            ? a + value * (b - a) : b - (b - a) * ((T)1 - value)))                                 \
    TERNARY(add_scaled_##S, T, real, ((void)c, a + value * b))                                     \
    TERNARY(clamp_each_##S, T, real,                                                               \
            a != a ? a : b != b ? b : c != c ? c : (a < b ? b : a) > c ? c : a < b ? b : a)        \
    CLAMP(S, T)                                                                                    \
    TERNARY(nan_to_num_##S, T, real,                                                               \
            a != a ? value : a == (T)INFINITY ? b : a == -(T)INFINITY ? c : a)
FLOAT_TERNARY(f32, float)
FLOAT_TERNARY(f64, double)

#define NUMBERS(NAME)                                                                              \
    {[FB_U8] = NAME##_u8, [FB_I8] = NAME##_i8, [FB_I16] = NAME##_i16, [FB_I32] = NAME##_i32,       \
     [FB_I64] = NAME##_i64, [FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}
#define FLOATS(NAME) {[FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}

fb_ternary_kernel fb_find_ternary(fb_ternary_op op, int dtype) {
    static const fb_ternary_kernel table[FB_TERNARY_COUNT][FB_DTYPE_COUNT] = {
        [FB_ADDCMUL] = NUMBERS(addcmul),
        [FB_ADDCDIV] = FLOATS(addcdiv),
        [FB_LERP] = FLOATS(lerp),
        [FB_LERP_BY] = FLOATS(lerp_by),
        [FB_ADD_SCALED] = FLOATS(add_scaled),
        [FB_CLAMP] = NUMBERS(clamp),
        [FB_NAN_TO_NUM] = FLOATS(nan_to_num),
    };
    return table[op][dtype];
}
