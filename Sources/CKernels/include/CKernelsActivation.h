// Activations of networks and their gradients, each in one pass. Strides are in bytes.
#ifndef FIREBRAND_CKERNELS_ACTIVATION_H
#define FIREBRAND_CKERNELS_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

typedef enum : int32_t {
    // Of one operand, and behind each its gradient: of (gradient, operand).
    FB_THRESHOLD, FB_THRESHOLD_GRAD,
    FB_HARDTANH, FB_HARDTANH_GRAD,
    FB_HARDSWISH, FB_HARDSWISH_GRAD,
    FB_HARDSIGMOID, FB_HARDSIGMOID_GRAD,
    FB_HARDSHRINK, FB_HARDSHRINK_GRAD,
    FB_SOFTSHRINK, FB_SOFTSHRINK_GRAD,
    FB_LEAKY_RELU, FB_LEAKY_RELU_GRAD,
    FB_ELU, FB_ELU_GRAD,
    FB_SOFTPLUS, FB_SOFTPLUS_GRAD,
    FB_LOG_SIGMOID, FB_LOG_SIGMOID_GRAD,
    FB_SILU, FB_SILU_GRAD,
    FB_MISH, FB_MISH_GRAD,
    FB_GELU, FB_GELU_GRAD,
    FB_GELU_TANH, FB_GELU_TANH_GRAD,
    FB_SOFTSIGN, FB_SOFTSIGN_GRAD,
    FB_TANHSHRINK, FB_TANHSHRINK_GRAD,
    // Of two operands, and the gradients of either: of (gradient, a, b).
    FB_PRELU, FB_PRELU_GRAD_A, FB_PRELU_GRAD_B,
    FB_GLU, FB_GLU_GRAD_A, FB_GLU_GRAD_B,
    FB_ACTIVATION_COUNT
} fb_activation_op;

/// The operands that an operation has not are NULL; `numbers` are its up to three constants.
typedef void (*fb_activation_kernel)(
    void *out, ptrdiff_t out_stride, const void *a, ptrdiff_t a_stride, const void *b, ptrdiff_t b_stride, const void *c,
    ptrdiff_t c_stride, ptrdiff_t n, const double *numbers);

/// NULL for types other than float and double.
fb_activation_kernel fb_find_activation(fb_activation_op op, int dtype);

#endif
