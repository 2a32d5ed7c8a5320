// Maximum pooling of floats, sixteen results at a time: neighbours of a row, or neighbouring channels where those are
// closest. Each result remembers in a byte which element of its window it was, so that the gradient is a comparison and not
// a scattering, and every row of it can be computed by itself.
//
// Along a row, element `kw` of result `i` is at i * stride + kw * dilation - padding. The row is first laid out by
// remainders of the stride: phase r has the elements u * stride + r, so that neighbouring results read neighbours.
#include "kernels.h"

typedef float f32x16 __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef int32_t i32x16 __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16), aligned(1), may_alias));
enum { LANES = 16 };

INLINE ptrdiff_t full(ptrdiff_t n) { return (n + LANES - 1) / LANES * LANES; }
INLINE ptrdiff_t floor_div(ptrdiff_t a, ptrdiff_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }
INLINE ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

// The first `count` lanes, by address as in softmax.c; loops that become masked loads and stores.
INLINE void load_some(f32x16 *v, const float *a, ptrdiff_t count, float rest) {
    float lanes[LANES];
    const int n = (int)count;
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) unroll(disable)")
    for (int l = 0; l < LANES; l++) lanes[l] = l < n ? a[l] : rest;
    *v = *(f32x16 *)lanes;
}
INLINE void store_some(float *out, const f32x16 *v, ptrdiff_t count) {
    float lanes[LANES];
    const int n = (int)count;
    *(f32x16 *)lanes = *v;
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) unroll(disable)")
    for (int l = 0; l < LANES; l++) if (l < n) out[l] = lanes[l];
}
INLINE void load(f32x16 *v, const float *a, ptrdiff_t count, float rest) {
    if (count >= LANES) *v = *(const f32x16 *)a;
    else load_some(v, a, most(count, 0), rest);
}
INLINE void store(float *out, const f32x16 *v, ptrdiff_t count) {
    if (count >= LANES) *(f32x16 *)out = *v;
    else if (count > 0) store_some(out, v, count);
}

// One element of the windows, for all results of a row (or all channels of a result).
typedef struct { const float *at; int64_t code; } tap;
// Results that an element of the operand may have been taken for.
typedef struct { const float *grad; const uint8_t *winners; int64_t code; } source;

// ---- Geometry -----------------------------------------------------------------------------------------------------------

// The lines of phases: `left` places before each are never written but once.
typedef struct { ptrdiff_t left, length, count; } lines;

INLINE lines forward_lines(const fb_image_shape *s, const fb_pool *p) {
    const ptrdiff_t stride = p->stride[2], reach = (p->kernel[2] - 1) * p->dilation[2] - p->padding[2];
    const ptrdiff_t left = (p->padding[2] + stride - 1) / stride;
    const ptrdiff_t right = most(full(s->out_width) + most(floor_div(reach, stride), 0), full((s->width + stride - 1) / stride));
    return (lines){left, left + right + LANES, p->kernel[0] * p->kernel[1] * stride};
}
INLINE lines backward_lines(const fb_image_shape *s, const fb_pool *p) {
    const ptrdiff_t stride = p->stride[2];
    const ptrdiff_t left = (p->kernel[2] - 1) * p->dilation[2] / stride + 1;
    const ptrdiff_t read = full((s->width + stride - 1) / stride) + (stride - 1 + p->padding[2]) / stride;
    return (lines){left, left + most(full(s->out_width), read) + LANES, p->kernel[2]};
}

ptrdiff_t fb_winner_row(const fb_image_shape *s) {
    return s->inner == 1 ? full(s->out_width) : s->out_width * full(s->inner);
}

