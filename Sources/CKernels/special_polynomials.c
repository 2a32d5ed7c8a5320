// Orthogonal polynomials by their recurrences; the Chebyshev ones of higher degree by their cosines within (-1, 1).
#include "special.h"

static int64_t degree(double n) { return n >= -9e18 && n <= 9e18 ? (int64_t)n : -1; }
static bool is_odd(int64_t n) { return n & 1; }

// p(k+1) = 2 x p(k) - p(k-1) from p(0) = 1 and p(1).
static double recur(double x, double first, int64_t n) {
    if (n == 0) return 1;
    double p = 1, q = first;
    for (int64_t k = 2; k <= n && q == q; k++) {
        const double r = 2 * x * q - p;
        p = q;
        q = r;
    }
    return q;
}

double fb_chebyshev_t(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    if (n < 0) return 0;
    if (fabs(x) == 1) return x > 0 || !is_odd(n) ? 1 : -1;
    if (n > 6 && fabs(x) < 1) return cos((double)n * acos(x));
    return recur(x, x, n);
}

double fb_chebyshev_u(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    const double m = (double)n;
    if (n < 0) return 0;
    if (fabs(x) == 1) return x > 0 || !is_odd(n) ? m + 1 : -(m + 1);
    if (n > 8 && fabs(x) < 1) return sin((m + 1) * acos(x)) / sin(acos(x));
    return recur(x, 2 * x, n);
}

double fb_chebyshev_v(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    const double m = (double)n;
    if (n < 0) return 0;
    if (fabs(x) == 1) return x > 0 ? 1 : is_odd(n) ? -(2 * m + 1) : 2 * m + 1;
    if (n > 8 && fabs(x) < 1) return cos((m + 0.5) * acos(x)) / cos(acos(x) / 2);
    return recur(x, 2 * x - 1, n);
}

double fb_chebyshev_w(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    const double m = (double)n;
    if (n < 0) return 0;
    if (fabs(x) == 1) return x > 0 ? 2 * m + 1 : is_odd(n) ? -1 : 1;
    if (n > 8 && fabs(x) < 1) return sin((m + 0.5) * acos(x)) / sin(acos(x) / 2);
    return recur(x, 2 * x + 1, n);
}

// On [0, 1] instead of [-1, 1].
double fb_shifted_chebyshev_t(double x, double n) { return fb_chebyshev_t(2 * x - 1, n); }
double fb_shifted_chebyshev_u(double x, double n) { return fb_chebyshev_u(2 * x - 1, n); }
double fb_shifted_chebyshev_v(double x, double n) { return fb_chebyshev_v(2 * x - 1, n); }
double fb_shifted_chebyshev_w(double x, double n) { return fb_chebyshev_w(2 * x - 1, n); }

double fb_hermite_h(double x, double degree_of, double limit) {
    const int64_t n = degree(degree_of);
    if (n < 0) return 0;
    if (n < 2) return n == 0 ? 1 : 2 * x;
    if ((double)n > limit) return NAN;
    double p = 1, q = 2 * x;
    for (int64_t k = 1; k < n && q == q; k++) {
        const double r = 2 * x * q - 2 * (double)k * p;
        p = q;
        q = r;
    }
    return q;
}

double fb_hermite_he(double x, double degree_of, double limit) {
    const int64_t n = degree(degree_of);
    if (n < 0) return 0;
    if (n < 2) return n == 0 ? 1 : x;
    if ((double)n > limit) return NAN;
    double p = 1, q = x;
    for (int64_t k = 1; k < n && q == q; k++) {
        const double r = x * q - (double)k * p;
        p = q;
        q = r;
    }
    return q;
}

double fb_laguerre(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    if (n < 0) return 0;
    if (x == 0 || n == 0) return 1;
    double p = 1, q = 1 - x;
    for (int64_t i = 1; i < n && q == q; i++) {
        const double k = (double)i, r = ((2 * k + (1 - x)) * q - k * p) / (k + 1);
        p = q;
        q = r;
    }
    return q;
}

double fb_legendre(double x, double degree_of) {
    const int64_t n = degree(degree_of);
    if (n < 0) return 0;
    if (fabs(x) == 1) return x > 0 || !is_odd(n) ? 1 : -1;
    if (n < 2) return n == 0 ? 1 : x;
    double p = 1, q = x;
    for (int64_t i = 1; i < n && q == q; i++) {
        const double k = (double)i, r = ((2 * k + 1) * x * q - k * p) / (k + 1);
        p = q;
        q = r;
    }
    return q;
}
