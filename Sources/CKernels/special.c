// Loops over the special functions. Computed in double precision for both types: float results are the nearest.
#include "special.h"

#define SPECIAL_UNARY(NAME, EXPRESSION)                                                                       \
    static void NAME##_f32(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {              \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                              \
            const double a = *(const float *)pa;                                                              \
            *(float *)out = (float)(EXPRESSION);                                                              \
        }                                                                                                     \
    }                                                                                                         \
    static void NAME##_f64(void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, ptrdiff_t n) {              \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa) {                                              \
            const double a = *(const double *)pa;                                                             \
            *(double *)out = EXPRESSION;                                                                      \
        }                                                                                                     \
    }

// `hermite_limit` is the degree above which PyTorch's Hermite polynomials are NaN.
#define SPECIAL_BINARY_OF(NAME, T, LIMIT, EXPRESSION)                                                         \
    static void NAME(                                                                                         \
        void *out, ptrdiff_t so, const void *pa, ptrdiff_t sa, const void *pb, ptrdiff_t sb, ptrdiff_t n) {    \
        for (ptrdiff_t i = 0; i < n; i++, out += so, pa += sa, pb += sb) {                                    \
            const double hermite_limit = LIMIT, a = *(const T *)pa, b = *(const T *)pb;                       \
            (void)hermite_limit;                                                                              \
            *(T *)out = (T)(EXPRESSION);                                                                      \
        }                                                                                                     \
    }
