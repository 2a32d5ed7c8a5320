// Activations and their gradients in one pass. NaN goes through all of them, as in PyTorch; gradients at kinks are
// PyTorch's too.
#include "kernels.h"

// EXPRESSION of a (and b and c, where COUNT says so) and the constants p, q and r, by blocks.
#define ACTIVATION(NAME, T, COUNT, EXPRESSION)                                                                \
    CLONES static void NAME(                                                                                  \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, const void *pc,   \
        ptrdiff_t sc, ptrdiff_t n, const double *numbers) {                                                   \
        const T p = (T)numbers[0], q = (T)numbers[1], r = (T)numbers[2];                                      \
        (void)p, (void)q, (void)r, (void)sb, (void)sc;                                                        \
        T buffer_a[FB_BLOCK], buffer_b[FB_BLOCK], buffer_c[FB_BLOCK], buffer_out[FB_BLOCK];                   \
        const T *x = NULL, *y = NULL, *z = NULL;                                                              \
        const bool whole = so == sizeof(T) && sa == sizeof(T) && (COUNT < 2 || sb == sizeof(T))               \
            && (COUNT < 3 || sc == sizeof(T));                                                                \
        for (ptrdiff_t at = 0, m; at < n; at += m, out += m * so, pa += m * sa) {                             \
            m = whole || n - at < FB_BLOCK ? n - at : FB_BLOCK;                                               \
            if (at == 0 || sa != 0) x = fb_gather_##T(pa, sa, m, buffer_a);                                   \
            if (COUNT >= 2 && (at == 0 || sb != 0)) y = fb_gather_##T(pb, sb, m, buffer_b);                   \
            if (COUNT >= 3 && (at == 0 || sc != 0)) z = fb_gather_##T(pc, sc, m, buffer_c);                   \
            if (COUNT >= 2) pb += m * sb;                                                                     \
            if (COUNT >= 3) pc += m * sc;                                                                     \
            T *o = so == sizeof(T) ? (T *)out : buffer_out;                                                   \
            INDEPENDENT for (ptrdiff_t i = 0; i < m; i++) {                                                   \
                const T a = x[i], b = COUNT >= 2 ? y[i] : (T)0, c = COUNT >= 3 ? z[i] : (T)0;                 \
                (void)b, (void)c;                                                                             \
                o[i] = (T)(EXPRESSION);                                                                       \
            }                                                                                                 \
            if (o == buffer_out) fb_scatter_##T(out, so, m, o);                                               \
        }                                                                                                     \
    }

// ---- Exponentials for float -------------------------------------------------------------------------------------------

// exp(x) within about 1 ulp and without the subnormals: Cephes' polynomial, and 2^n from the bits of the rounded sum
// (adding 1.5 * 2^23 rounds to an integer, 127 more make its lowest bits the exponent: 0 below, infinity above).
INLINE float quick_exp_f32(float x) {
    float limited = x < -87.9f ? -87.9f : x;
    limited = limited > 88.9f ? 88.9f : limited;
    const float rounded = limited * 1.44269504088896341f + 12583039.0f, n = rounded - 12583039.0f;
    const float d = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
    float s = 1.9875691500e-4f * d + 1.3981999507e-3f;
    s = s * d + 8.3334519073e-3f;
    s = s * d + 4.1665795894e-2f;
    s = s * d + 1.6666665459e-1f;
    s = s * d + 5.0000001201e-1f;
    s = s * (d * d) + d + 1.0f;
    return s * fb_bits_to_f32((int32_t)((uint32_t)fb_f32_to_bits(rounded) << 23));
}
INLINE double quick_exp_f64(double x) { return fb_exp_f64(x); }

// exp(x) - 1 for x <= 0: 2^n (exp(d) - 1) + (2^n - 1), exact near 0, where n is 0.
INLINE float falling_expm1_f32(float x) {
    const float limited = x < -87.9f ? -87.9f : x > 0 ? 0 : x;
    const float rounded = limited * 1.44269504088896341f + 12583039.0f, n = rounded - 12583039.0f;
    const float d = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
    float s = 1.9875691500e-4f * d + 1.3981999507e-3f;
    s = s * d + 8.3334519073e-3f;
    s = s * d + 4.1665795894e-2f;
    s = s * d + 1.6666665459e-1f;
    s = s * d + 5.0000001201e-1f;
    s = s * (d * d) + d;
    const float scale = fb_bits_to_f32((int32_t)((uint32_t)fb_f32_to_bits(rounded) << 23));
    return s * scale + (scale - 1.0f);
}
INLINE double falling_expm1_f64(double x) { return fb_expm1_f64(x > 0 ? 0 : x); }

