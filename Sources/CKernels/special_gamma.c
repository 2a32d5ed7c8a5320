// The logarithm of the gamma function, its derivatives, Hurwitz's zeta function and the incomplete gamma functions.
#include "special.h"

#define PI 3.14159265358979323846
#define EPSILON 2.220446049250313e-16

double fb_lgamma(double x) {
    int sign;
    return x == -(double)INFINITY ? -x : lgamma_r(x, &sign);
}

// The root of digamma between 1 and 2, in two parts.
#define DIGAMMA_ROOT 1.4616321449683622
#define DIGAMMA_ROOT_LOW 9.549995429965697e-17

double fb_digamma(double x) {
    if (x == 0) return copysign(INFINITY, -x);
    if (x < 0) {
        if (x == floor(x)) return NAN;
        const double fraction = x - trunc(x);
        return fb_digamma(1 - x) - PI / tan(PI * fraction);
    }
    if (x != x || x == (double)INFINITY) return x;
    if (x >= 10) {
        // The asymptotic series: log x - 1/(2x) - sum of B_2k / (2k x^2k).
        const double z = 1 / (x * x);
        double s = -3617.0 / 8160;
        s = s * z + 1.0 / 12;
        s = s * z - 691.0 / 32760;
        s = s * z + 1.0 / 132;
        s = s * z - 1.0 / 240;
        s = s * z + 1.0 / 252;
        s = s * z - 1.0 / 120;
        s = s * z + 1.0 / 12;
        return log(x) - 0.5 / x - s * z;
    }
    double shift = 0;
    while (x < 1) {
        shift -= 1 / x;
        x += 1;
    }
    while (x > 2) {
        x -= 1;
        shift += 1 / x;
    }
    return ((x - DIGAMMA_ROOT) - DIGAMMA_ROOT_LOW) * CHEBYSHEV(2 * x - 3, digamma_series) + shift;
}

// Sum of (q + k)^-s: the first terms, then Euler's and Maclaurin's formula. As in Cephes (S. Moshier), with (2k)! / B_2k.
static double zeta_of_positive(double s, double q) {
    static const double quotients[] = {
        12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1.8924375803183791606e9, 7.47242496e10,
        -2.950130727918164224e12, 1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17,
        -7.1661652561756670113e18};
    if (q > 1e8) return (1 / (s - 1) + 1 / (2 * q)) * pow(q, 1 - s);
    double sum = pow(q, -s), a = q, term = 0;
    for (int i = 0; i < 9 || a <= 9; i++) {
        a += 1;
        term = pow(a, -s);
        sum += term;
        if (term < EPSILON * 0.01 * sum) return sum;
    }
    sum += term * a / (s - 1) - 0.5 * term;
    double factor = 1;
    for (int i = 0, k = 0; i < 12; i++) {
        factor *= s + k;
        term /= a;
        const double t = factor * term / quotients[i];
        sum += t;
        if (fabs(t) < EPSILON * 0.01 * fabs(sum)) break;
        k++;
        factor *= s + k;
        term /= a;
        k++;
    }
    return sum;
}

double fb_zeta(double s, double q) {
    if (s == 1) return INFINITY;
    if (!(s > 1) || q != q) return NAN;
    if (q > 0) return zeta_of_positive(s, q);
    if (q == floor(q)) return INFINITY;
    if (s != floor(s)) return NAN;
    // The terms with negative bases are a difference of two such sums, so that far negative q cost nothing.
    const double positive = q - floor(q);
    const double negative = zeta_of_positive(s, 1 - positive) - zeta_of_positive(s, 1 - q);
    return zeta_of_positive(s, positive) + (fmod(s, 2) == 0 ? negative : -negative);
}

double fb_trigamma(double x) { return fb_zeta(2, x); }

// ---- Incomplete gamma functions -----------------------------------------------------------------------------------

// mu - log(1 + mu), without losing what is left of it near zero.
static double excess(double mu) {
    if (fabs(mu) > 0.4) return mu - log1p(mu);
    const double v = mu / (2 + mu), z = v * v;
    double s = 0;
    for (int k = 20; k >= 0; k--) s = s * z + 1.0 / (2 * k + 3);
    return v * mu - 2 * v * z * s;
}

