// Plans, and a transform from loading to storing. The passes are in stages.inc.
#include "CFFT.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// As in CKernels: one source for three levels of x86-64.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && __has_feature(thread_sanitizer))
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#pragma clang diagnostic ignored "-Wpass-failed"
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(enable)")
#define INLINE static inline __attribute__((always_inline))

// Radices up to this are worth their square; Bluestein's way costs about six transforms of twice the length.
enum { LARGEST_RADIX = 31, MOST_STAGES = 64 };

struct fb_fft_plan {
    ptrdiff_t n;
    bool is_double;
    int stages;
    int factors[MOST_STAGES];
    void *roots;
    // Bluestein's: a plan in double precision for a power of two, the chirp, and the transform of its conjugate.
    fb_fft_plan *convolution;
    void *chirp, *kernel;
};

typedef struct { double re, im; } turn;

// exp(-2 pi i k / n), from an angle within an eighth of a turn, so that no digit is lost to the size of the angle.
static turn root_of_unity(ptrdiff_t k, ptrdiff_t n) {
    k %= n;
    const bool lower = 2 * k > n;
    if (lower) k = n - k;
    const bool left = 4 * k > n;
    // Half a turn less twice the angle, so that halves of odd lengths stay whole: angles are in units of 1/(2n).
    ptrdiff_t angle = left ? n - 2 * k : 2 * k;
    const bool steep = 4 * angle > n;
    double re, im;
    if (steep) {
        const double rest = 3.14159265358979323846 * ((double)(n - 2 * angle) / (double)(2 * n));
        re = sin(rest), im = cos(rest);
    } else {
        const double a = 3.14159265358979323846 * ((double)angle / (double)n);
        re = cos(a), im = sin(a);
    }
    if (left) re = -re;
    return (turn){re, lower ? im : -im};
}

#define T float
#define NAME(x) x##_f32
#include "stages.inc"
#undef T
#undef NAME
#define T double
#define NAME(x) x##_f64
#include "stages.inc"
#undef T
#undef NAME

// ---- Plans ----------------------------------------------------------------------------------------------------------

void fb_fft_free(fb_fft_plan *plan) {
    if (plan->convolution) fb_fft_free(plan->convolution);
    free(plan->roots);
    free(plan->chirp);
    free(plan->kernel);
    free(plan);
}

static bool factorise(fb_fft_plan *plan) {
    ptrdiff_t rest = plan->n;
    while (rest % 4 == 0) plan->factors[plan->stages++] = 4, rest /= 4;
    for (ptrdiff_t r = 2; r <= LARGEST_RADIX; r++)
        while (rest % r == 0) plan->factors[plan->stages++] = (int)r, rest /= r;
    return rest == 1;
}

static bool make_roots(fb_fft_plan *plan) {
    size_t count = 1;
    ptrdiff_t n = plan->n;
    for (int stage = 0; stage < plan->stages; stage++) {
        const ptrdiff_t r = plan->factors[stage], m = n / r;
        count += (size_t)((r - 1) * m + (r > 5 ? r : 0));
        n = m;
    }
    plan->roots = malloc(count * (plan->is_double ? sizeof(complex_f64) : sizeof(complex_f32)));
    if (!plan->roots) return false;
    if (plan->is_double) set_roots_f64(plan); else set_roots_f32(plan);
    return true;
}