ptrdiff_t fb_max_pool_scratch(const fb_image_shape *s, const fb_pool *p) {
    const ptrdiff_t elements = p->kernel[0] * p->kernel[1] * p->kernel[2];
    if (elements > 256) return 0;
    ptrdiff_t bytes = elements * (ptrdiff_t)(sizeof(source) + sizeof(tap));
    if (s->inner > 1) return bytes;
    if (s->out_width < 4 || p->stride[2] > 4) return 0;
    const lines f = forward_lines(s, p), b = backward_lines(s, p);
    const ptrdiff_t line_bytes = most(f.length * f.count, b.length * b.count + full(s->width)) * (ptrdiff_t)sizeof(float);
    if (line_bytes > 1 << 18) return 0;
    return bytes + full(s->out_width) * (ptrdiff_t)sizeof(int32_t) + line_bytes;
}

// ---- Forward ------------------------------------------------------------------------------------------------------------

INLINE void lay_out_phases(float *to, const lines *l, const float *row, ptrdiff_t width, ptrdiff_t stride) {
    to += l->left;
    if (stride == 1) {
        for (ptrdiff_t u = 0; u < width; u += LANES) load((f32x16 *)(to + u), row + u, width - u, -INFINITY);
    } else if (stride == 2) {
        for (ptrdiff_t u = 0; 2 * u < width; u += LANES) {
            f32x16 a, b;
            load(&a, row + 2 * u, width - 2 * u, -INFINITY);
            if (width - 2 * u > LANES) load(&b, row + 2 * u + LANES, width - 2 * u - LANES, -INFINITY);
            else b = (f32x16)(-INFINITY);
            *(f32x16 *)(to + u) = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            *(f32x16 *)(to + l->length + u) =
                __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
        }
    } else {
        for (ptrdiff_t r = 0; r < stride; r++, to += l->length)
            for (ptrdiff_t u = 0, x = r; x < width; u++, x += stride) to[u] = row[x];
    }
}

// The best of the taps in each lane; `count` lanes may be read.
INLINE void best_of(const tap *taps, ptrdiff_t n, ptrdiff_t offset, ptrdiff_t count, f32x16 *best, i32x16 *winner, bool keeps) {
    f32x16 b = (f32x16)(-INFINITY);
    i32x16 w = *winner;
    for (ptrdiff_t t = 0; t < n; t++) {
        f32x16 v;
        load(&v, taps[t].at + offset, count, 0);
        const i32x16 takes = (v > b) | (v != v);
        b = takes ? v : b;
        if (keeps) w = takes ? (i32x16)(int32_t)taps[t].code : w;
    }
    *best = b;
    *winner = w;
}

