// The error function's relatives: scaled, inverse, and as the normal distribution's.
#include "special.h"

#define SQRT_HALF 0.70710678118654752440
#define TWO_OVER_SQRT_PI 1.12837916709551257390

double fb_erfcx(double x) {
    if (x != x) return x;
    if (x >= 0) {
        if (x > 1e8) return 0.56418958354775628695 / x;
        const double t = 4 / (4 + x);
        return t * CHEBYSHEV(2 * t - 1, erfcx_series);
    }
    if (x < -26.7) return INFINITY;
    // x^2 in two parts: what rounds off of it would be multiplied by the exponential.
    const double square = x * x, low = fma(x, x, -square), e = exp(square);
    return 2 * (e + e * low) - fb_erfcx(-x);
}

// x with erfc(x) = q, 0 < q <= 1: a first guess (Abramowitz and Stegun 26.2.23), then Halley's steps.
static double inverse_erfc(double q) {
    const double t = sqrt(-2 * log(q / 2));
    double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    x *= SQRT_HALF;
    for (int i = 0; i < 2; i++) {
        const double step = (erfc(x) - q) / (TWO_OVER_SQRT_PI * exp(-x * x));
        x += step / (1 - x * step);
    }
    return x;
}

double fb_erfinv(double y) {
    const double a = fabs(y);
    if (!(a < 1)) return a == 1 ? copysign(INFINITY, y) : NAN;
    if (a > 0.5) return copysign(inverse_erfc(1 - a), y);
    // A series' first terms near zero, then Newton's method in Halley's form.
    const double z = a * a;
    double x = a * 0.88622692545275801365 * (1 + z * (0.2617993877991494 + z * (0.1439317308492102 + z * 0.0976636195)));
    for (int i = 0; i < 2; i++) {
        const double step = (erf(x) - a) / (TWO_OVER_SQRT_PI * exp(-x * x));
        x -= step / (1 + x * step);
    }
    return copysign(x, y);
}

// What rounds off of the argument counts in the tail.
double fb_ndtr(double x) {
    const double t = -x * SQRT_HALF, low = fma(-x, SQRT_HALF, -t) + x * 4.833646656726457e-17;
    return 0.5 * (t > 1 && t < 27 ? erfc(t) - low * TWO_OVER_SQRT_PI * exp(-t * t) : erfc(t));
}

double fb_ndtri(double p) {
    if (p == 0) return -INFINITY;
    if (p == 1) return INFINITY;
    if (!(p > 0 && p < 1)) return NAN;
    if (p > 0.25 && p < 0.75) return fb_erfinv(2 * (p - 0.5)) / SQRT_HALF;
    return p < 0.5 ? -inverse_erfc(2 * p) / SQRT_HALF : inverse_erfc(2 * (1 - p)) / SQRT_HALF;
}

double fb_log_ndtr(double x) {
    const double t = x * SQRT_HALF;
    if (x < -1) return log(fb_erfcx(-t) / 2) - t * t;
    return log1p(-fb_ndtr(-x));
}
