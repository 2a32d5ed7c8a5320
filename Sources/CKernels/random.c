// The Mersenne Twister mt19937 (M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998), and PyTorch's
// ways from its bits to numbers.
#include "kernels.h"

enum { N = 624, M = 397 };

void fb_mt19937_seed(fb_mt19937 *g, uint64_t seed) {
    g->seed = seed;
    g->state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < N; i++) g->state[i] = 1812433253u * (g->state[i - 1] ^ g->state[i - 1] >> 30) + i;
    g->left = 1;
    g->next = 0;
}

INLINE uint32_t twist(uint32_t u, uint32_t v) {
    return ((u & 0x80000000u) | (v & 0x7FFFFFFFu)) >> 1 ^ (v & 1u ? 0x9908B0DFu : 0u);
}

// Each loop reads what lies ahead of its writes, or far behind them, so that it vectorises.
CLONES static void refill(fb_mt19937 *g) {
    uint32_t *s = g->state;
    for (int i = 0; i < N - M; i++) s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
    for (int i = N - M; i < N - 1; i++) s[i] = s[i + M - N] ^ twist(s[i], s[i + 1]);
    s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
    g->left = N;
    g->next = 0;
}

INLINE uint32_t temper(uint32_t y) {
    y ^= y >> 11;
    y ^= y << 7 & 0x9D2C5680u;
    y ^= y << 15 & 0xEFC60000u;
    return y ^ y >> 18;
}

INLINE uint32_t draw(fb_mt19937 *g) {
    if (--g->left == 0) refill(g);
    return temper(g->state[g->next++]);
}

// The words that are left of the state, `limit` of them at most; at least one. They are the caller's to temper.
INLINE const uint32_t *draw_some(fb_mt19937 *g, ptrdiff_t limit, ptrdiff_t *count) {
    if (g->left == 1) {
        refill(g);
        g->left = N + 1;  // the draw that refills does not count down
    }
    *count = limit < g->left - 1 ? limit : g->left - 1;
    const uint32_t *words = g->state + g->next;
    g->left -= (int32_t)*count;
    g->next += (uint32_t)*count;
    return words;
}

INLINE uint64_t draw64(fb_mt19937 *g) {
    uint64_t high = draw(g);
    return high << 32 | draw(g);
}

uint32_t fb_mt19937_next(fb_mt19937 *g) { return draw(g); }
uint64_t fb_mt19937_next64(fb_mt19937 *g) { return draw64(g); }

// PyTorch's build contracts products and sums into fused operations, and takes logarithms and sines of floats by Cephes'
// polynomials (S. Moshier, logf.c and sinf.c), eight at a time. Equal bits need every fused operation where it has one, and
// none elsewhere: fma() says so on every machine, and the compiler may not add any.
#pragma STDC FP_CONTRACT OFF
CLONES void fb_uniform_f32(fb_mt19937 *g, float *out, ptrdiff_t n, float from, float to) {
    const float range = to - from;
    for (ptrdiff_t at = 0, count; at < n; at += count) {
        const uint32_t *words = draw_some(g, n - at, &count);
        INDEPENDENT for (ptrdiff_t i = 0; i < count; i++) {
            const float x = (float)(int32_t)(temper(words[i]) & 0xFFFFFFu) * 0x1p-24f;
            out[at + i] = fmaf(x, range, from);
        }
    }
}

CLONES void fb_uniform_f64(fb_mt19937 *g, double *out, ptrdiff_t n, double from, double to) {
    const double range = to - from;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double x = (double)(draw64(g) & 0x1FFFFFFFFFFFFFu) * 0x1p-53;
        out[i] = fma(x, range, from);
    }
}

