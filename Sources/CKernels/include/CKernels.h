// The inner loops: one dimension, pointers and counts in, numbers out. No allocation, no threads, no shapes, no
// semantics beyond one element's arithmetic. Strides are in bytes, and may be 0 (a repeated element) or negative.
#ifndef FIREBRAND_CKERNELS_H
#define FIREBRAND_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The element types; the order is that of promotion, and `DType` in Swift uses the same numbers.
enum {
    FB_BOOL, FB_U8, FB_I8, FB_I16, FB_I32, FB_I64, FB_F16, FB_BF16, FB_F32, FB_F64, FB_C64, FB_C128,
    FB_DTYPE_COUNT
};

// ---- Pointwise: every lookup gives NULL where the operation has no meaning for the element type -------------------

typedef enum : int32_t {
    FB_ADD, FB_SUB, FB_MUL, FB_DIV, FB_DIV_TRUNC, FB_DIV_FLOOR, FB_REMAINDER, FB_FMOD, FB_POW, FB_ATAN2,
    FB_MAXIMUM, FB_MINIMUM,
    FB_BITWISE_AND, FB_BITWISE_OR, FB_BITWISE_XOR,
    // Results of the following are bool.
    FB_EQ, FB_NE, FB_LT, FB_LE, FB_GT, FB_GE, FB_LOGICAL_AND, FB_LOGICAL_OR, FB_LOGICAL_XOR,
    // Gradients as one pass: (gradient, saved result or input).
    FB_RELU_GRAD, FB_SIGMOID_GRAD, FB_TANH_GRAD,
    // The following are in pointwise.c.
    FB_LEFT_SHIFT, FB_RIGHT_SHIFT, FB_GCD, FB_LCM, FB_FMAX, FB_FMIN, FB_COPYSIGN, FB_HEAVISIDE, FB_NEXTAFTER, FB_HYPOT,
    FB_LOGADDEXP, FB_LOGADDEXP2, FB_XLOGY, FB_XLOG1PY,
    // The following are in special.c.
    FB_ZETA, FB_IGAMMA, FB_IGAMMAC, FB_CHEBYSHEV_T, FB_CHEBYSHEV_U, FB_CHEBYSHEV_V, FB_CHEBYSHEV_W,
    FB_SHIFTED_CHEBYSHEV_T, FB_SHIFTED_CHEBYSHEV_U, FB_SHIFTED_CHEBYSHEV_V, FB_SHIFTED_CHEBYSHEV_W, FB_HERMITE_H,
    FB_HERMITE_HE, FB_LAGUERRE, FB_LEGENDRE,
    FB_BINARY_COUNT
} fb_binary_op;

typedef enum : int32_t {
    FB_NEG, FB_ABS, FB_SIGN, FB_SQUARE, FB_BITWISE_NOT, FB_RELU,
    FB_SQRT, FB_RSQRT, FB_RECIPROCAL, FB_EXP, FB_EXPM1, FB_LOG, FB_LOG1P, FB_LOG2, FB_LOG10,
    FB_SIN, FB_COS, FB_TAN, FB_ASIN, FB_ACOS, FB_ATAN, FB_SINH, FB_COSH, FB_TANH, FB_SIGMOID, FB_ERF,
    FB_FLOOR, FB_CEIL, FB_ROUND, FB_TRUNC,
    FB_CONJ,
    // The following are in pointwise.c.
    FB_EXP2, FB_ASINH, FB_ACOSH, FB_ATANH, FB_FRAC, FB_LOGIT, FB_ERFC, FB_SINC, FB_ENTR, FB_FREXP_MANTISSA,
    FB_FREXP_EXPONENT,
    // The following are in special.c.
    FB_LGAMMA, FB_DIGAMMA, FB_TRIGAMMA, FB_ERFINV, FB_ERFCX, FB_NDTR, FB_NDTRI, FB_LOG_NDTR, FB_I0, FB_I0E, FB_I1, FB_I1E,
    FB_K0, FB_K0E, FB_K1, FB_K1E, FB_BESSEL_J0, FB_BESSEL_J1, FB_BESSEL_Y0, FB_BESSEL_Y1, FB_SPHERICAL_J0, FB_AIRY,
    // Results of the following are bool.
    FB_LOGICAL_NOT, FB_ISNAN, FB_ISINF, FB_ISFINITE,
    FB_ISPOSINF, FB_ISNEGINF, FB_SIGNBIT,
    FB_UNARY_COUNT
} fb_unary_op;

typedef void (*fb_binary_kernel)(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, ptrdiff_t n);
typedef void (*fb_unary_kernel)(void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n);

typedef enum : int32_t {
    FB_ADDCMUL, FB_ADDCDIV, FB_LERP, FB_LERP_BY, FB_ADD_SCALED, FB_CLAMP, FB_NAN_TO_NUM, FB_TERNARY_COUNT
} fb_ternary_op;
/// The number is taken as a float or an integer, as the type wants it. FB_LERP_BY and FB_ADD_SCALED go by it, and ignore `c`.
typedef void (*fb_ternary_kernel)(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, const void *c,
    ptrdiff_t c_stride, ptrdiff_t n, double real, int64_t whole);
