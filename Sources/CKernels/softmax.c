// Softmax over rows, or over columns where the dimension is not the last. The largest element is subtracted first, so
// that no exponential overflows; a row of -infinity gives NaN, as PyTorch's does.
#include "kernels.h"

// Floats go sixteen at a time.
typedef float f32x16 __attribute__((ext_vector_type(16), aligned(4), may_alias));
typedef double f64x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16), aligned(4), may_alias));
enum { LANES = 16 };
// Vectors are handed over by address, since by value they would have another ABI in each clone.
#define LOAD(P) (*(const f32x16 *)(P))
#define MAX16(M, X) ((X) > (M) ? (X) : (M))
#define SPREAD(X) ((f32x16)(X))

// The first `count` of sixteen lanes: loops that become masked loads and stores.
INLINE f32x16 *padded(f32x16 *v, const float *a, ptrdiff_t count) {
    float lanes[LANES];
    const int n = (int)count;
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) unroll(disable)")
    for (int l = 0; l < LANES; l++) lanes[l] = l < n ? a[l] : -INFINITY;
    *v = LOAD(lanes);
    return v;
}
INLINE void store_some(float *out, const f32x16 *v, ptrdiff_t count) {
    float lanes[LANES];
    const int n = (int)count;
    *(f32x16 *)lanes = *v;
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) unroll(disable)")
    for (int l = 0; l < LANES; l++) if (l < n) out[l] = lanes[l];
}

// exp(x) for x <= 0, within 1 ulp: fb_exp_f32 without its last digit's care. What is below the normal numbers is 0; NaN
// stays. Adding 1.5 * 2^23 rounds to an integer, and 127 more make its lowest bits the exponent of 2^n.
INLINE void exp16(f32x16 *x) {
    const f32x16 low = SPREAD(-88.0296919f), limited = *x < low ? low : *x;  // 2^-127
    const f32x16 rounded = limited * 1.44269504088896341f + 12583039.0f, n = rounded - 12583039.0f;
    const f32x16 r = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
    f32x16 p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    *x = p * (f32x16)((u32x16)rounded << 23);
}

// The largest of sixteen lanes, by halves.
INLINE float lane_max(const f32x16 *v) {
    __attribute__((ext_vector_type(8))) float eight = MAX16(v->lo, v->hi);
    __attribute__((ext_vector_type(4))) float four = MAX16(eight.lo, eight.hi);
    __attribute__((ext_vector_type(2))) float two = MAX16(four.lo, four.hi);
    return MAX16(two.x, two.y);
}

INLINE double lane_sum(const f32x16 *v) {
    const f64x16 wide = __builtin_convertvector(*v, f64x16);
    __attribute__((ext_vector_type(8))) double eight = wide.lo + wide.hi;
    __attribute__((ext_vector_type(4))) double four = eight.lo + eight.hi;
    return (four.x + four.y) + (four.z + four.w);
}

INLINE float row_max(const float *a, ptrdiff_t n) {
    f32x16 m[4] = {SPREAD(-INFINITY), SPREAD(-INFINITY), SPREAD(-INFINITY), SPREAD(-INFINITY)}, rest;
    ptrdiff_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        m[0] = MAX16(m[0], LOAD(a + i));
        m[1] = MAX16(m[1], LOAD(a + i + LANES));
        m[2] = MAX16(m[2], LOAD(a + i + 2 * LANES));
        m[3] = MAX16(m[3], LOAD(a + i + 3 * LANES));
    }
    for (; i + LANES <= n; i += LANES) m[0] = MAX16(m[0], LOAD(a + i));
    if (i < n) m[1] = MAX16(m[1], *padded(&rest, a + i, n - i));
    m[0] = MAX16(m[0], m[1]);
    m[2] = MAX16(m[2], m[3]);
    m[0] = MAX16(m[0], m[2]);
    return lane_max(&m[0]);
}