// log(1 + e) for 0 <= e <= 1: what 1 + e rounds off is added back.
INLINE float short_log1p_f32(float e) {
    const float u = 1.0f + e;
    return fb_log_f32(u) + (e - (u - 1.0f)) / u;
}
INLINE double short_log1p_f64(double e) { return fb_log1p_f64(e); }

// log(1 + exp(x)), which neither overflows nor loses its tail; infinity of either sign is a limit, NaN stays.
#define SOFTPLUS(S) \
    INLINE fb_##S soft_##S(fb_##S x) { return (x < 0 ? 0 : x) + short_log1p_##S(quick_exp_##S(x > 0 ? -x : x)); }
SOFTPLUS(f32)
SOFTPLUS(f64)

#define LOGISTIC(S) \
    INLINE fb_##S logistic_##S(fb_##S x) { return 1 / (1 + quick_exp_##S(-x)); }
LOGISTIC(f32)
LOGISTIC(f64)

// ---- The normal distribution ------------------------------------------------------------------------------------------

// Its distribution function is 2^-t(|x|) or 1 minus that; t is a polynomial fitted for this file (minimax over [0, 6],
// 1.6e-7 of the result; beyond, it grows so that the result is 0 as it should be). The power is that of Cephes' exp2f.
INLINE float normal_cdf_f32(float x) {
    const float a = fabsf(x);
    float t = 1.5479986768e-08f;
    t = t * a - 5.0308552237e-07f;
    t = t * a + 6.9830274111e-06f;
    t = t * a - 5.2064031676e-05f;
    t = t * a + 1.9074581673e-04f;
    t = t * a + 1.9718643572e-04f;
    t = t * a - 7.2080198146e-03f;
    t = t * a + 5.2635901928e-02f;
    t = t * a + 4.5914861246e-01f;
    t = t * a + 1.1511143884e+00f;
    t = t * a + 9.9999976856e-01f;
    t = t > 127.0f ? 127.0f : t;
    const float rounded = 12583039.0f - t, d = (rounded - 12583039.0f) + t;  // -t = n - d
    float s = 1.535336188319500e-4f * -d + 1.339887440266574e-3f;
    s = s * -d + 9.618437357674640e-3f;
    s = s * -d + 5.550332471162809e-2f;
    s = s * -d + 2.402264791363012e-1f;
    s = s * -d + 6.931472028550421e-1f;
    s = s * -d + 1.0f;
    const float tail = s * fb_bits_to_f32((int32_t)((uint32_t)fb_f32_to_bits(rounded) << 23));
    return x > 0 ? 1.0f - tail : tail;
}
INLINE double normal_cdf_f64(double x) { return 0.5 * erfc(x * -0.70710678118654752440); }

#define INVERSE_SQRT_2_PI 0.39894228040143267794
#define NORMAL_SLOPE(S, T) (normal_cdf_##S(b) + b * (quick_exp_##S(b * b * (T)-0.5) * (T)INVERSE_SQRT_2_PI))

// x / (1 + exp(-2 u)) with u = sqrt(2 / pi) (x + 0.044715 x^3), which is x (1 + tanh u) / 2.
#define TANH_INNER(T, X) ((T)1.59576912160573071176 * ((X) + (T)0.044715 * (X) * (X) * (X)))
#define TANH_INNER_SLOPE(T, X) ((T)1.59576912160573071176 * (1 + (T)0.134145 * (X) * (X)))

// tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2), and its derivative times e: both are 1 and 0 to all digits from 20 on.
#define MISH(S, T)                                                                                            \
    INLINE T mish_##S(T x) {                                                                                  \
        const T e = quick_exp_##S(x > 20 ? 20 : x), n = e * (e + 2);                                          \
        return x * (n / (n + 2));                                                                             \
    }                                                                                                         \
    INLINE T mish_slope_##S(T x) {                                                                            \
        const T y = x > 20 ? 20 : x, e = quick_exp_##S(y), n = e * (e + 2), d = 1 / (n + 2);                  \
        return n * d + (y * 4) * (e * d) * ((1 + e) * d);                                                     \
    }
MISH(f32, float)
MISH(f64, double)