INLINE float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// log(m 2^e) for m in [sqrt(1/2), sqrt(2)): log(m) by a polynomial in m - 1, and e log 2 in two parts.
INLINE float cephes_log(float x) {
    x = x < 0x1p-126f ? 0x1p-126f : x;
    const uint32_t bits = bits_of(x);
    float m = float_of((bits & 0x807FFFFFu) | 0x3F000000u);  // in [0.5, 1)
    float e = (float)((int32_t)(bits >> 23) - 126);
    const bool is_small = m < 0.707106781186547524f;
    const float again = is_small ? m : 0.0f;
    e -= is_small ? 1.0f : 0.0f;
    x = m - 1.0f + again;
    const float z = x * x;
    float y = 7.0376836292E-2f;
    y = fmaf(y, x, -1.1514610310E-1f);
    y = fmaf(y, x, 1.1676998740E-1f);
    y = fmaf(y, x, -1.2420140846E-1f);
    y = fmaf(y, x, 1.4249322787E-1f);
    y = fmaf(y, x, -1.6668057665E-1f);
    y = fmaf(y, x, 2.0000714765E-1f);
    y = fmaf(y, x, -2.4999993993E-1f);
    y = fmaf(y, x, 3.3333331174E-1f);
    y = fmaf(y * x, z, e * -2.12194440e-4f);
    y = fmaf(-0.5f, z, y);
    return fmaf(e, 0.693359375f, x + y);
}

// Sine and cosine of x >= 0: the octant j, then polynomials in what is left after j pi/4, subtracted in three parts.
INLINE void cephes_sincos(float x, float *sine, float *cosine) {
    int32_t j = (int32_t)(x * 1.27323954473516f);
    j = (j + 1) & ~1;
    const float y = (float)j;
    x = fmaf(y, -0.78515625f, x);
    x = fmaf(y, -2.4187564849853515625e-4f, x);
    x = fmaf(y, -3.77489497744594108e-8f, x);
    const float z = x * x;
    float c = 2.443315711809948E-5f;
    c = fmaf(c, z, -1.388731625493765E-3f);
    c = fmaf(c, z, 4.166664568298827E-2f);
    c = fmaf(c * z, z, -(z * 0.5f)) + 1.0f;
    float s = -1.9515295891E-4f;
    s = fmaf(s, z, 8.3321608736E-3f);
    s = fmaf(s, z, -1.6666654611E-1f);
    s = fmaf(s * z, x, x);
    const float first = j & 2 ? c : s, second = j & 2 ? s : c;
    *sine = j & 4 ? -first : first;
    *cosine = (j - 2) & 4 ? second : -second;
}

CLONES void fb_box_muller_f32(float *data, ptrdiff_t n, float mean, float std) {
    enum { BLOCKS = 16 };
    float one[8 * BLOCKS], two[8 * BLOCKS];
    for (ptrdiff_t at = 0; at + 16 <= n; at += 16 * BLOCKS) {
        const ptrdiff_t blocks = (n - at) / 16 < BLOCKS ? (n - at) / 16 : BLOCKS;
        for (ptrdiff_t k = 0; k < blocks; k++) {
            memcpy(one + 8 * k, data + at + 16 * k, 8 * sizeof(float));
            memcpy(two + 8 * k, data + at + 16 * k + 8, 8 * sizeof(float));
        }
        INDEPENDENT for (ptrdiff_t j = 0; j < 8 * blocks; j++) {
            const float u1 = 1.0f - one[j], u2 = two[j];
            const float radius = __builtin_elementwise_sqrt(-2.0f * cephes_log(u1));
            float sine, cosine;
            cephes_sincos(6.28318530717958647692f * u2, &sine, &cosine);
            one[j] = fmaf(radius * cosine, std, mean);
            two[j] = fmaf(radius * sine, std, mean);
        }
        for (ptrdiff_t k = 0; k < blocks; k++) {
            memcpy(data + at + 16 * k, one + 8 * k, 8 * sizeof(float));
            memcpy(data + at + 16 * k + 8, two + 8 * k, 8 * sizeof(float));
        }
    }
}

void fb_box_muller16_f64(double *data, double mean, double std) {
    for (int j = 0; j < 8; j++) {
        const double u1 = 1.0 - data[j], u2 = data[j + 8];
        const double radius = sqrt(-2.0 * log(u1));
        const double theta = 2.0 * 3.14159265358979323846 * u2;
        data[j] = fma(radius * cos(theta), std, mean);
        data[j + 8] = fma(radius * sin(theta), std, mean);
    }
}