INLINE void max_pool(
    float *out, uint8_t *winners, const float *in, const fb_image_shape *s, const fb_pool *p, ptrdiff_t begin,
    ptrdiff_t end, void *scratch, bool keeps) {
    const ptrdiff_t inner = s->inner, row = s->width * inner, out_row = s->out_width * inner, winner_row = fb_winner_row(s);
    const ptrdiff_t kh = p->kernel[1], kw = p->kernel[2];
    tap *taps = scratch;
    int32_t *first = (int32_t *)(taps + p->kernel[0] * kh * kw);
    float *line = (float *)(first + full(s->out_width));
    const lines l = forward_lines(s, p);
    // Where in a row's phases each element of the first window is.
    ptrdiff_t shifts[256];
    for (ptrdiff_t k = 0; k < kw; k++) {
        const ptrdiff_t m = k * p->dilation[2] - p->padding[2], u = floor_div(m, p->stride[2]);
        shifts[k] = (m - u * p->stride[2]) * l.length + l.left + u;
    }
    if (inner == 1) {
        for (ptrdiff_t i = 0; i < l.length * l.count; i++) line[i] = -INFINITY;
        for (ptrdiff_t x = 0; x < full(s->out_width); x++) {
            const ptrdiff_t start = x * p->stride[2] - p->padding[2];
            first[x] = start < 0 ? (int32_t)((-start + p->dilation[2] - 1) / p->dilation[2]) : 0;
        }
    }
    for (ptrdiff_t r = begin; r < end; r++) {
        const ptrdiff_t h = r % s->out_height, rest = r / s->out_height, d = rest % s->out_depth;
        const float *volume = in + rest / s->out_depth * s->depth * s->height * row;
        float *to = out + r * out_row;
        uint8_t *won = keeps ? winners + r * winner_row : NULL;
        // The rows of the operand that are in the windows; those outside are left out.
        const float *rows[256];
        int32_t codes[256];
        ptrdiff_t count = 0;
        for (ptrdiff_t i = 0; i < p->kernel[0]; i++) {
            const ptrdiff_t z = d * p->stride[0] - p->padding[0] + i * p->dilation[0];
            if (z < 0 || z >= s->depth) continue;
            for (ptrdiff_t j = 0; j < kh; j++) {
                const ptrdiff_t y = h * p->stride[1] - p->padding[1] + j * p->dilation[1];
                if (y < 0 || y >= s->height) continue;
                codes[count] = (int32_t)((i * kh + j) * kw);
                rows[count++] = volume + (z * s->height + y) * row;
            }
        }
        if (inner == 1) {
            ptrdiff_t n = 0;
            for (ptrdiff_t i = 0; i < count; i++) {
                float *phases = line + i * p->stride[2] * l.length;
                lay_out_phases(phases, &l, rows[i], s->width, p->stride[2]);
                for (ptrdiff_t k = 0; k < kw; k++) taps[n++] = (tap){phases + shifts[k], codes[i] + k};
            }
            for (ptrdiff_t x = 0; x < s->out_width; x += LANES) {
                f32x16 best;
                i32x16 winner = *(i32x16 *)(first + x) + codes[0];
                best_of(taps, n, x, LANES, &best, &winner, keeps);
                store(to + x, &best, s->out_width - x);
                if (keeps) *(u8x16 *)(won + x) = __builtin_convertvector(winner, u8x16);
            }
            continue;
        }
        for (ptrdiff_t x = 0; x < s->out_width; x++, to += inner) {
            ptrdiff_t n = 0;
            for (ptrdiff_t i = 0; i < count; i++)
                for (ptrdiff_t k = 0; k < kw; k++) {
                    const ptrdiff_t at = x * p->stride[2] - p->padding[2] + k * p->dilation[2];
                    if (at >= 0 && at < s->width) taps[n++] = (tap){rows[i] + at * inner, codes[i] + k};
                }
            for (ptrdiff_t c = 0; c < inner; c += LANES) {
                f32x16 best;
                i32x16 winner = (i32x16)(int32_t)taps[0].code;
                if (inner - c >= LANES) best_of(taps, n, c, LANES, &best, &winner, keeps);
                else best_of(taps, n, c, inner - c, &best, &winner, keeps);
                store(to + c, &best, inner - c);
                if (keeps) *(u8x16 *)(won + x * full(inner) + c) = __builtin_convertvector(winner, u8x16);
            }
        }
    }
}

CLONES void fb_max_pool_f32(
    float *out, uint8_t *winners, const float *in, const fb_image_shape *shape, const fb_pool *pool, ptrdiff_t begin,
    ptrdiff_t end, void *scratch) {
    if (winners) max_pool(out, winners, in, shape, pool, begin, end, scratch, true);
    else max_pool(out, NULL, in, shape, pool, begin, end, scratch, false);
}

// ---- Backward -----------------------------------------------------------------------------------------------------------

// The result whose window has place `at` as its element `k` along one dimension, or -1.
INLINE ptrdiff_t result_of(const fb_pool *p, int dim, ptrdiff_t at, ptrdiff_t k, ptrdiff_t count) {
    const ptrdiff_t from = at + p->padding[dim] - k * p->dilation[dim];
    if (from < 0 || from % p->stride[dim]) return -1;
    return from / p->stride[dim] < count ? from / p->stride[dim] : -1;
}

