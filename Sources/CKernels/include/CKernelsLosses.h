// The kernels of losses and embeddings. Everything is contiguous; rows are handed over one by one or in ranges.
#ifndef FIREBRAND_CKERNELS_LOSSES_H
#define FIREBRAND_CKERNELS_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Cross entropy (softmax.c) --------------------------------------------------------------------------------------

/// The largest element of a row, and the logarithm of the sum of the exponentials relative to it.
void fb_log_sum_exp_f32(float *largest, float *log_sum, const float *a, ptrdiff_t n);
void fb_log_sum_exp_f64(double *largest, double *log_sum, const double *a, ptrdiff_t n);
/// The same down `columns` columns that are `stride` elements from row to row.
void fb_log_sum_exp_columns_f32(
    float *maxima, float *sums, const float *a, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns);
/// out = (exp(a - largest - log_sum) - [i is the class]) * scale.
void fb_cross_entropy_grad_f32(
    float *out, const float *a, float largest, float log_sum, ptrdiff_t class, float scale, ptrdiff_t n);
void fb_cross_entropy_grad_f64(
    double *out, const double *a, double largest, double log_sum, ptrdiff_t class, double scale, ptrdiff_t n);
/// The same down columns; those of the ignored class are zeros. `scale_stride` is 0 or 1.
void fb_cross_entropy_grad_columns_f32(
    float *out, const float *a, const float *maxima, const float *log_sums, const int64_t *classes, int64_t ignored,
    const float *scales, ptrdiff_t scale_stride, ptrdiff_t length, ptrdiff_t stride, ptrdiff_t columns);

// ---- Losses between pairs of numbers (pairloss.c) -------------------------------------------------------------------

typedef enum : int32_t {
    FB_SQUARED_ERROR, FB_SMOOTH_L1, FB_HUBER, FB_BINARY_ENTROPY, FB_LOGIT_ENTROPY, FB_SOFT_MARGIN, FB_PAIR_LOSS_COUNT
} fb_pair_loss;

typedef struct {
    /// out = loss(x, y).
    void (*each)(void *out, const void *x, const void *y, double parameter, ptrdiff_t n);
    /// The sum of the losses.
    double (*sum)(const void *x, const void *y, double parameter, ptrdiff_t n);
    /// out = g * d loss / dx; `g` is one number, or one for each pair.
    void (*gradient)(
        void *out, const void *g, bool has_one, const void *x, const void *y, double parameter, ptrdiff_t n);
} fb_pair_loss_kernels;

/// The kernels of a loss, for floats of 32 and 64 bits.
const fb_pair_loss_kernels *fb_find_pair_loss(fb_pair_loss loss, bool is_double);

// ---- Margins (marginloss.c) -----------------------------------------------------------------------------------------

/// The mean over the classes of max(0, margin - x[class] + x)^p, but for the class itself.
double fb_multi_margin_f32(const float *x, ptrdiff_t class, int p, double margin, ptrdiff_t n);
double fb_multi_margin_f64(const double *x, ptrdiff_t class, int p, double margin, ptrdiff_t n);
void fb_multi_margin_grad_f32(float *out, const float *x, ptrdiff_t class, int p, double margin, double scale, ptrdiff_t n);
void fb_multi_margin_grad_f64(double *out, const double *x, ptrdiff_t class, int p, double margin, double scale, ptrdiff_t n);
/// The mean over the classes of max(0, 1 - x[j] + x[i]), j in the labels and i not; `is_label` says which are.
double fb_multilabel_margin_f32(
    const float *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, ptrdiff_t n);
double fb_multilabel_margin_f64(
    const double *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, ptrdiff_t n);
void fb_multilabel_margin_grad_f32(
    float *out, const float *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, double scale,
    ptrdiff_t n);
void fb_multilabel_margin_grad_f64(
    double *out, const double *x, const int64_t *labels, ptrdiff_t label_count, const uint8_t *is_label, double scale,
    ptrdiff_t n);

// ---- Connectionist temporal classification (ctc.c) ------------------------------------------------------------------

/// One sequence: `states` labels with blanks between, `may_skip` where the label two before differs.
typedef struct {
    const int64_t *labels;
    const uint8_t *may_skip;
    ptrdiff_t states;
    ptrdiff_t steps;
    /// From step to step of the log-probabilities and of their gradient.
    ptrdiff_t stride;
    ptrdiff_t classes;
} fb_ctc_sequence;

/// Fills `alpha` (steps x states) and returns the negative log-likelihood. `row` is room for `states` numbers.
float fb_ctc_f32(const fb_ctc_sequence *s, const float *log_probs, float *alpha, float *row);
double fb_ctc_f64(const fb_ctc_sequence *s, const double *log_probs, double *alpha, double *row);
/// The gradient for scale 1 of its mean is exp(log_probs) - posterior; `rows` is room for 3 * states + classes numbers.
void fb_ctc_grad_f32(
    const fb_ctc_sequence *s, const float *log_probs, const float *alpha, float loss, float scale, float *out, float *rows);
void fb_ctc_grad_f64(
    const fb_ctc_sequence *s, const double *log_probs, const double *alpha, double loss, double scale, double *out,
    double *rows);

// ---- Embeddings (embedding.c) ---------------------------------------------------------------------------------------

/// The sum of `n` rows of a table, each times its weight where there are weights, without those of the padding; returns
/// how many it added.
#define FB_EMBEDDING(S, T)                                                                                            \
    ptrdiff_t fb_bag_sum_##S(                                                                                         \
        T *out, const T *table, ptrdiff_t width, const int64_t *indices, const T *weights, ptrdiff_t n,               \
        int64_t padding);                                                                                             \
    /* The largest of each column, and the row it is from (-1 of none). */                                            \
    ptrdiff_t fb_bag_max_##S(                                                                                         \
        T *out, int64_t *rows, const T *table, ptrdiff_t width, const int64_t *indices, ptrdiff_t n, int64_t padding); \
    /* Zeros the rows first..<last of `out`, then adds to them: for each index the row of `grad` that `bags` names (or \
       that of its place), times its scale. */                                                                        \
    void fb_bag_sum_grad_##S(                                                                                         \
        T *out, ptrdiff_t width, int64_t first, int64_t last, const int64_t *indices, const int64_t *bags,            \
        const T *scales, const T *grad, ptrdiff_t n, int64_t padding);                                                \
    void fb_bag_max_grad_##S(                                                                                         \
        T *out, ptrdiff_t width, int64_t first, int64_t last, const int64_t *rows, const T *grad, ptrdiff_t bags);     \
    /* out[i] = the product of a row of `grad` and one of the table. */                                               \
    void fb_bag_weight_grad_##S(                                                                                      \
        T *out, const T *table, const T *grad, ptrdiff_t width, const int64_t *indices, const int64_t *bags,          \
        ptrdiff_t n, int64_t padding);
FB_EMBEDDING(f32, float)
FB_EMBEDDING(f64, double)
#undef FB_EMBEDDING

#endif