// The sum of exp(a - m), and the exponentials too where `out` is given. Lanes are floats over a thousand elements or so.
INLINE double exponentials(float *out, const float *a, float m, ptrdiff_t n) {
    double total = 0;
    ptrdiff_t i = 0;
    while (i + 4 * LANES <= n) {
        const ptrdiff_t end = n - i < 64 * LANES ? n : i + 64 * LANES;
        f32x16 sum[4] = {};
        for (; i + 4 * LANES <= end; i += 4 * LANES) {
#pragma clang loop unroll(full)
            for (int k = 0; k < 4; k++) {
                f32x16 x = LOAD(a + i + k * LANES) - m;
                exp16(&x);
                sum[k] += x;
                if (out) *(f32x16 *)(out + i + k * LANES) = x;
            }
        }
        sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        total += lane_sum(sum);
    }
    f32x16 sum = {};
    for (; i < n; i += LANES) {
        const ptrdiff_t count = n - i < LANES ? n - i : LANES;
        f32x16 x;
        if (count == LANES) x = LOAD(a + i);
        else padded(&x, a + i, count);
        x -= m;
        exp16(&x);
        sum += x;
        if (!out) continue;
        if (count == LANES) *(f32x16 *)(out + i) = x;
        else store_some(out + i, &x, count);
    }
    return total + lane_sum(&sum);
}

CLONES void fb_softmax_f32(float *out, const float *a, ptrdiff_t n) {
    if (n <= LANES) {
        f32x16 x;
        padded(&x, a, n);
        x -= lane_max(&x);
        exp16(&x);
        x *= (float)(1.0 / lane_sum(&x));
        store_some(out, &x, n);
        return;
    }
    const float scale = (float)(1.0 / exponentials(out, a, row_max(a, n), n));
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) *(f32x16 *)(out + i) = LOAD(out + i) * scale;
    for (; i < n; i++) out[i] *= scale;
}

CLONES void fb_log_softmax_f32(float *out, const float *a, ptrdiff_t n) {
    if (n <= LANES) {
        f32x16 x, y;
        padded(&x, a, n);
        y = x - lane_max(&x);
        exp16(&y);
        x = (x - lane_max(&x)) - (float)log(lane_sum(&y));
        store_some(out, &x, n);
        return;
    }
    // One subtraction after the other: of large numbers the sum of both would have lost the logarithm's digits.
    const float m = row_max(a, n), log_sum = (float)log(exponentials(NULL, a, m, n));
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) *(f32x16 *)(out + i) = (LOAD(a + i) - m) - log_sum;
    for (; i < n; i++) out[i] = (a[i] - m) - log_sum;
}

// ---- Columns --------------------------------------------------------------------------------------------------------

enum { STRIP = 256, TOGETHER = 8 };

// Takes TOGETHER rows (or fewer) of sixteen columns into the running maximum, the sum of exponentials relative to it, and
// what that sum rounded off (Kahan's compensation). A maximum of -infinity is not subtracted: -infinity stays 0.
INLINE void take_rows(float *largest, float *sum, float *lost, const float *a, ptrdiff_t stride, int rows, ptrdiff_t columns) {
    const f32x16 none = SPREAD(-INFINITY), zero = {};
    f32x16 x[TOGETHER], old = LOAD(largest), m = old;
#pragma clang loop unroll(full)
    for (int r = 0; r < TOGETHER; r++) {
        if (r >= rows) x[r] = none;
        else if (columns == LANES) x[r] = LOAD(a + r * stride);
        else padded(&x[r], a + r * stride, columns);
        m = MAX16(m, x[r]);
    }
    const f32x16 shift = m == none ? zero : m;
#pragma clang loop unroll(full)
    for (int r = 0; r < TOGETHER; r++) {
        x[r] -= shift;
        exp16(&x[r]);
    }
    f32x16 faded = old - shift;
    exp16(&faded);
    const f32x16 more = ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7])) - LOAD(lost) * faded;
    const f32x16 before = LOAD(sum) * faded, after = before + more;
    *(f32x16 *)lost = (after - before) - more;
    *(f32x16 *)sum = after;
    *(f32x16 *)largest = m;
}

