// Modified Bessel functions of orders 0 and 1, Airy's function, the spherical Bessel function of order 0.
#include "special.h"

#define INVERSE_SQRT_PI 0.56418958354775628695

double fb_i0e(double x) {
    const double a = fabs(x);
    if (a <= 8) return CHEBYSHEV(a / 4 - 1, i0e_near) / sqrt(4 + a);
    return a == (double)INFINITY ? 0 : CHEBYSHEV(16 / a - 1, i0e_far) / sqrt(a);
}

double fb_i1e(double x) {
    const double a = fabs(x);
    if (a <= 8) return CHEBYSHEV(a / 4 - 1, i1e_near) * x / ((4 + a) * sqrt(4 + a));
    return a == (double)INFINITY ? copysign(0, x) : copysign(CHEBYSHEV(16 / a - 1, i1e_far) / sqrt(a), x);
}

// exp(x) in halves, where the whole would overflow before the product does.
static double scaled_up(double e, double x) {
    const double half = exp(x / 2);
    return x > 700 ? e * half * half : e * exp(x);
}

// At infinity they are NaN in PyTorch, and so here.
double fb_i0(double x) { return scaled_up(fb_i0e(x), fabs(x)); }
double fb_i1(double x) { return scaled_up(fb_i1e(x), fabs(x)); }

static double k0_of_small(double x) { return CHEBYSHEV(x * x / 2 - 1, k0_near) - log(x / 2) * fb_i0(x); }
static double k1_of_small(double x) { return CHEBYSHEV(x * x / 2 - 1, k1_near) / x + log(x / 2) * fb_i1(x); }

double fb_k0(double x) {
    if (!(x > 0)) return x == 0 ? INFINITY : NAN;
    return x <= 2 ? k0_of_small(x) : exp(-x) * CHEBYSHEV(4 / x - 1, k0e_far) / sqrt(x);
}

double fb_k0e(double x) {
    if (!(x > 0)) return x == 0 ? INFINITY : NAN;
    return x <= 2 ? k0_of_small(x) * exp(x) : CHEBYSHEV(4 / x - 1, k0e_far) / sqrt(x);
}

double fb_k1(double x) {
    if (!(x > 0)) return x == 0 ? INFINITY : NAN;
    return x <= 2 ? k1_of_small(x) : exp(-x) * CHEBYSHEV(4 / x - 1, k1e_far) / sqrt(x);
}

double fb_k1e(double x) {
    if (!(x > 0)) return x == 0 ? INFINITY : NAN;
    return x <= 2 ? k1_of_small(x) * exp(x) : CHEBYSHEV(4 / x - 1, k1e_far) / sqrt(x);
}

double fb_airy(double x) {
    if (x != x || fabs(x) == (double)INFINITY) return NAN;
    if (x > 103.892) return 0;
    if (fabs(x) <= 2) return CHEBYSHEV(x / 2, airy_middle) * exp(-x);
    const double z = fabs(x), root = sqrt(z), cube = z * root, zeta = 2 * cube / 3;
    const double fourth = sqrt(root);
    if (x > 0) return exp(-zeta) * CHEBYSHEV(2 * (2.82842712474619009760 / cube) - 1, airy_right) / fourth;
    const double u = 2 * (8 / (cube * cube)) - 1, angle = zeta + 0.78539816339744830962;
    const double sine = CHEBYSHEV(u, airy_left_sine), cosine = CHEBYSHEV(u, airy_left_cosine) / zeta;
    return INVERSE_SQRT_PI * (sin(angle) * sine - cos(angle) * cosine) / fourth;
}

double fb_spherical_j0(double x) {
    if (fabs(x) == (double)INFINITY) return 0;
    return x == 0 ? 1 : sin(x) / x;
}