// L. I. Bluestein (1970): jk = (j^2 + k^2 - (j - k)^2) / 2 turns a transform into a convolution with a chirp.
static bool make_chirp(fb_fft_plan *plan) {
    const ptrdiff_t n = plan->n;
    ptrdiff_t length = 1;
    while (length < 2 * n - 1) length *= 2;
    plan->convolution = fb_fft_make(length, true);
    complex_f64 *chirp = plan->chirp = malloc(sizeof(complex_f64) * (size_t)n);
    complex_f64 *kernel = plan->kernel = calloc((size_t)length, sizeof(complex_f64));
    complex_f64 *spare = malloc(sizeof(complex_f64) * (size_t)length);
    const bool is_made = plan->convolution && chirp && kernel && spare;
    if (is_made) {
        // The square is kept modulo 2n: k^2 would lose digits, or overflow.
        ptrdiff_t square = 0;
        for (ptrdiff_t k = 0; k < n; k++) {
            const turn t = root_of_unity(square, 2 * n);
            chirp[k] = (complex_f64){t.re, t.im};
            kernel[k] = (complex_f64){t.re, -t.im};
            if (k > 0) kernel[length - k] = kernel[k];
            square = (square + 2 * k + 1) % (2 * n);
        }
        const complex_f64 *result = passes_f64(plan->convolution, kernel, spare, 1);
        // Divided by the length, which is exact, as the way back wants it.
        for (ptrdiff_t k = 0; k < length; k++) spare[k] = scaled_f64(result[k], 1.0 / (double)length);
        memcpy(kernel, spare, sizeof(complex_f64) * (size_t)length);
    }
    free(spare);
    return is_made;
}

fb_fft_plan *fb_fft_make(ptrdiff_t n, bool is_double) {
    fb_fft_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return NULL;
    plan->n = n;
    plan->is_double = is_double;
    if (factorise(plan) ? make_roots(plan) : make_chirp(plan)) return plan;
    fb_fft_free(plan);
    return NULL;
}

// ---- Loading and storing ---------------------------------------------------------------------------------------------

// An inverse transform is a forward one with the parts exchanged on either side. S is the type in memory, C in the buffers.
#define TRANSFER(NAME, S, C)                                                                                       \
    CLONES static void load_##NAME(const fb_fft_block *b, ptrdiff_t n, complex_##C *x) {                           \
        const ptrdiff_t half = n / 2;                                                                              \
        const ptrdiff_t columns = b->columns, step = b->in_step, column = b->in_column;                            \
        for (ptrdiff_t k = 0; k < n; k++) {                                                                        \
            complex_##C *to = x + k * columns;                                                                     \
            if (b->kind == FB_FFT_FROM_REAL) {                                                                     \
                const S *from = (const S *)b->in + k * step;                                                       \
                for (ptrdiff_t q = 0; q < columns; q++) to[q].re = from[q * column], to[q].im = 0;                 \
                continue;                                                                                          \
            }                                                                                                      \
            const bool mirrored = b->kind == FB_FFT_TO_REAL && k > half;                                           \
            const complex_##S *from = (const complex_##S *)b->in + (mirrored ? n - k : k) * step;                  \
            if (b->kind == FB_FFT_TO_REAL && (k == 0 || 2 * k == n)) {                                             \
                /* These are their own conjugates: an imaginary part has no meaning. */                            \
                for (ptrdiff_t q = 0; q < columns; q++) to[q].re = 0, to[q].im = from[q * column].re;              \
            } else if (mirrored) {                                                                                 \
                for (ptrdiff_t q = 0; q < columns; q++)                                                            \
                    to[q].re = -from[q * column].im, to[q].im = from[q * column].re;                               \
            } else if (b->inverse || b->kind == FB_FFT_TO_REAL) {                                                  \
                for (ptrdiff_t q = 0; q < columns; q++)                                                            \
                    to[q].re = from[q * column].im, to[q].im = from[q * column].re;                                \
            } else {                                                                                               \
                for (ptrdiff_t q = 0; q < columns; q++)                                                            \
                    to[q].re = from[q * column].re, to[q].im = from[q * column].im;                                \
            }                                                                                                      \
        }                                                                                                          \
    }                                                                                                              \
    CLONES static void store_##NAME(const fb_fft_block *b, ptrdiff_t n, const complex_##C *y) {                    \
        const ptrdiff_t columns = b->columns, step = b->out_step, column = b->out_column;                          \
        const ptrdiff_t count = b->kind == FB_FFT_FROM_REAL ? n / 2 + 1 : n;                                       \
        const real_##C scale = (real_##C)b->scale;                                                                 \
        for (ptrdiff_t k = 0; k < count; k++) {                                                                    \
            const complex_##C *from = y + k * columns;                                                             \
            if (b->kind == FB_FFT_TO_REAL) {                                                                       \
                S *to = (S *)b->out + k * step;                                                                    \
                for (ptrdiff_t q = 0; q < columns; q++) to[q * column] = (S)(from[q].im * scale);                  \
                continue;                                                                                          \
            }                                                                                                      \
            complex_##S *to = (complex_##S *)b->out + k * step;                                                    \
            if (b->inverse) {                                                                                      \
                for (ptrdiff_t q = 0; q < columns; q++)                                                            \
                    to[q * column].re = (S)(from[q].im * scale), to[q * column].im = (S)(from[q].re * scale);      \
            } else {                                                                                               \
                for (ptrdiff_t q = 0; q < columns; q++)                                                            \
                    to[q * column].re = (S)(from[q].re * scale), to[q * column].im = (S)(from[q].im * scale);      \
            }                                                                                                      \
        }                                                                                                          \
    }