// ---- The kernels ------------------------------------------------------------------------------------------------------

// Gradients: `a` is that of the result, `b` the operand.
#define FLOAT_ACTIVATIONS(S, T, F)                                                                            \
    ACTIVATION(threshold_##S, T, 1, a <= p ? q : a)                                                           \
    ACTIVATION(threshold_grad_##S, T, 2, b <= p ? 0 : a)                                                      \
    ACTIVATION(hardtanh_##S, T, 1, a < p ? p : a > q ? q : a)                                                 \
    ACTIVATION(hardtanh_grad_##S, T, 2, b <= p ? 0 : b >= q ? 0 : a)                                          \
    ACTIVATION(hardswish_##S, T, 1, a * (a + 3 < 0 ? 0 : a + 3 > 6 ? 6 : a + 3) / 6)                          \
    ACTIVATION(hardswish_grad_##S, T, 2, b <= -3 ? 0 : b < 3 ? a * (b / 3 + (T)0.5) : a)                      \
    ACTIVATION(hardsigmoid_##S, T, 1, (a + 3 < 0 ? 0 : a + 3 > 6 ? 6 : a + 3) / 6)                            \
    ACTIVATION(hardsigmoid_grad_##S, T, 2, fabs##F(b) < 3 ? a / 6 : 0)                                        \
    ACTIVATION(hardshrink_##S, T, 1, fabs##F(a) <= p ? 0 : a)                                                 \
    ACTIVATION(shrink_grad_##S, T, 2, fabs##F(b) <= p ? 0 : a)                                                \
    ACTIVATION(softshrink_##S, T, 1, a > p ? a - p : a < -p ? a + p : a * 0)                                  \
    ACTIVATION(leaky_relu_##S, T, 1, a > 0 ? a : a * p)                                                       \
    ACTIVATION(leaky_relu_grad_##S, T, 2, b > 0 ? a : a * p)                                                  \
    /* p alpha scale, q scale, r input scale */                                                               \
    ACTIVATION(elu_##S, T, 1, a > 0 ? a * q : a < 0 ? falling_expm1_##S(a * r) * p : a)                       \
    ACTIVATION(elu_grad_##S, T, 2, b <= 0 ? a * (r * p) * quick_exp_##S(b > 0 ? 0 : b * r) : a * q)            \
    /* p beta, q threshold, r 1 / beta */                                                                     \
    ACTIVATION(softplus_##S, T, 1, a * p > q ? a : soft_##S(a * p) * r)                                       \
    ACTIVATION(softplus_grad_##S, T, 2, b * p > q ? a : a * logistic_##S(b * p))                              \
    ACTIVATION(log_sigmoid_##S, T, 1, -soft_##S(-a))                                                          \
    ACTIVATION(log_sigmoid_grad_##S, T, 2, a * logistic_##S(-b))                                              \
    ACTIVATION(silu_##S, T, 1, a / (1 + quick_exp_##S(-a)))                                                   \
    ACTIVATION(silu_grad_##S, T, 2, a * logistic_##S(b) * (1 + b * (1 - logistic_##S(b))))                    \
    ACTIVATION(mish_all_##S, T, 1, mish_##S(a))                                                               \
    ACTIVATION(mish_grad_##S, T, 2, a * mish_slope_##S(b))                                                    \
    ACTIVATION(gelu_##S, T, 1, a * normal_cdf_##S(a))                                                         \
    ACTIVATION(gelu_grad_##S, T, 2, a * NORMAL_SLOPE(S, T))                                                   \
    ACTIVATION(gelu_tanh_##S, T, 1, a * logistic_##S(TANH_INNER(T, a)))                                       \
    ACTIVATION(gelu_tanh_grad_##S, T, 2, a * tanh_slope_##S(b))                                               \
    ACTIVATION(softsign_##S, T, 1, a / (1 + fabs##F(a)))                                                      \
    ACTIVATION(softsign_grad_##S, T, 2, a / ((1 + fabs##F(b)) * (1 + fabs##F(b))))                            \
    ACTIVATION(tanhshrink_##S, T, 1, a - fb_tanh_##S(a))                                                      \
    ACTIVATION(tanhshrink_grad_##S, T, 2, a * (fb_tanh_##S(b) * fb_tanh_##S(b)))                              \
    ACTIVATION(prelu_##S, T, 2, a > 0 ? a : a * b)                                                            \
    ACTIVATION(prelu_grad_a_##S, T, 3, b > 0 ? a : a * c)                                                     \
    ACTIVATION(prelu_grad_b_##S, T, 3, b > 0 ? 0 : a * b)                                                     \
    ACTIVATION(glu_##S, T, 2, a * logistic_##S(b))                                                            \
    ACTIVATION(glu_grad_a_##S, T, 3, a * logistic_##S(c))                                                     \
    ACTIVATION(glu_grad_b_##S, T, 3, a * b * logistic_##S(c) * (1 - logistic_##S(c)))

// The derivative of x s(v): s + x s (1 - s) v'; where s is 0 or 1 the rest is 0, though v' may be infinite.
#define TANH_SLOPE(S, T)                                                                                      \
    INLINE T tanh_slope_##S(T x) {                                                                            \
        const T s = logistic_##S(TANH_INNER(T, x)), rest = s * (1 - s);                                       \
        return s + (rest == 0 ? 0 : x * rest * TANH_INNER_SLOPE(T, x));                                       \
    }
TANH_SLOPE(f32, float)
TANH_SLOPE(f64, double)

FLOAT_ACTIVATIONS(f32, float, f)
FLOAT_ACTIVATIONS(f64, double, )

#define FLOATS(NAME) {NAME##_f32, NAME##_f64}

fb_activation_kernel fb_find_activation(fb_activation_op op, int dtype) {
    static const fb_activation_kernel table[FB_ACTIVATION_COUNT][2] = {
        [FB_THRESHOLD] = FLOATS(threshold), [FB_THRESHOLD_GRAD] = FLOATS(threshold_grad),
        [FB_HARDTANH] = FLOATS(hardtanh), [FB_HARDTANH_GRAD] = FLOATS(hardtanh_grad),
        [FB_HARDSWISH] = FLOATS(hardswish), [FB_HARDSWISH_GRAD] = FLOATS(hardswish_grad),
        [FB_HARDSIGMOID] = FLOATS(hardsigmoid), [FB_HARDSIGMOID_GRAD] = FLOATS(hardsigmoid_grad),
        [FB_HARDSHRINK] = FLOATS(hardshrink), [FB_HARDSHRINK_GRAD] = FLOATS(shrink_grad),
        [FB_SOFTSHRINK] = FLOATS(softshrink), [FB_SOFTSHRINK_GRAD] = FLOATS(shrink_grad),
        [FB_LEAKY_RELU] = FLOATS(leaky_relu), [FB_LEAKY_RELU_GRAD] = FLOATS(leaky_relu_grad),
        [FB_ELU] = FLOATS(elu), [FB_ELU_GRAD] = FLOATS(elu_grad),
        [FB_SOFTPLUS] = FLOATS(softplus), [FB_SOFTPLUS_GRAD] = FLOATS(softplus_grad),
        [FB_LOG_SIGMOID] = FLOATS(log_sigmoid), [FB_LOG_SIGMOID_GRAD] = FLOATS(log_sigmoid_grad),
        [FB_SILU] = FLOATS(silu), [FB_SILU_GRAD] = FLOATS(silu_grad),
        [FB_MISH] = FLOATS(mish_all), [FB_MISH_GRAD] = FLOATS(mish_grad),
        [FB_GELU] = FLOATS(gelu), [FB_GELU_GRAD] = FLOATS(gelu_grad),
        [FB_GELU_TANH] = FLOATS(gelu_tanh), [FB_GELU_TANH_GRAD] = FLOATS(gelu_tanh_grad),
        [FB_SOFTSIGN] = FLOATS(softsign), [FB_SOFTSIGN_GRAD] = FLOATS(softsign_grad),
        [FB_TANHSHRINK] = FLOATS(tanhshrink), [FB_TANHSHRINK_GRAD] = FLOATS(tanhshrink_grad),
        [FB_PRELU] = FLOATS(prelu), [FB_PRELU_GRAD_A] = FLOATS(prelu_grad_a),
        [FB_PRELU_GRAD_B] = FLOATS(prelu_grad_b),
        [FB_GLU] = FLOATS(glu), [FB_GLU_GRAD_A] = FLOATS(glu_grad_a), [FB_GLU_GRAD_B] = FLOATS(glu_grad_b),
    };
    return dtype == FB_F32 ? table[op][0] : dtype == FB_F64 ? table[op][1] : NULL;
}