// What each of `n` (up to 4) elements of a row's windows gets: lines of `width` results.
INLINE void by_element(
    float *lines, ptrdiff_t length, const source *sources, ptrdiff_t count, ptrdiff_t k, const int n, ptrdiff_t width) {
    const f32x16 zero = {};
    for (ptrdiff_t x = 0; x < width; x += LANES) {
        f32x16 sum[4] = {zero, zero, zero, zero};
        for (ptrdiff_t i = 0; i < count; i++) {
            f32x16 g;
            load(&g, sources[i].grad + x, width - x, 0);
            const i32x16 w = __builtin_convertvector(*(const u8x16 *)(sources[i].winners + x), i32x16);
#pragma clang loop unroll(full)
            for (int e = 0; e < n; e++) sum[e] += w == (i32x16)(int32_t)(sources[i].code + k + e) ? g : zero;
        }
#pragma clang loop unroll(full)
        for (int e = 0; e < n; e++) *(f32x16 *)(lines + (k + e) * length + x) = sum[e];
    }
}

// For each phase of a row of the gradient where the lines of the elements that can be there are.
typedef struct { ptrdiff_t at[256]; int begin[5]; } sums;

INLINE void list_sums(sums *to, const lines *l, const fb_pool *p) {
    int n = 0;
    for (ptrdiff_t r = 0; r < p->stride[2] && r < 4; r++) {
        to->begin[r] = n;
        for (ptrdiff_t k = 0; k < p->kernel[2]; k++) {
            const ptrdiff_t m = r + p->padding[2] - k * p->dilation[2], shift = floor_div(m, p->stride[2]);
            if (m == shift * p->stride[2]) to->at[n++] = k * l->length + l->left + shift;
        }
        to->begin[r + 1] = n;
    }
}

// Phase r of a row of the gradient, places u to u + 15.
INLINE void join(f32x16 *v, const float *line, const sums *terms, ptrdiff_t r, ptrdiff_t u) {
    f32x16 sum = {};
    for (int i = terms->begin[r]; i < terms->begin[r + 1]; i++) sum += *(const f32x16 *)(line + terms->at[i] + u);
    *v = sum;
}

