// The special functions of one and two numbers in double precision: what special.c makes loops of.
#ifndef FIREBRAND_SPECIAL_H
#define FIREBRAND_SPECIAL_H

#include "kernels.h"

// Clenshaw's sum of a Chebyshev series, lowest coefficient first.
static inline double fb_chebyshev(double u, const double *c, int count) {
    double b1 = 0, b2 = 0;
    for (int i = count - 1; i > 0; i--) {
        const double b0 = 2 * u * b1 - b2 + c[i];
        b2 = b1;
        b1 = b0;
    }
    return u * b1 - b2 + c[0];
}
#define CHEBYSHEV(U, C) fb_chebyshev(U, C, sizeof(C) / sizeof(double))

// Gamma functions: special_gamma.c.
double fb_lgamma(double x);
double fb_digamma(double x);
double fb_trigamma(double x);
double fb_zeta(double s, double q);
double fb_igamma(double a, double x);
double fb_igammac(double a, double x);

// Error functions: special_error.c.
double fb_erfcx(double x);
double fb_erfinv(double y);
double fb_ndtr(double x);
double fb_ndtri(double p);
double fb_log_ndtr(double x);

// Bessel and Airy functions: special_bessel.c.
double fb_i0(double x);
double fb_i0e(double x);
double fb_i1(double x);
double fb_i1e(double x);
double fb_k0(double x);
double fb_k0e(double x);
double fb_k1(double x);
double fb_k1e(double x);
double fb_airy(double x);
double fb_spherical_j0(double x);

// Orthogonal polynomials of degree n, whose fraction is cut off: special_polynomials.c.
double fb_chebyshev_t(double x, double n);
double fb_chebyshev_u(double x, double n);
double fb_chebyshev_v(double x, double n);
double fb_chebyshev_w(double x, double n);
double fb_shifted_chebyshev_t(double x, double n);
double fb_shifted_chebyshev_u(double x, double n);
double fb_shifted_chebyshev_v(double x, double n);
double fb_shifted_chebyshev_w(double x, double n);
/// NaN above degree `limit`: where PyTorch gives up, which depends on the type.
double fb_hermite_h(double x, double n, double limit);
double fb_hermite_he(double x, double n, double limit);
double fb_laguerre(double x, double n);
double fb_legendre(double x, double n);

#endif
