// Attention and recurrent cells; included by CKernels.h.
#ifndef FIREBRAND_CKERNELS_SEQUENCES_H
#define FIREBRAND_CKERNELS_SEQUENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One head's attention; rows are strides in elements, elements of a row lie side by side (those of the mask
/// `mask_column` apart).
typedef struct {
    ptrdiff_t queries, keys, width, value_width;
    ptrdiff_t q_row, k_row, v_row, out_row;
    ptrdiff_t grad_row, dq_row, dk_row, dv_row;
    ptrdiff_t mask_row, mask_column;
    /// What scores are multiplied with, and what probabilities are that dropout keeps.
    double scale, keep_scale;
    /// Query i sees keys 0 to i only.
    bool is_causal;
} fb_attention;

/// Elements of scratch memory, 64-byte aligned, that the next two need.
ptrdiff_t fb_attention_scratch_f32(const fb_attention *s);
ptrdiff_t fb_attention_scratch_f64(const fb_attention *s);

/// out = softmax(scale q kᵀ + mask) v for queries [first, last), and the logarithms of the softmax's sums. `mask` and
/// `kept` (queries x keys: which probabilities dropout keeps) may be NULL. A query that sees nothing gets zeros.
void fb_attention_f32(
    const fb_attention *s, float *out, float *log_sums, const float *q, const float *k, const float *v,
    const float *mask, const uint8_t *kept, float *scratch, ptrdiff_t first, ptrdiff_t last);
void fb_attention_f64(
    const fb_attention *s, double *out, double *log_sums, const double *q, const double *k, const double *v,
    const double *mask, const uint8_t *kept, double *scratch, ptrdiff_t first, ptrdiff_t last);

/// The gradients; those of keys and values are added to what is there, if told so.
void fb_attention_gradient_f32(
    const fb_attention *s, float *dq, float *dk, float *dv, bool adds, const float *grad, const float *out,
    const float *log_sums, const float *q, const float *k, const float *v, const float *mask, const uint8_t *kept,
    float *scratch);
void fb_attention_gradient_f64(
    const fb_attention *s, double *dq, double *dk, double *dv, bool adds, const double *grad, const double *out,
    const double *log_sums, const double *q, const double *k, const double *v, const double *mask, const uint8_t *kept,
    double *scratch);

// ---- Recurrent cells ------------------------------------------------------------------------------------------------

/// The plain cell with tanh or relu; gates of the others in PyTorch's order: LSTM i, f, g, o; GRU r, z, n.
typedef enum : int32_t { FB_CELL_TANH, FB_CELL_RELU, FB_CELL_LSTM, FB_CELL_GRU } fb_cell;

/// How weights are laid out: elements they take, units in a block and blocks there are, for a step and for its gradient.
typedef struct {
    ptrdiff_t count, units, blocks, gradient_units, gradient_blocks;
} fb_cell_layout;

#define FB_CELL_FUNCTIONS(S, T)                                                                                       \
    fb_cell_layout fb_cell_layout_##S(fb_cell cell, ptrdiff_t hidden);                                                \
    /* Lays out blocks [first, last) of the weights (gates * hidden x hidden), for steps or for their gradient. */    \
    void fb_cell_pack_##S(                                                                                            \
        fb_cell cell, T *packed, const T *w, ptrdiff_t w_row, ptrdiff_t hidden, ptrdiff_t first, ptrdiff_t last);     \
    void fb_cell_pack_gradient_##S(                                                                                   \
        fb_cell cell, T *packed, const T *w, ptrdiff_t w_row, ptrdiff_t hidden, ptrdiff_t first, ptrdiff_t last);     \
    /* Units [first, last) of one step for `rows` rows, first at a block's start. `gates` has the input's part; with */\
    /* `keeps` it takes the gates' values, and `candidate` the state's part of GRU's n. `bias` (or NULL) is added to */\
    /* that part. */                                                                                                  \
    void fb_cell_step_##S(                                                                                            \
        fb_cell cell, bool keeps, const T *packed, T *gates, T *candidate, const T *bias, const T *h_before,          \
        const T *c_before, T *h, T *c, ptrdiff_t hidden, ptrdiff_t rows, ptrdiff_t first, ptrdiff_t last);            \
    /* dh += next (the gradient of the next step's gates) x weights. */                                               \
    void fb_cell_hand_back_##S(                                                                                       \
        fb_cell cell, T *dh, const T *packed, const T *next, ptrdiff_t hidden, ptrdiff_t rows, ptrdiff_t first,       \
        ptrdiff_t last);                                                                                              \
    /* The gradient of a step's gates from that of its state: what `dh` has and `grad` (or NULL). `dh` and `dc` get */ \
    /* what goes on to the step before. GRU's state sees another gradient of n, in `d_hidden`. */                     \
    void fb_cell_slope_##S(                                                                                           \
        fb_cell cell, const T *gates, const T *candidate, const T *h_before, const T *c_before, const T *h,           \
        const T *c, const T *grad, T *dh, T *dc, T *d_input, T *d_hidden, ptrdiff_t hidden, ptrdiff_t rows,           \
        ptrdiff_t first, ptrdiff_t last);
FB_CELL_FUNCTIONS(f32, float)
FB_CELL_FUNCTIONS(f64, double)

#endif
