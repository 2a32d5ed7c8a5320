// Recurrent cells: the state's product with the weights and the gates' functions in one go, the weights laid out once for
// all steps.
#include "levels.h"

INLINE float gate_sigmoid(float x) { return 1.0f / (1.0f + fast_exp_f32(-x)); }
// As fb_tanh_f32.
INLINE float gate_tanh(float x) {
    const float far = 1.0f - 2.0f / (fast_exp_f32(2.0f * x) + 1.0f), z = x * x;
    float p = -5.70498872745e-3f * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    return fabsf(x) < 0.625f ? p * z * x + x : far;
}

#if HAS_WIDE
#define LEVEL wide
#define TARGET WIDE_TARGET
#define REGISTERS 24
#define T float
#define S f32
#define LANES 16
#define TANH gate_tanh
#define SIGMOID gate_sigmoid
#include "recurrent.inc"
#undef TANH
#undef SIGMOID
#define T double
#define S f64
#define LANES 8
#define TANH fb_tanh_f64
#define SIGMOID fb_sigmoid_f64
#include "recurrent.inc"
#undef TANH
#undef SIGMOID
#undef LEVEL
#undef TARGET
#undef REGISTERS
#endif

#define LEVEL plain
#define TARGET PLAIN_TARGET
#define REGISTERS 8
#define T float
#define S f32
#define LANES 8
#define TANH gate_tanh
#define SIGMOID gate_sigmoid
#include "recurrent.inc"
#undef TANH
#undef SIGMOID
#define T double
#define S f64
#define LANES 4
#define TANH fb_tanh_f64
#define SIGMOID fb_sigmoid_f64
#include "recurrent.inc"

#if HAS_WIDE
#define CHOOSE(FUNCTION, S, ...) (is_wide() ? FUNCTION##_##S##_wide(__VA_ARGS__) : FUNCTION##_##S##_plain(__VA_ARGS__))
#define PANEL_OF(S) (is_wide() ? PANEL_##S##_wide : PANEL_##S##_plain)
#else
#define CHOOSE(FUNCTION, S, ...) FUNCTION##_##S##_plain(__VA_ARGS__)
#define PANEL_OF(S) (PANEL_##S##_plain)
#endif

#define DEFINE(S, T)                                                                                                  \
    fb_cell_layout fb_cell_layout_##S(fb_cell cell, ptrdiff_t hidden) {                                               \
        const ptrdiff_t panel = PANEL_OF(S), units = cell <= FB_CELL_RELU ? panel : panel / 4;                        \
        return (fb_cell_layout){                                                                                      \
            CHOOSE(packed_count, S, cell, hidden), units, (hidden + units - 1) / units, panel,                        \
            (hidden + panel - 1) / panel};                                                                            \
    }                                                                                                                 \
    void fb_cell_pack_##S(                                                                                            \
        fb_cell cell, T *packed, const T *w, ptrdiff_t w_row, ptrdiff_t hidden, ptrdiff_t first, ptrdiff_t last) {    \
        CHOOSE(pack, S, cell, packed, w, w_row, hidden, first, last);                                                 \
    }                                                                                                                 \
    void fb_cell_pack_gradient_##S(                                                                                   \
        fb_cell cell, T *packed, const T *w, ptrdiff_t w_row, ptrdiff_t hidden, ptrdiff_t first, ptrdiff_t last) {    \
        CHOOSE(pack_gradient, S, cell, packed, w, w_row, hidden, first, last);                                        \
    }                                                                                                                 \
    void fb_cell_step_##S(                                                                                            \
        fb_cell cell, bool keeps, const T *packed, T *gates, T *candidate, const T *bias, const T *h_before,          \
        const T *c_before, T *h, T *c, ptrdiff_t hidden, ptrdiff_t rows, ptrdiff_t first, ptrdiff_t last) {           \
        CHOOSE(                                                                                                       \
            step, S, cell, keeps, packed, gates, candidate, bias, h_before, c_before, h, c, hidden, rows, first, last);       \
    }                                                                                                                 \
    void fb_cell_hand_back_##S(                                                                                       \
        fb_cell cell, T *dh, const T *packed, const T *next, ptrdiff_t hidden, ptrdiff_t rows, ptrdiff_t first,       \
        ptrdiff_t last) {                                                                                             \
        CHOOSE(hand_back, S, cell, dh, packed, next, hidden, rows, first, last);                                      \
    }                                                                                                                 \
    void fb_cell_slope_##S(                                                                                           \
        fb_cell cell, const T *gates, const T *candidate, const T *h_before, const T *c_before, const T *h,           \
        const T *c, const T *grad, T *dh, T *dc, T *d_input, T *d_hidden, ptrdiff_t hidden, ptrdiff_t rows,           \
        ptrdiff_t first, ptrdiff_t last) {                                                                            \
        CHOOSE(                                                                                                       \
            slope, S, cell, gates, candidate, h_before, c_before, h, c, grad, dh, dc, d_input, d_hidden, hidden, rows, \
            first, last);                                                                                             \
    }
DEFINE(f32, float)
DEFINE(f64, double)