// With `maxima` only the largest elements and the logarithms of the sums are written, there and to `sums`.
INLINE void column_softmax(
    float *out, float *maxima, float *sums, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns,
    bool is_log) {
    float largest[STRIP], sum[STRIP], lost[STRIP];
    for (ptrdiff_t first = 0, width; first < columns; first += width, a += width, out += maxima ? 0 : width) {
        width = columns - first < STRIP ? columns - first : STRIP;
        for (int c = 0; c < STRIP; c++) largest[c] = -INFINITY, sum[c] = 0, lost[c] = 0;
        ptrdiff_t row = 0;
        for (; row + TOGETHER <= length; row += TOGETHER) {
            ptrdiff_t c = 0;
            for (; c + LANES <= width; c += LANES)
                take_rows(largest + c, sum + c, lost + c, a + row * stride + c, stride, TOGETHER, LANES);
            if (c < width)
                take_rows(largest + c, sum + c, lost + c, a + row * stride + c, stride, TOGETHER, width - c);
        }
        if (row < length)
            for (ptrdiff_t c = 0; c < width; c += LANES)
                take_rows(largest + c, sum + c, lost + c, a + row * stride + c, stride, (int)(length - row),
                    width - c < LANES ? width - c : LANES);
        INDEPENDENT for (int c = 0; c < STRIP; c++) {
            const float m = largest[c];
            if (is_log) sum[c] = fb_log_f32(sum[c]);
            else largest[c] = m == -INFINITY ? 0 : m, sum[c] = 1.0f / sum[c];
        }
        if (maxima) {
            memcpy(maxima + first, largest, (size_t)width * sizeof(float));
            memcpy(sums + first, sum, (size_t)width * sizeof(float));
            continue;
        }
        for (row = 0; row < length; row++) {
            const float *in = a + row * stride;
            float *to = out + row * stride;
            for (ptrdiff_t c = 0; c < width; c += LANES) {
                const ptrdiff_t count = width - c < LANES ? width - c : LANES;
                f32x16 x;
                if (count == LANES) x = LOAD(in + c);
                else padded(&x, in + c, count);
                x -= LOAD(largest + c);
                if (is_log) x -= LOAD(sum + c);
                else {
                    exp16(&x);
                    x *= LOAD(sum + c);
                }
                if (count == LANES) *(f32x16 *)(to + c) = x;
                else store_some(to + c, &x, count);
            }
        }
    }
}

CLONES void fb_softmax_columns_f32(
    float *out, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns) {
    column_softmax(out, NULL, NULL, a, length, stride, columns, false);
}
CLONES void fb_log_softmax_columns_f32(
    float *out, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns) {
    column_softmax(out, NULL, NULL, a, length, stride, columns, true);
}

// ---- Cross entropy: softmax without its result ------------------------------------------------------------------------

CLONES void fb_log_sum_exp_columns_f32(
    float *maxima, float *sums, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns) {
    column_softmax(NULL, maxima, sums, a, length, stride, columns, true);
}

// What log-softmax subtracts, to the last bit.
CLONES void fb_log_sum_exp_f32(float *largest, float *log_sum, const float *a, ptrdiff_t n) {
    if (n <= LANES) {
        f32x16 x, y;
        padded(&x, a, n);
        *largest = lane_max(&x);
        y = x - *largest;
        exp16(&y);
        *log_sum = (float)log(lane_sum(&y));
        return;
    }
    *largest = row_max(a, n);
    *log_sum = (float)log(exponentials(NULL, a, *largest, n));
}

CLONES void fb_cross_entropy_grad_f32(
    float *out, const float *a, float largest, float log_sum, ptrdiff_t class, float scale, ptrdiff_t n) {
    ptrdiff_t i = 0;
    for (; i < n; i += LANES) {
        const ptrdiff_t count = n - i < LANES ? n - i : LANES;
        f32x16 x;
        if (count == LANES) x = LOAD(a + i);
        else padded(&x, a + i, count);
        x = (x - largest) - log_sum;
        exp16(&x);
        x *= scale;
        if (count == LANES) *(f32x16 *)(out + i) = x;
        else store_some(out + i, &x, count);
    }
    out[class] -= scale;
}

CLONES void fb_cross_entropy_grad_columns_f32(
    float *out, const float *a, const float *maxima, const float *log_sums, const int64_t *classes, int64_t ignored,
    const float *scales, ptrdiff_t scale_stride, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns) {
    float scale[STRIP], largest[STRIP], sum[STRIP];
    for (ptrdiff_t first = 0, width; first < columns; first += width) {
        width = columns - first < STRIP ? columns - first : STRIP;
        for (ptrdiff_t c = 0; c < STRIP; c++) {
            largest[c] = c < width ? maxima[first + c] : 0;
            sum[c] = c < width ? log_sums[first + c] : 0;
            scale[c] = c < width && classes[first + c] != ignored ? scales[(first + c) * scale_stride] : 0;
        }
        for (ptrdiff_t row = 0; row < length; row++) {
            const float *in = a + row * stride + first;
            float *to = out + row * stride + first;
            for (ptrdiff_t c = 0; c < width; c += LANES) {
                const ptrdiff_t count = width - c < LANES ? width - c : LANES;
                f32x16 x;
                if (count == LANES) x = LOAD(in + c);
                else padded(&x, in + c, count);
                const f32x16 by = LOAD(scale + c), zero = {};
                x = (x - LOAD(largest + c)) - LOAD(sum + c);
                exp16(&x);
                x = by == zero ? zero : x * by;
                if (count == LANES) *(f32x16 *)(to + c) = x;
                else store_some(to + c, &x, count);
            }
        }
        for (ptrdiff_t c = 0; c < width; c++)
            if (classes[first + c] != ignored) out[classes[first + c] * stride + first + c] -= scale[c];
    }
}