#define SPECIAL_BINARY(NAME, EXPRESSION)                 \
    SPECIAL_BINARY_OF(NAME##_f32, float, 128, EXPRESSION) \
    SPECIAL_BINARY_OF(NAME##_f64, double, 512, EXPRESSION)

SPECIAL_UNARY(lgamma, fb_lgamma(a))
SPECIAL_UNARY(digamma, fb_digamma(a))
SPECIAL_UNARY(trigamma, fb_trigamma(a))
SPECIAL_UNARY(erfinv, fb_erfinv(a))
SPECIAL_UNARY(erfcx, fb_erfcx(a))
SPECIAL_UNARY(ndtr, fb_ndtr(a))
SPECIAL_UNARY(ndtri, fb_ndtri(a))
SPECIAL_UNARY(log_ndtr, fb_log_ndtr(a))
SPECIAL_UNARY(i0, fb_i0(a))
SPECIAL_UNARY(i0e, fb_i0e(a))
SPECIAL_UNARY(i1, fb_i1(a))
SPECIAL_UNARY(i1e, fb_i1e(a))
SPECIAL_UNARY(k0, fb_k0(a))
SPECIAL_UNARY(k0e, fb_k0e(a))
SPECIAL_UNARY(k1, fb_k1(a))
SPECIAL_UNARY(k1e, fb_k1e(a))
// At infinity these are NaN in PyTorch.
SPECIAL_UNARY(bessel_j0, a - a == 0 ? j0(a) : NAN)
SPECIAL_UNARY(bessel_j1, a - a == 0 ? j1(a) : NAN)
SPECIAL_UNARY(bessel_y0, a >= 0 && a - a == 0 ? y0(a) : NAN)
SPECIAL_UNARY(bessel_y1, a >= 0 && a - a == 0 ? y1(a) : NAN)
SPECIAL_UNARY(spherical_j0, fb_spherical_j0(a))
SPECIAL_UNARY(airy, fb_airy(a))

SPECIAL_BINARY(zeta, fb_zeta(a, b))
SPECIAL_BINARY(igamma, fb_igamma(a, b))
SPECIAL_BINARY(igammac, fb_igammac(a, b))
SPECIAL_BINARY(chebyshev_t, fb_chebyshev_t(a, b))
SPECIAL_BINARY(chebyshev_u, fb_chebyshev_u(a, b))
SPECIAL_BINARY(chebyshev_v, fb_chebyshev_v(a, b))
SPECIAL_BINARY(chebyshev_w, fb_chebyshev_w(a, b))
SPECIAL_BINARY(shifted_chebyshev_t, fb_shifted_chebyshev_t(a, b))
SPECIAL_BINARY(shifted_chebyshev_u, fb_shifted_chebyshev_u(a, b))
SPECIAL_BINARY(shifted_chebyshev_v, fb_shifted_chebyshev_v(a, b))
SPECIAL_BINARY(shifted_chebyshev_w, fb_shifted_chebyshev_w(a, b))
SPECIAL_BINARY(hermite_h, fb_hermite_h(a, b, hermite_limit))
SPECIAL_BINARY(hermite_he, fb_hermite_he(a, b, hermite_limit))
SPECIAL_BINARY(laguerre, fb_laguerre(a, b))
SPECIAL_BINARY(legendre, fb_legendre(a, b))

#define FLOATS(NAME) {[FB_F32] = NAME##_f32, [FB_F64] = NAME##_f64}

fb_unary_kernel fb_find_special_unary(fb_unary_op op, int dtype) {
    static const fb_unary_kernel table[][FB_DTYPE_COUNT] = {
        [FB_LGAMMA - FB_LGAMMA] = FLOATS(lgamma),
        [FB_DIGAMMA - FB_LGAMMA] = FLOATS(digamma),
        [FB_TRIGAMMA - FB_LGAMMA] = FLOATS(trigamma),
        [FB_ERFINV - FB_LGAMMA] = FLOATS(erfinv),
        [FB_ERFCX - FB_LGAMMA] = FLOATS(erfcx),
        [FB_NDTR - FB_LGAMMA] = FLOATS(ndtr),
        [FB_NDTRI - FB_LGAMMA] = FLOATS(ndtri),
        [FB_LOG_NDTR - FB_LGAMMA] = FLOATS(log_ndtr),
        [FB_I0 - FB_LGAMMA] = FLOATS(i0),
        [FB_I0E - FB_LGAMMA] = FLOATS(i0e),
        [FB_I1 - FB_LGAMMA] = FLOATS(i1),
        [FB_I1E - FB_LGAMMA] = FLOATS(i1e),
        [FB_K0 - FB_LGAMMA] = FLOATS(k0),
        [FB_K0E - FB_LGAMMA] = FLOATS(k0e),
        [FB_K1 - FB_LGAMMA] = FLOATS(k1),
        [FB_K1E - FB_LGAMMA] = FLOATS(k1e),
        [FB_BESSEL_J0 - FB_LGAMMA] = FLOATS(bessel_j0),
        [FB_BESSEL_J1 - FB_LGAMMA] = FLOATS(bessel_j1),
        [FB_BESSEL_Y0 - FB_LGAMMA] = FLOATS(bessel_y0),
        [FB_BESSEL_Y1 - FB_LGAMMA] = FLOATS(bessel_y1),
        [FB_SPHERICAL_J0 - FB_LGAMMA] = FLOATS(spherical_j0),
        [FB_AIRY - FB_LGAMMA] = FLOATS(airy),
    };
    return table[op - FB_LGAMMA][dtype];
}

fb_binary_kernel fb_find_special_binary(fb_binary_op op, int dtype) {
    static const fb_binary_kernel table[][FB_DTYPE_COUNT] = {
        [FB_ZETA - FB_ZETA] = FLOATS(zeta),
        [FB_IGAMMA - FB_ZETA] = FLOATS(igamma),
        [FB_IGAMMAC - FB_ZETA] = FLOATS(igammac),
        [FB_CHEBYSHEV_T - FB_ZETA] = FLOATS(chebyshev_t),
        [FB_CHEBYSHEV_U - FB_ZETA] = FLOATS(chebyshev_u),
        [FB_CHEBYSHEV_V - FB_ZETA] = FLOATS(chebyshev_v),
        [FB_CHEBYSHEV_W - FB_ZETA] = FLOATS(chebyshev_w),
        [FB_SHIFTED_CHEBYSHEV_T - FB_ZETA] = FLOATS(shifted_chebyshev_t),
        [FB_SHIFTED_CHEBYSHEV_U - FB_ZETA] = FLOATS(shifted_chebyshev_u),
        [FB_SHIFTED_CHEBYSHEV_V - FB_ZETA] = FLOATS(shifted_chebyshev_v),
        [FB_SHIFTED_CHEBYSHEV_W - FB_ZETA] = FLOATS(shifted_chebyshev_w),
        [FB_HERMITE_H - FB_ZETA] = FLOATS(hermite_h),
        [FB_HERMITE_HE - FB_ZETA] = FLOATS(hermite_he),
        [FB_LAGUERRE - FB_ZETA] = FLOATS(laguerre),
        [FB_LEGENDRE - FB_ZETA] = FLOATS(legendre),
    };
    return table[op - FB_ZETA][dtype];
}
