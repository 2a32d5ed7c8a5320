// Scaled dot-product attention, one head at a time: its scores never leave the cache (T. Dao et al., "FlashAttention",
// 2022, in the form without tiles over the keys), and backward computes them again.
#include "levels.h"

#if HAS_WIDE
#define LEVEL wide
#define TARGET WIDE_TARGET
#define REGISTERS 24
#define T float
#define S f32
#define LANES 16
#define EXP fast_exp_f32
#define LOG fb_log_f32
#include "attention.inc"
#undef EXP
#undef LOG
#define T double
#define S f64
#define LANES 8
#define EXP fb_exp_f64
#define LOG fb_log_f64
#include "attention.inc"
#undef EXP
#undef LOG
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
#define EXP fast_exp_f32
#define LOG fb_log_f32
#include "attention.inc"
#undef EXP
#undef LOG
#define T double
#define S f64
#define LANES 4
#define EXP fb_exp_f64
#define LOG fb_log_f64
#include "attention.inc"

#if HAS_WIDE
#define CHOOSE(FUNCTION, S, ...) (is_wide() ? FUNCTION##_##S##_wide(__VA_ARGS__) : FUNCTION##_##S##_plain(__VA_ARGS__))
#else
#define CHOOSE(FUNCTION, S, ...) FUNCTION##_##S##_plain(__VA_ARGS__)
#endif

#define DEFINE(S, T)                                                                                                  \
    ptrdiff_t fb_attention_scratch_##S(const fb_attention *s) { return CHOOSE(scratch, S, s); }                       \
    void fb_attention_##S(                                                                                            \
        const fb_attention *s, T *out, T *log_sums, const T *q, const T *k, const T *v, const T *mask,                \
        const uint8_t *kept, T *scratch, ptrdiff_t first, ptrdiff_t last) {                                           \
        CHOOSE(forward, S, s, out, log_sums, q, k, v, mask, kept, scratch, first, last);                              \
    }                                                                                                                 \
    void fb_attention_gradient_##S(                                                                                   \
        const fb_attention *s, T *dq, T *dk, T *dv, bool adds, const T *grad, const T *out, const T *log_sums,        \
        const T *q, const T *k, const T *v, const T *mask, const uint8_t *kept, T *scratch) {                         \
        CHOOSE(backward, S, s, dq, dk, dv, adds, grad, out, log_sums, q, k, v, mask, kept, scratch);                  \
    }
DEFINE(f32, float)
DEFINE(f64, double)
