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

static void refill(fb_mt19937 *g) {
    uint32_t *s = g->state;
    for (int i = 0; i < N - M; i++) s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
    for (int i = N - M; i < N - 1; i++) s[i] = s[i + M - N] ^ twist(s[i], s[i + 1]);
    s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
    g->left = N;
    g->next = 0;
}

INLINE uint32_t draw(fb_mt19937 *g) {
    if (--g->left == 0) refill(g);
    uint32_t y = g->state[g->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9D2C5680u;
    y ^= y << 15 & 0xEFC60000u;
    return y ^ y >> 18;
}

INLINE uint64_t draw64(fb_mt19937 *g) {
    uint64_t high = draw(g);
    return high << 32 | draw(g);
}

uint32_t fb_mt19937_next(fb_mt19937 *g) { return draw(g); }
uint64_t fb_mt19937_next64(fb_mt19937 *g) { return draw64(g); }

void fb_mt19937_fill32(fb_mt19937 *g, uint32_t *out, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) out[i] = draw(g);
}

// PyTorch's build contracts x * (to - from) + from into one fused operation; fma() says so on every machine.
#pragma STDC FP_CONTRACT OFF
void fb_uniform_f32(fb_mt19937 *g, float *out, ptrdiff_t n, float from, float to) {
    const float range = to - from;
    for (ptrdiff_t i = 0; i < n; i++) {
        const float x = (float)(draw(g) & 0xFFFFFFu) * 0x1p-24f;
        out[i] = x * range + from;
    }
}

void fb_uniform_f64(fb_mt19937 *g, double *out, ptrdiff_t n, double from, double to) {
    const double range = to - from;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double x = (double)(draw64(g) & 0x1FFFFFFFFFFFFFu) * 0x1p-53;
        out[i] = x * range + from;
    }
}

// theta is formed in double precision for both types, and rounded.
void fb_box_muller16_f32(float *data, float mean, float std) {
    for (int j = 0; j < 8; j++) {
        const float u1 = 1.0f - data[j], u2 = data[j + 8];
        const float radius = sqrtf(-2.0f * logf(u1));
        const float theta = (float)(2.0 * 3.14159265358979323846 * (double)u2);
        data[j] = radius * cosf(theta) * std + mean;
        data[j + 8] = radius * sinf(theta) * std + mean;
    }
}

void fb_box_muller16_f64(double *data, double mean, double std) {
    for (int j = 0; j < 8; j++) {
        const double u1 = 1.0 - data[j], u2 = data[j + 8];
        const double radius = sqrt(-2.0 * log(u1));
        const double theta = 2.0 * 3.14159265358979323846 * u2;
        data[j] = radius * cos(theta) * std + mean;
        data[j + 8] = radius * sin(theta) * std + mean;
    }
}