typedef float real_f32;
typedef double real_f64;
typedef complex_f32 complex_float;
typedef complex_f64 complex_double;
TRANSFER(f32, float, f32)
TRANSFER(f64, double, f64)
TRANSFER(f32_wide, float, f64)

// ---- A block --------------------------------------------------------------------------------------------------------

size_t fb_fft_workspace(const fb_fft_plan *plan, ptrdiff_t columns) {
    const size_t size = plan->convolution || plan->is_double ? sizeof(complex_f64) : sizeof(complex_f32);
    return 2 * size * (size_t)columns * (size_t)(plan->convolution ? plan->convolution->n : plan->n);
}

// x holds n rows and has room for the convolution's length; the result has n rows again.
CLONES static complex_f64 *convolve(const fb_fft_plan *plan, complex_f64 *x, complex_f64 *y, ptrdiff_t columns) {
    const ptrdiff_t n = plan->n, length = plan->convolution->n;
    const complex_f64 *chirp = plan->chirp, *kernel = plan->kernel;
    for (ptrdiff_t k = 0; k < n; k++)
        for (ptrdiff_t q = 0; q < columns; q++) x[k * columns + q] = mul_f64(x[k * columns + q], chirp[k]);
    memset(x + n * columns, 0, sizeof(complex_f64) * (size_t)((length - n) * columns));
    complex_f64 *spectrum = passes_f64(plan->convolution, x, y, columns);
    // The way back exchanges the parts.
    for (ptrdiff_t k = 0; k < length; k++)
        for (ptrdiff_t q = 0; q < columns; q++) {
            const complex_f64 v = mul_f64(spectrum[k * columns + q], kernel[k]);
            spectrum[k * columns + q] = (complex_f64){v.im, v.re};
        }
    complex_f64 *result = passes_f64(plan->convolution, spectrum, spectrum == x ? y : x, columns);
    for (ptrdiff_t k = 0; k < n; k++)
        for (ptrdiff_t q = 0; q < columns; q++) {
            const complex_f64 v = result[k * columns + q];
            result[k * columns + q] = mul_f64((complex_f64){v.im, v.re}, chirp[k]);
        }
    return result;
}

void fb_fft_run(const fb_fft_plan *plan, const fb_fft_block *block, void *workspace) {
    const ptrdiff_t n = plan->n, columns = block->columns;
    if (plan->convolution) {
        complex_f64 *x = workspace, *y = x + plan->convolution->n * columns;
        if (plan->is_double) load_f64(block, n, x); else load_f32_wide(block, n, x);
        const complex_f64 *result = convolve(plan, x, y, columns);
        if (plan->is_double) store_f64(block, n, result); else store_f32_wide(block, n, result);
    } else if (plan->is_double) {
        complex_f64 *x = workspace, *y = x + n * columns;
        load_f64(block, n, x);
        store_f64(block, n, passes_f64(plan, x, y, columns));
    } else {
        complex_f32 *x = workspace, *y = x + n * columns;
        load_f32(block, n, x);
        store_f32(block, n, passes_f32(plan, x, y, columns));
    }
}
