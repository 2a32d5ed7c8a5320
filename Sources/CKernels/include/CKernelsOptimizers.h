// The updates of optimizers: parameter, gradient and running averages in one pass over the memory.
#ifndef FIREBRAND_CKERNELS_OPTIMIZERS_H
#define FIREBRAND_CKERNELS_OPTIMIZERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The update rules; the comment at each in optimizer.c says which numbers and which state it uses.
typedef enum : int32_t {
    FB_UPDATE_SGD, FB_UPDATE_ADAM, FB_UPDATE_ADAMAX, FB_UPDATE_NADAM, FB_UPDATE_RADAM, FB_UPDATE_RMSPROP,
    FB_UPDATE_ADAGRAD, FB_UPDATE_ADADELTA, FB_UPDATE_ASGD, FB_UPDATE_RPROP, FB_UPDATE_AVERAGE,
    FB_UPDATE_COUNT
} fb_update_op;

/// The numbers of one step of one parameter.
typedef struct {
    double lr;            // the length of the step, corrections included
    double lr2;           // the length along the second direction, where there is one
    double sign;          // 1, or -1 to climb
    double weight_decay;  // times the parameter is added to the gradient
    double shrink;        // what the parameter is multiplied by before the step
    double beta1, beta2;  // how much of the running averages is kept; elsewhere as said at the rule
    double scale;         // as said at the rule
    double eps;
    double low, high;
    bool first, nesterov;
} fb_update_numbers;

/// One parameter's share of a step: `count` elements of one type, in the same order in all the memory named.
typedef struct {
    fb_update_op op;
    int32_t dtype;
    void *parameter;
    const void *gradient;
    void *state[3];
    ptrdiff_t count;
    fb_update_numbers numbers;
} fb_update;

/// Whether there is such a rule for the element type.
bool fb_has_update(fb_update_op op, int dtype);

/// Does the elements [begin, end) of all updates, taken one behind the other.
void fb_run_updates(const fb_update *updates, ptrdiff_t begin, ptrdiff_t end);

// Adafactor over a tile of a matrix whose rows are `stride` elements apart; said in adafactor.c.
#define FB_DECLARE_ADAFACTOR(S, T)                                                                                 \
    double fb_adafactor_squares_##S(                                                                               \
        const T *parameter, const T *slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, double *row_sums, \
        double *column_sums);                                                                                      \
    void fb_adafactor_average_##S(                                                                                 \
        T *average, const double *sums, ptrdiff_t n, ptrdiff_t parts, double count, double weight);                \
    double fb_adafactor_step_square_##S(                                                                           \
        const T *slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, const T *row_factors,                 \
        const T *column_factors, double least);                                                                    \
    void fb_adafactor_step_##S(                                                                                    \
        T *parameter, const T *slope, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, const T *row_factors,   \
        const T *column_factors, double least, double shrink, double length);
FB_DECLARE_ADAFACTOR(f32, float)
FB_DECLARE_ADAFACTOR(f64, double)

#endif