// log gamma(1 + a) for small a, where 1 + a would round.
static double log_gamma_of_one_plus(double a) {
    if (fabs(a) > 0.4) return fb_lgamma(1 + a);
    double s = 0;
    for (int k = 41; k >= 2; k--) s = (s + zeta_values[k - 2] / k) * -a;
    return (s + 0.57721566490153286061) * -a;
}

// x^a e^-x / gamma(a + 1); after Loader's form of the Poisson density for large a.
static double poisson(double a, double x) {
    if (a < 10) {
        if (x < 200) return pow(x, a) * exp(-x) / tgamma(a + 1);
        return exp(a * log(x) - x - fb_lgamma(a + 1));
    }
    const double z = 1 / (a * a);
    const double stirling = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188
        - z * (691.0 / 360360 - z / 156)))))) / a;
    return exp(-stirling - a * excess((x - a) / a)) / sqrt(2 * PI * a);
}

static double lower_series(double a, double x) {
    double r = a, term = 1, sum = 1;
    for (int i = 0; i < 5000; i++) {
        r += 1;
        term *= x / r;
        sum += term;
        if (term <= EPSILON * 0.1 * sum) break;
    }
    return poisson(a, x) * sum;
}

// The upper function for small x and a, where 1 - lower would cancel.
static double upper_series(double a, double x) {
    double factor = 1, sum = 0;
    for (int n = 1; n < 500; n++) {
        factor *= -x / n;
        const double term = factor / (a + n);
        sum += term;
        if (fabs(term) <= EPSILON * 0.1 * fabs(sum)) break;
    }
    const double exponent = a * log(x) - log_gamma_of_one_plus(a);
    return -expm1(exponent) - exp(exponent) * a * sum;
}

// The continued fraction of the upper function (DLMF 8.9.2), by Lentz's method.
static double upper_fraction(double a, double x) {
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int i = 1; i < 5000; i++) {
        const double n = -i * (i - a);
        b += 2;
        d = n * d + b;
        if (fabs(d) < tiny) d = tiny;
        c = b + n / c;
        if (fabs(c) < tiny) c = tiny;
        d = 1 / d;
        const double factor = d * c;
        h *= factor;
        if (fabs(factor - 1) <= EPSILON) break;
    }
    return poisson(a, x) * a * h;
}

static double temme_form(double a, double x, double sign) {
    const double mu = (x - a) / a, e = excess(mu), eta = copysign(sqrt(2 * e), mu);
    double rest = 0;
    for (int k = 3; k >= 0; k--) {
        double c = 0;
        for (int n = 13; n >= 0; n--) c = c * eta + temme[k][n];
        rest = rest / a + c;
    }
    rest *= exp(-a * e) / sqrt(2 * PI * a);
    return 0.5 * erfc(sign * eta * sqrt(a / 2)) + sign * rest;
}

static bool is_temme(double a, double x) { return a > 1000 && fabs(x - a) < 0.25 * a; }

double fb_igammac(double a, double x) {
    if (a != a || x != x || a < 0 || x < 0) return NAN;
    if (a == 0) return x > 0 ? 0 : NAN;
    if (x == 0) return 1;
    if (a == (double)INFINITY) return x == (double)INFINITY ? NAN : 1;
    if (x == (double)INFINITY) return 0;
    if (is_temme(a, x)) return temme_form(a, x, 1);
    if (x > 1.1) return x < a ? 1 - lower_series(a, x) : upper_fraction(a, x);
    const bool is_lower = x <= 0.5 ? -0.4 / log(x) < a : x * 1.1 < a;
    return is_lower ? 1 - lower_series(a, x) : upper_series(a, x);
}

double fb_igamma(double a, double x) {
    if (a != a || x != x || a < 0 || x < 0) return NAN;
    if (a == 0) return x > 0 ? 1 : NAN;
    if (x == 0) return 0;
    if (a == (double)INFINITY) return x == (double)INFINITY ? NAN : 0;
    if (x == (double)INFINITY) return 1;
    if (is_temme(a, x)) return temme_form(a, x, -1);
    return x > 1 && x > a ? 1 - fb_igammac(a, x) : lower_series(a, x);
}