fb_ternary_kernel fb_find_ternary(fb_ternary_op op, int dtype);

fb_binary_kernel fb_find_binary(fb_binary_op op, int dtype);
fb_unary_kernel fb_find_unary(fb_unary_op op, int dtype);

/// Conversion between any two element types (PyTorch's: to bool is `!= 0`, floats to integers truncate, complex numbers
/// lose their imaginary parts).
fb_unary_kernel fb_find_cast(int from, int to);

/// A strided copy of elements of 1, 2, 4, 8 or 16 bytes.
void fb_copy(void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n, int item_size);

/// Copies a matrix whose rows and columns lie apart as told (in bytes), elements of 1, 2, 4, 8 or 16 bytes; made for
/// rows that are close in `out` and columns that are close in `a`.
void fb_transpose(
    void *out, ptrdiff_t out_row, ptrdiff_t out_column, const void *a, ptrdiff_t a_row, ptrdiff_t a_column,
    ptrdiff_t rows, ptrdiff_t columns, int item_size);

/// Rows [first, last) of `out`: each is the row of every part, `lengths` bytes long, one behind the other.
void fb_interleave(
    void *out, ptrdiff_t out_row, const void *const *parts, const ptrdiff_t *lengths, ptrdiff_t part_count,
    ptrdiff_t first, ptrdiff_t last);

/// out = condition ? a : b, by item size; the condition is bool.
void fb_where(
    void *out, ptrdiff_t out_stride, const void *condition, ptrdiff_t condition_stride, const void *a,
    ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, ptrdiff_t n, int item_size);

/// Fills with a value given as bits of the item size: 1, 2, 4, 8 or 16 bytes.
void fb_fill(void *out, ptrdiff_t out_stride, const void *value, ptrdiff_t n, int item_size);

/// out[i] = start + (first + i) * step.
void fb_arange_f64(double *out, double start, double step, ptrdiff_t first, ptrdiff_t n);
void fb_arange_i64(int64_t *out, int64_t start, int64_t step, ptrdiff_t first, ptrdiff_t n);

// ---- Reductions -----------------------------------------------------------------------------------------------------

typedef enum : int32_t {
    FB_SUM, FB_NANSUM, FB_SUM_ABS, FB_SUM_SQUARES, FB_PROD, FB_MAX, FB_MIN, FB_ALL, FB_ANY, FB_COUNT_NONZERO,
    // Position of the first largest (smallest), the first NaN before all; second result: the element there.
    FB_ARGMAX, FB_ARGMIN,
    // Sum of squared differences from the mean; second result: the mean.
    FB_MOMENTS,
    FB_LOGSUMEXP,
    FB_REDUCTION_COUNT
} fb_reduction_op;

/// Columns a call may have at most.
enum { FB_REDUCTION_COLUMNS = 1024 };

/// A reduction joins elements to accumulators, in as many calls as the driver likes, and makes results of them.
typedef struct {
    /// Bytes of one accumulator, which lie side by side.
    int32_t accumulator_size;
    /// The type of the results.
    int32_t result;
    void (*init)(void *accumulators, ptrdiff_t n);
    /// Joins `n` contiguous elements to one accumulator.
    void (*row)(void *accumulator, const void *a, ptrdiff_t n);
    /// Joins each of `columns` contiguous elements to an accumulator of its own, over `rows` rows a stride (in elements) apart.
    void (*column)(void *accumulators, const void *a, ptrdiff_t rows, ptrdiff_t row_stride, ptrdiff_t columns);
    /// Joins accumulators of the elements that come next.
    void (*join)(void *accumulators, const void *others, ptrdiff_t n);
    /// Results, and second results where there are any and `second` is not NULL.
    void (*finish)(void *out, void *second, const void *accumulators, ptrdiff_t n);
} fb_reduction;

/// NULL where the reduction has no meaning for the element type, or none of its own (16-bit floats).
const fb_reduction *fb_find_reduction(fb_reduction_op op, int dtype);

// ---- Scans ----------------------------------------------------------------------------------------------------------

typedef enum : int32_t { FB_CUMSUM, FB_CUMPROD, FB_CUMMAX, FB_CUMMIN, FB_LOGCUMSUMEXP, FB_SCAN_COUNT } fb_scan_op;

/// Each element joined with all before it; strides in elements. `indices` (of extrema) may be NULL.
typedef struct {
    /// One line; `before` is a total to start from, or NULL.
    void (*row)(
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *a, ptrdiff_t a_stride,
        ptrdiff_t n, const void *before);
    /// `columns` (at most FB_REDUCTION_COLUMNS) contiguous lines side by side, along rows a stride apart.
    void (*column)(
        void *out, ptrdiff_t out_stride, int64_t *indices, ptrdiff_t index_stride, const void *a, ptrdiff_t a_stride,
        ptrdiff_t rows, ptrdiff_t columns);
    /// Adds the total of a line (double, or int64 for integers); NULL where lines cannot be taken up in the middle.
    void (*total)(void *total, const void *a, ptrdiff_t a_stride, ptrdiff_t n);
} fb_scan;

