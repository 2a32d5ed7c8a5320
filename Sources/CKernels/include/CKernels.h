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
    FB_RELU_GRAD, FB_SIGMOID_GRAD, FB_TANH_GRAD, FB_ABS_GRAD,
    FB_BINARY_COUNT
} fb_binary_op;

typedef enum : int32_t {
    FB_NEG, FB_ABS, FB_SIGN, FB_SQUARE, FB_BITWISE_NOT, FB_RELU,
    FB_SQRT, FB_RSQRT, FB_RECIPROCAL, FB_EXP, FB_EXPM1, FB_LOG, FB_LOG1P, FB_LOG2, FB_LOG10,
    FB_SIN, FB_COS, FB_TAN, FB_ASIN, FB_ACOS, FB_ATAN, FB_SINH, FB_COSH, FB_TANH, FB_SIGMOID, FB_ERF,
    FB_FLOOR, FB_CEIL, FB_ROUND, FB_TRUNC,
    FB_CONJ,
    // Results of the following are bool.
    FB_LOGICAL_NOT, FB_ISNAN, FB_ISINF, FB_ISFINITE,
    FB_UNARY_COUNT
} fb_unary_op;

typedef void (*fb_binary_kernel)(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, ptrdiff_t n);
typedef void (*fb_unary_kernel)(void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n);

fb_binary_kernel fb_find_binary(fb_binary_op op, int dtype);
fb_unary_kernel fb_find_unary(fb_unary_op op, int dtype);

/// Conversion between any two element types (PyTorch's: to bool is `!= 0`, floats to integers truncate, complex numbers
/// lose their imaginary parts).
fb_unary_kernel fb_find_cast(int from, int to);

/// A strided copy of elements of 1, 2, 4, 8 or 16 bytes.
void fb_copy(void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, ptrdiff_t n, int item_size);

/// Transposes a matrix of `rows` x `columns` elements of 1, 2, 4 or 8 bytes: out[c][r] = a[r][c]; strides in bytes.
void fb_transpose(
    void *out, ptrdiff_t out_row, const void *a, ptrdiff_t a_row, ptrdiff_t rows, ptrdiff_t columns, int item_size);

/// out = condition ? a : b, by item size; the condition is bool.
void fb_where(
    void *out, ptrdiff_t out_stride, const void *condition, ptrdiff_t condition_stride, const void *a,
    ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, ptrdiff_t n, int item_size);

/// Fills with a value given as bits of the item size: 1, 2, 4, 8 or 16 bytes.
void fb_fill(void *out, ptrdiff_t out_stride, const void *value, ptrdiff_t n, int item_size);

/// out[i] = start + (first + i) * step.
void fb_arange_f64(double *out, double start, double step, ptrdiff_t first, ptrdiff_t n);
void fb_arange_i64(int64_t *out, int64_t start, int64_t step, ptrdiff_t first, ptrdiff_t n);

// ---- Reductions of a contiguous block ---------------------------------------------------------------------------

typedef enum : int32_t { FB_SUM, FB_PROD, FB_MAX, FB_MIN, FB_ALL, FB_ANY, FB_REDUCTION_COUNT } fb_reduction_op;

/// Element type of the result of a reduction over `dtype` (sums and products of integers are int64).
int fb_reduction_result(fb_reduction_op op, int dtype);

/// Reduces `n` contiguous elements to one. Float sums run in blocks whose totals are added in double precision.
typedef void (*fb_row_reduction)(void *out, const void *a, ptrdiff_t n);
/// Reduces rows [0, rows) of a block of `columns` contiguous elements with a row stride, column by column.
typedef void (*fb_column_reduction)(void *out, const void *a, ptrdiff_t rows, ptrdiff_t row_stride, ptrdiff_t columns);
fb_row_reduction fb_find_row_reduction(fb_reduction_op op, int dtype);
fb_column_reduction fb_find_column_reduction(fb_reduction_op op, int dtype);

/// Index of the first largest (smallest) of `n` elements, a byte stride apart; the first NaN wins.
typedef int64_t (*fb_arg_reduction)(const void *a, ptrdiff_t stride, ptrdiff_t n);
fb_arg_reduction fb_find_argmax(int dtype);
fb_arg_reduction fb_find_argmin(int dtype);

/// Sum of squared differences from the mean, in double precision, and the mean.
void fb_moments_f32(const float *a, ptrdiff_t n, double *mean, double *squares);
void fb_moments_f64(const double *a, ptrdiff_t n, double *mean, double *squares);

// ---- Softmax and its losses, row by row ---------------------------------------------------------------------------

void fb_softmax_f32(float *out, const float *a, ptrdiff_t n);
void fb_softmax_f64(double *out, const double *a, ptrdiff_t n);
void fb_log_softmax_f32(float *out, const float *a, ptrdiff_t n);
void fb_log_softmax_f64(double *out, const double *a, ptrdiff_t n);
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

/// Box-Muller over 16 uniforms in place: pairs (i, i + 8).
void fb_box_muller16_f32(float *data, float mean, float std);
void fb_box_muller16_f64(double *data, double mean, double std);

// ---- Optimizers -----------------------------------------------------------------------------------------------------

typedef struct {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize, first_step;
} fb_sgd_options;

/// One step of stochastic gradient descent over `n` elements; `buffer` is the momentum, or NULL.
void fb_sgd_f32(float *parameter, const float *gradient, float *buffer, ptrdiff_t n, const fb_sgd_options *options);
void fb_sgd_f64(double *parameter, const double *gradient, double *buffer, ptrdiff_t n, const fb_sgd_options *options);

// ---- Images ---------------------------------------------------------------------------------------------------------

/// Bytes to floats in [0, 1]: value / 255, correctly rounded as PyTorch's division is.
void fb_unit_scale_u8(float *out, const uint8_t *a, ptrdiff_t n);

#endif