// ---- Double precision, and gradients ----------------------------------------------------------------------------------
#define GRADIENTS(S, T)                                                                         \
    INLINE double row_sum_##S(const T *a, ptrdiff_t n) {                                        \
        double lane[8] = {0};                                                                   \
        ptrdiff_t i = 0;                                                                        \
        for (; i + 8 <= n; i += 8)                                                              \
            for (int l = 0; l < 8; l++) lane[l] += a[i + l];                                    \
        for (; i < n; i++) lane[0] += a[i];                                                     \
        double total = 0;                                                                       \
        for (int l = 0; l < 8; l++) total += lane[l];                                           \
        return total;                                                                           \
    }                                                                                           \
    CLONES void fb_softmax_grad_##S(T *out, const T *g, const T *y, ptrdiff_t n) {              \
        double lane[8] = {0};                                                                   \
        ptrdiff_t at = 0;                                                                       \
        for (; at + 8 <= n; at += 8)                                                            \
            for (int l = 0; l < 8; l++) lane[l] += (double)g[at + l] * (double)y[at + l];       \
        for (; at < n; at++) lane[0] += (double)g[at] * (double)y[at];                          \
        double dot = 0;                                                                         \
        for (int l = 0; l < 8; l++) dot += lane[l];                                             \
        const T d = (T)dot;                                                                     \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = y[i] * (g[i] - d);               \
    }                                                                                           \
    CLONES void fb_log_softmax_grad_##S(T *out, const T *g, const T *y, ptrdiff_t n) {          \
        const T sum = (T)row_sum_##S(g, n);                                                     \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = g[i] - fb_exp_##S(y[i]) * sum;   \
    }
GRADIENTS(f32, float)
GRADIENTS(f64, double)

INLINE double row_max_f64(const double *a, ptrdiff_t n) {
    double m = a[0];
    for (ptrdiff_t i = 1; i < n; i++) m = a[i] > m ? a[i] : m;
    return m;
}
CLONES void fb_softmax_f64(double *out, const double *a, ptrdiff_t n) {
    const double m = row_max_f64(a, n);
    INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = fb_exp_f64(a[i] - m);
    const double scale = (1.0 / row_sum_f64(out, n));
    INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] *= scale;
}
// The largest element and the logarithm of the sum of exponentials.
INLINE double log_sum_f64(double *largest, const double *a, ptrdiff_t n) {
    enum { SLICE = 256 };
    const double m = row_max_f64(a, n);
    double total = 0, part[SLICE];
    for (ptrdiff_t i = 0; i < n; i += SLICE) {
        const ptrdiff_t length = n - i < SLICE ? n - i : SLICE;
        INDEPENDENT for (ptrdiff_t j = 0; j < length; j++) part[j] = fb_exp_f64(a[i + j] - m);
        total += row_sum_f64(part, length);
    }
    *largest = m;
    return log(total);
}
CLONES void fb_log_softmax_f64(double *out, const double *a, ptrdiff_t n) {
    double m;
    const double log_sum = log_sum_f64(&m, a, n);
    INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = (a[i] - m) - log_sum;
}
CLONES void fb_log_sum_exp_f64(double *largest, double *log_sum, const double *a, ptrdiff_t n) {
    *log_sum = log_sum_f64(largest, a, n);
}
CLONES void fb_cross_entropy_grad_f64(
    double *out, const double *a, double largest, double log_sum, ptrdiff_t class, double scale, ptrdiff_t n) {
    INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) out[i] = fb_exp_f64((a[i] - largest) - log_sum) * scale;
    out[class] -= scale;
}