INLINE void join_row(
    float *out, const float *line, float *joined, const sums *terms, const fb_image_shape *s, const fb_pool *p) {
    const ptrdiff_t width = s->width, stride = p->stride[2];
    if (stride == 1) {
        for (ptrdiff_t u = 0; u < width; u += LANES) {
            f32x16 v;
            join(&v, line, terms, 0, u);
            store(out + u, &v, width - u);
        }
    } else if (stride == 2) {
        for (ptrdiff_t u = 0; 2 * u < width; u += LANES) {
            f32x16 even, odd, a, b;
            join(&even, line, terms, 0, u);
            join(&odd, line, terms, 1, u);
            a = __builtin_shufflevector(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b = __builtin_shufflevector(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            store(out + 2 * u, &a, width - 2 * u);
            store(out + 2 * u + LANES, &b, width - 2 * u - LANES);
        }
    } else {
        for (ptrdiff_t r = 0; r < stride; r++)
            for (ptrdiff_t u = 0; u * stride + r < width; u += LANES) {
                f32x16 v;
                join(&v, line, terms, r, u);
                *(f32x16 *)joined = v;
                for (ptrdiff_t i = 0; i < LANES && (u + i) * stride + r < width; i++) out[(u + i) * stride + r] = joined[i];
            }
    }
}

CLONES void fb_max_pool_grad_f32(
    float *out, const float *grad, const uint8_t *winners, const fb_image_shape *s, const fb_pool *p, ptrdiff_t begin,
    ptrdiff_t end, void *scratch) {
    const ptrdiff_t inner = s->inner, row = s->width * inner, out_row = s->out_width * inner, winner_row = fb_winner_row(s);
    const ptrdiff_t kh = p->kernel[1], kw = p->kernel[2];
    source *sources = scratch;
    float *joined = (float *)(sources + p->kernel[0] * kh * kw), *line = joined + full(s->width);
    const lines l = backward_lines(s, p);
    sums terms;
    if (inner == 1) list_sums(&terms, &l, p);
    if (inner == 1) for (ptrdiff_t i = 0; i < l.length * l.count; i++) line[i] = 0;
    for (ptrdiff_t r = begin; r < end; r++) {
        const ptrdiff_t y = r % s->height, rest = r / s->height, z = rest % s->depth;
        const ptrdiff_t first_row = rest / s->depth * s->out_depth * s->out_height;
        float *to = out + r * row;
        source rows[256];
        ptrdiff_t count = 0;
        for (ptrdiff_t i = 0; i < p->kernel[0]; i++) {
            const ptrdiff_t d = result_of(p, 0, z, i, s->out_depth);
            if (d < 0) continue;
            for (ptrdiff_t j = 0; j < kh; j++) {
                const ptrdiff_t h = result_of(p, 1, y, j, s->out_height);
                if (h < 0) continue;
                const ptrdiff_t from = first_row + d * s->out_height + h;
                rows[count++] = (source){grad + from * out_row, winners + from * winner_row, (i * kh + j) * kw};
            }
        }
        if (count == 0) {
            memset(to, 0, (size_t)row * sizeof(float));
            continue;
        }
        if (inner == 1) {
            float *lines = line + l.left;
            ptrdiff_t k = 0;
            for (; kw - k >= 4; k += 4) by_element(lines, l.length, rows, count, k, 4, s->out_width);
            if (kw - k == 3) by_element(lines, l.length, rows, count, k, 3, s->out_width);
            else if (kw - k == 2) by_element(lines, l.length, rows, count, k, 2, s->out_width);
            else if (kw - k == 1) by_element(lines, l.length, rows, count, k, 1, s->out_width);
            join_row(to, line, joined, &terms, s, p);
            continue;
        }
        for (ptrdiff_t x = 0; x < s->width; x++, to += inner) {
            ptrdiff_t n = 0;
            for (ptrdiff_t k = 0; k < kw; k++) {
                const ptrdiff_t at = result_of(p, 2, x, k, s->out_width);
                if (at < 0) continue;
                for (ptrdiff_t i = 0; i < count; i++)
                    sources[n++] = (source){
                        rows[i].grad + at * inner, rows[i].winners + at * full(inner), rows[i].code + k};
            }
            for (ptrdiff_t c = 0; c < inner; c += LANES) {
                const f32x16 zero = {};
                f32x16 sum = zero;
                for (ptrdiff_t i = 0; i < n; i++) {
                    f32x16 g;
                    load(&g, sources[i].grad + c, inner - c, 0);
                    const i32x16 w = __builtin_convertvector(*(const u8x16 *)(sources[i].winners + c), i32x16);
                    sum += w == (i32x16)(int32_t)sources[i].code ? g : zero;
                }
                store(to + c, &sum, inner - c);
            }
        }
    }
}

void fb_winner_places(
    int64_t *places, const uint8_t *winners, const fb_image_shape *s, const fb_pool *p, ptrdiff_t begin, ptrdiff_t end) {
    int64_t offsets[256];
    for (ptrdiff_t i = 0, n = 0; i < p->kernel[0]; i++)
        for (ptrdiff_t j = 0; j < p->kernel[1]; j++)
            for (ptrdiff_t k = 0; k < p->kernel[2]; k++, n++)
                offsets[n] = (i * p->dilation[0] * s->height + j * p->dilation[1]) * s->width + k * p->dilation[2];
    const ptrdiff_t inner = s->inner, pixel = inner == 1 ? 1 : full(inner);
    int64_t *to = places + begin * s->out_width * inner;
    for (ptrdiff_t r = begin; r < end; r++) {
        const ptrdiff_t h = r % s->out_height, d = r / s->out_height % s->out_depth;
        const uint8_t *won = winners + r * fb_winner_row(s);
        for (ptrdiff_t x = 0; x < s->out_width; x++, won += pixel, to += inner) {
            const ptrdiff_t start =
                ((d * p->stride[0] - p->padding[0]) * s->height + h * p->stride[1] - p->padding[1]) * s->width
                + x * p->stride[2] - p->padding[2];
            for (ptrdiff_t c = 0; c < inner; c++) to[c] = start + offsets[won[c]];
        }
    }
}