const fb_scan *fb_find_scan(fb_scan_op op, int dtype);

/// out[i] = terms[i] + factors[i] * out[i - 1], from out[0] = terms[0]; strides in elements.
void fb_recurrence_f32(
    float *out, ptrdiff_t out_stride, const float *factors, ptrdiff_t factor_stride, const float *terms,
    ptrdiff_t term_stride, ptrdiff_t n);
void fb_recurrence_f64(
    double *out, ptrdiff_t out_stride, const double *factors, ptrdiff_t factor_stride, const double *terms,
    ptrdiff_t term_stride, ptrdiff_t n);

// ---- Softmax and its losses, row by row ---------------------------------------------------------------------------

void fb_softmax_f32(float *out, const float *a, ptrdiff_t n);
void fb_softmax_f64(double *out, const double *a, ptrdiff_t n);
void fb_log_softmax_f32(float *out, const float *a, ptrdiff_t n);
void fb_log_softmax_f64(double *out, const double *a, ptrdiff_t n);
/// The same down each of `columns` neighbouring columns of `length` elements, `stride` apart.
void fb_softmax_columns_f32(float *out, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns);
void fb_log_softmax_columns_f32(float *out, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns);
/// gradient of softmax: y * (g - sum(g * y)).
void fb_softmax_grad_f32(float *out, const float *g, const float *y, ptrdiff_t n);
void fb_softmax_grad_f64(double *out, const double *g, const double *y, ptrdiff_t n);
/// gradient of log-softmax: g - exp(y) * sum(g).
void fb_log_softmax_grad_f32(float *out, const float *g, const float *y, ptrdiff_t n);
void fb_log_softmax_grad_f64(double *out, const double *g, const double *y, ptrdiff_t n);

// ---- Matrices of types oneDNN does not multiply -------------------------------------------------------------------

/// Rows [0, m) of C = A x B, strides in elements, C contiguous rows `n` long; float64, complex or integers.
typedef void (*fb_matmul_kernel)(
    void *c, const void *a, ptrdiff_t a_row, ptrdiff_t a_column, const void *b, ptrdiff_t b_row, ptrdiff_t b_column,
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k);
fb_matmul_kernel fb_find_matmul(int dtype);

/// C = A x B + bias for few columns; rows of A and columns of B are contiguous, other strides in elements.
void fb_matmul_narrow_f32(
    float *c, ptrdiff_t c_row, const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_column, const float *bias,
    ptrdiff_t m, ptrdiff_t n, ptrdiff_t k);

// ---- Random bits to numbers (PyTorch's formulas, bit for bit) -------------------------------------------------------

/// The Mersenne Twister's state refill and tempering (Matsumoto and Nishimura, 1998).
typedef struct { uint32_t state[624]; int32_t left; uint32_t next; uint64_t seed; } fb_mt19937;
void fb_mt19937_seed(fb_mt19937 *generator, uint64_t seed);
uint32_t fb_mt19937_next(fb_mt19937 *generator);
/// One draw of 64 bits, the high word first.
uint64_t fb_mt19937_next64(fb_mt19937 *generator);

/// Uniform numbers in [from, to): 24 random bits for float, 53 for double.
void fb_uniform_f32(fb_mt19937 *generator, float *out, ptrdiff_t n, float from, float to);
void fb_uniform_f64(fb_mt19937 *generator, double *out, ptrdiff_t n, double from, double to);

/// Box-Muller in place over each 16 uniforms of `n`, a multiple of 16: pairs (i, i + 8).
void fb_box_muller_f32(float *data, ptrdiff_t n, float mean, float std);
/// The same over 16 uniforms.
void fb_box_muller16_f64(double *data, double mean, double std);

// ---- Images ---------------------------------------------------------------------------------------------------------

/// Bytes to floats in [0, 1]: value / 255, correctly rounded as PyTorch's division is.
void fb_unit_scale_u8(float *out, const uint8_t *a, ptrdiff_t n);

// ---- Distances --------------------------------------------------------------------------------------------------

/// The p-distances of one row of k numbers to m rows that lie one after another.
void fb_distances_f32(float *out, const float *a, const float *b, ptrdiff_t m, ptrdiff_t k, double p);
void fb_distances_f64(double *out, const double *a, const double *b, ptrdiff_t m, ptrdiff_t k, double p);
#include "CKernelsColumns.h"
#include "CKernelsImages.h"
#include "CKernelsIndexing.h"
#include "CKernelsOptimizers.h"
#include "CKernelsLosses.h"
#include "CKernelsSequences.h"
#include "CKernelsSorting.h"
#include "CKernelsActivation.h"
#include "CKernelsNorm.h"

#endif
