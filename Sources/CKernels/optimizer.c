// Optimizer updates, one pass over the memory each.
//
// In every rule g = sign * gradient + weight_decay * p, and p is multiplied by `shrink` before the step.
#include "kernels.h"

#define UPDATE_LENGTH 512

typedef void (*update_kernel)(void *p, const void *g, void *const *state, ptrdiff_t n, const fb_update_numbers *x);

#define SLOPE (decay != 0 ? sign * gradient[i] + decay * p[i] : sign * gradient[i])
#define COMMON(T)                                                                                                  \
    T *restrict p = parameter;                                                                                     \
    const T *restrict gradient = slope;                                                                            \
    const T lr = (T)x->lr, sign = (T)x->sign, decay = (T)x->weight_decay, shrink = (T)x->shrink;                   \
    (void)p, (void)gradient, (void)lr, (void)sign, (void)decay, (void)shrink
#define ARGUMENTS void *parameter, const void *slope, void *const *state, ptrdiff_t n, const fb_update_numbers *x
#define ROOT(value) __builtin_elementwise_sqrt(value)
// What torch.lerp computes: exact at both ends.
#define LERP(a, b, weight, rest) (weight < 0.5f ? a + weight * (b - a) : b - (b - a) * rest)

// SGD. state[0]: the momentum b = beta1 * b + beta2 * g (b = g at first), or NULL. p -= lr * (nesterov ? g + beta1 * b : b)
#define SGD(S, T)                                                                                                  \
    CLONES static void sgd_##S(ARGUMENTS) {                                                                        \
        COMMON(T);                                                                                                 \
        T *restrict buffer = state[0];                                                                             \
        const T mu = (T)x->beta1, gain = (T)x->beta2;                                                              \
        if (!buffer && decay == 0) {                                                                               \
            const T step = lr * sign;                                                                              \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) p[i] -= step * gradient[i];                              \
        } else if (!buffer) {                                                                                      \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) p[i] -= lr * (sign * gradient[i] + decay * p[i]);        \
        } else {                                                                                                   \
            const bool first = x->first, nesterov = x->nesterov;                                                   \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                        \
                const T g = SLOPE;                                                                                 \
                const T b = first ? g : mu * buffer[i] + gain * g;                                                 \
                buffer[i] = b;                                                                                     \
                p[i] -= lr * (nesterov ? g + mu * b : b);                                                          \
            }                                                                                                      \
        }                                                                                                          \
    }

// Adam. state[0]: m, the mean of g; state[1]: v, the mean of g^2; state[2]: the largest v so far, or NULL.
// p -= lr * m / (scale * sqrt(v) + eps)
#define ADAM(S, T)                                                                                                 \
    INLINE void adam_loop_##S(ARGUMENTS, const bool amsgrad) {                                                     \
        COMMON(T);                                                                                                 \
        T *restrict mean = state[0], *restrict square = state[1], *restrict largest = state[2];                    \
        const T rest1 = (T)x->beta1, weight1 = (T)(1 - x->beta1), rest2 = (T)x->beta2;                             \
        const T weight2 = (T)(1 - x->beta2), scale = (T)x->scale, eps = (T)x->eps;                                 \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T old = shrink * p[i];                                                                           \
            const T g = SLOPE;                                                                                     \
            const T m = LERP(mean[i], g, weight1, rest1);                                                          \
            const T v = rest2 * square[i] + weight2 * (g * g);                                                     \
            mean[i] = m;                                                                                           \
            square[i] = v;                                                                                         \
            T top = v;                                                                                             \
            if (amsgrad) {                                                                                         \
                top = largest[i];                                                                                  \
                top = v > top || v != v ? v : top;                                                                 \
                largest[i] = top;                                                                                  \
            }                                                                                                      \
            p[i] = old - lr * (m / (ROOT(top) * scale + eps));                                                     \
        }                                                                                                          \
    }                                                                                                              \
    CLONES static void adam_##S(ARGUMENTS) {                                                                       \
        if (state[2]) adam_loop_##S(parameter, slope, state, n, x, true);                                          \
        else adam_loop_##S(parameter, slope, state, n, x, false);                                                  \
    }

// Adamax. state[0]: m, the mean of g; state[1]: u = max(beta2 * u, |g| + eps). p -= lr * m / u
#define ADAMAX(S, T)                                                                                               \
    CLONES static void adamax_##S(ARGUMENTS) {                                                                     \
        COMMON(T);                                                                                                 \
        T *restrict mean = state[0], *restrict extreme = state[1];                                                 \
        const T rest1 = (T)x->beta1, weight1 = (T)(1 - x->beta1), rest2 = (T)x->beta2, eps = (T)x->eps;            \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T g = SLOPE;                                                                                     \
            const T m = LERP(mean[i], g, weight1, rest1);                                                          \
            const T before = rest2 * extreme[i], now = (g < 0 ? -g : g) + eps;                                     \
            const T u = now > before || now != now ? now : before;                                                 \
            mean[i] = m;                                                                                           \
            extreme[i] = u;                                                                                        \
            p[i] -= lr * (m / u);                                                                                  \
        }                                                                                                          \
    }

// NAdam. state as Adam's first two. p -= (lr * g + lr2 * m) / (sqrt(v * scale) + eps)
#define NADAM(S, T)                                                                                                \
    CLONES static void nadam_##S(ARGUMENTS) {                                                                      \
        COMMON(T);                                                                                                 \
        T *restrict mean = state[0], *restrict square = state[1];                                                  \
        const T rest1 = (T)x->beta1, weight1 = (T)(1 - x->beta1), rest2 = (T)x->beta2;                             \
        const T weight2 = (T)(1 - x->beta2), scale = (T)x->scale, eps = (T)x->eps, lr2 = (T)x->lr2;                \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T old = shrink * p[i];                                                                           \
            const T g = SLOPE;                                                                                     \
            const T m = LERP(mean[i], g, weight1, rest1);                                                          \
            const T v = rest2 * square[i] + weight2 * (g * g);                                                     \
            mean[i] = m;                                                                                           \
            square[i] = v;                                                                                         \
            p[i] = old - (lr * g + lr2 * m) / (ROOT(v * scale) + eps);                                             \
        }                                                                                                          \
    }

// RAdam. state as Adam's first two. p -= lr * m / (sqrt(v) + eps), or while the variance is not to be trusted (`first`)
// p -= lr * m
#define RADAM(S, T)                                                                                                \
    CLONES static void radam_##S(ARGUMENTS) {                                                                      \
        COMMON(T);                                                                                                 \
        T *restrict mean = state[0], *restrict square = state[1];                                                  \
        const T rest1 = (T)x->beta1, weight1 = (T)(1 - x->beta1), rest2 = (T)x->beta2;                             \
        const T weight2 = (T)(1 - x->beta2), eps = (T)x->eps;                                                      \
        const bool plain = x->first;                                                                               \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T old = shrink * p[i];                                                                           \
            const T g = SLOPE;                                                                                     \
            const T m = LERP(mean[i], g, weight1, rest1);                                                          \
            const T v = rest2 * square[i] + weight2 * (g * g);                                                     \
            mean[i] = m;                                                                                           \
            square[i] = v;                                                                                         \
            p[i] = old - lr * (plain ? m : m / (ROOT(v) + eps));                                                   \
        }                                                                                                          \
    }

// RMSprop. state[0]: v, the mean of g^2 with beta2; state[1]: the momentum b = beta1 * b + g / (sqrt(v) + eps), or NULL;
// state[2]: the mean of g, whose square is taken off v, or NULL. p -= lr * b
#define RMSPROP(S, T)                                                                                              \
    INLINE void rmsprop_loop_##S(ARGUMENTS, const bool has_momentum, const bool centered) {                        \
        COMMON(T);                                                                                                 \
        T *restrict square = state[0], *restrict buffer = state[1], *restrict mean = state[2];                     \
        const T mu = (T)x->beta1, rest = (T)x->beta2, weight = (T)(1 - x->beta2), eps = (T)x->eps;                 \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T g = SLOPE;                                                                                     \
            T v = rest * square[i] + weight * (g * g);                                                             \
            square[i] = v;                                                                                         \
            if (centered) {                                                                                        \
                const T m = LERP(mean[i], g, weight, rest);                                                        \
                mean[i] = m;                                                                                       \
                v = v - m * m;                                                                                     \
            }                                                                                                      \
            T step = g / (ROOT(v) + eps);                                                                          \
            if (has_momentum) {                                                                                    \
                step = mu * buffer[i] + step;                                                                      \
                buffer[i] = step;                                                                                  \
            }                                                                                                      \
            p[i] -= lr * step;                                                                                     \
        }                                                                                                          \
    }                                                                                                              \
    CLONES static void rmsprop_##S(ARGUMENTS) {                                                                    \
        if (state[1] && state[2]) rmsprop_loop_##S(parameter, slope, state, n, x, true, true);                     \
        else if (state[1]) rmsprop_loop_##S(parameter, slope, state, n, x, true, false);                           \
        else if (state[2]) rmsprop_loop_##S(parameter, slope, state, n, x, false, true);                           \
        else rmsprop_loop_##S(parameter, slope, state, n, x, false, false);                                        \
    }

// Adagrad. state[0]: the sum of g^2. p -= lr * g / (sqrt(sum) + eps)
#define ADAGRAD(S, T)                                                                                              \
    CLONES static void adagrad_##S(ARGUMENTS) {                                                                    \
        COMMON(T);                                                                                                 \
        T *restrict sum = state[0];                                                                                \
        const T eps = (T)x->eps;                                                                                   \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T g = SLOPE;                                                                                     \
            const T s = sum[i] + g * g;                                                                            \
            sum[i] = s;                                                                                            \
            p[i] -= lr * (g / (ROOT(s) + eps));                                                                    \
        }                                                                                                          \
    }

// Adadelta. state[0]: v, the mean of g^2 with beta2; state[1]: u, that of the steps d. d = g * sqrt(u + eps) / sqrt(v + eps),
// p -= lr * d
#define ADADELTA(S, T)                                                                                             \
    CLONES static void adadelta_##S(ARGUMENTS) {                                                                   \
        COMMON(T);                                                                                                 \
        T *restrict square = state[0], *restrict steps = state[1];                                                 \
        const T rest = (T)x->beta2, weight = (T)(1 - x->beta2), eps = (T)x->eps;                                   \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T g = SLOPE;                                                                                     \
            const T v = rest * square[i] + weight * (g * g), u = steps[i];                                         \
            const T d = ROOT(u + eps) / ROOT(v + eps) * g;                                                         \
            square[i] = v;                                                                                         \
            steps[i] = rest * u + weight * (d * d);                                                                \
            p[i] -= lr * d;                                                                                        \
        }                                                                                                          \
    }

// ASGD. state[0]: the mean of the parameters, a += scale * (p - a), or p itself where scale is 1. p -= lr * g
#define ASGD(S, T)                                                                                                 \
    CLONES static void asgd_##S(ARGUMENTS) {                                                                       \
        COMMON(T);                                                                                                 \
        T *restrict mean = state[0];                                                                               \
        const T weight = (T)x->scale;                                                                              \
        const bool replaces = x->scale == 1;                                                                       \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            const T g = SLOPE;                                                                                     \
            const T new = shrink * p[i] - lr * g;                                                                  \
            p[i] = new;                                                                                            \
            mean[i] = replaces ? new : mean[i] + weight * (new - mean[i]);                                         \
        }                                                                                                          \
    }

// Rprop. state[0]: the last gradient; state[1]: the length of the step, times beta2 while the sign stays, times beta1 where
// it changed (and then no step is taken), in [low, high].
#define RPROP(S, T)                                                                                                \
    CLONES static void rprop_##S(ARGUMENTS) {                                                                      \
        COMMON(T);                                                                                                 \
        T *restrict last = state[0], *restrict length = state[1];                                                  \
        const T less = (T)x->beta1, more = (T)x->beta2, low = (T)x->low, high = (T)x->high;                        \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                            \
            T g = sign * gradient[i];                                                                              \
            const T product = g * last[i];                                                                         \
            T step = length[i] * (product > 0 ? more : product < 0 ? less : product == 0 ? (T)1 : product);        \
            step = step < low ? low : step;                                                                        \
            step = step > high ? high : step;                                                                      \
            g = product < 0 ? 0 : g;                                                                               \
            length[i] = step;                                                                                      \
            last[i] = g;                                                                                           \
            p[i] -= g > 0 ? step : g < 0 ? -step : 0;                                                              \
        }                                                                                                          \
    }

// Not of an optimizer: the running average of parameters, of which `gradient` is the newest. p = lerp(p, gradient, scale)
#define AVERAGE(S, T)                                                                                              \
    CLONES static void average_##S(ARGUMENTS) {                                                                    \
        COMMON(T);                                                                                                 \
        (void)state;                                                                                               \
        const T weight = (T)x->scale, rest = (T)(1 - x->scale);                                                    \
        INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) p[i] = LERP(p[i], gradient[i], weight, rest);                \
    }

SGD(f32, float) SGD(f64, double)
ADAM(f32, float) ADAM(f64, double)
ADAMAX(f32, float) ADAMAX(f64, double)
NADAM(f32, float) NADAM(f64, double)
RADAM(f32, float) RADAM(f64, double)
RMSPROP(f32, float) RMSPROP(f64, double)
ADAGRAD(f32, float) ADAGRAD(f64, double)
ADADELTA(f32, float) ADADELTA(f64, double)
ASGD(f32, float) ASGD(f64, double)
RPROP(f32, float) RPROP(f64, double)
AVERAGE(f32, float) AVERAGE(f64, double)

#define KERNELS(S)                                                                                                 \
    {[FB_UPDATE_SGD] = sgd_##S,         [FB_UPDATE_ADAM] = adam_##S,         [FB_UPDATE_ADAMAX] = adamax_##S,      \
     [FB_UPDATE_NADAM] = nadam_##S,     [FB_UPDATE_RADAM] = radam_##S,       [FB_UPDATE_RMSPROP] = rmsprop_##S,    \
     [FB_UPDATE_ADAGRAD] = adagrad_##S, [FB_UPDATE_ADADELTA] = adadelta_##S, [FB_UPDATE_ASGD] = asgd_##S,          \
     [FB_UPDATE_RPROP] = rprop_##S,     [FB_UPDATE_AVERAGE] = average_##S}
static const update_kernel kernels_f32[FB_UPDATE_COUNT] = KERNELS(f32);
static const update_kernel kernels_f64[FB_UPDATE_COUNT] = KERNELS(f64);

bool fb_has_update(fb_update_op op, int dtype) {
    return op >= 0 && op < FB_UPDATE_COUNT
        && (dtype == FB_F32 || dtype == FB_F64 || dtype == FB_F16 || dtype == FB_BF16);
}

// 16-bit floats are computed with in float32, block by block, and rounded once.
static void run_narrow(const fb_update *u, ptrdiff_t begin, ptrdiff_t end) {
    _Alignas(64) float p[UPDATE_LENGTH], g[UPDATE_LENGTH], s[3][UPDATE_LENGTH];
    const fb_unary_kernel widen = fb_find_cast(u->dtype, FB_F32), narrow = fb_find_cast(FB_F32, u->dtype);
    for (ptrdiff_t at = begin; at < end; at += UPDATE_LENGTH) {
        const ptrdiff_t n = end - at < UPDATE_LENGTH ? end - at : UPDATE_LENGTH;
        void *state[3] = {0};
        widen(p, 4, (const char *)u->parameter + 2 * at, 2, n);
        widen(g, 4, (const char *)u->gradient + 2 * at, 2, n);
        for (int k = 0; k < 3; k++) {
            if (!u->state[k]) continue;
            state[k] = s[k];
            widen(s[k], 4, (const char *)u->state[k] + 2 * at, 2, n);
        }
        kernels_f32[u->op](p, g, state, n, &u->numbers);
        narrow((char *)u->parameter + 2 * at, 2, p, 4, n);
        for (int k = 0; k < 3; k++)
            if (state[k]) narrow((char *)u->state[k] + 2 * at, 2, s[k], 4, n);
    }
}

static void run_part(const fb_update *u, ptrdiff_t begin, ptrdiff_t end) {
    if (u->dtype == FB_F16 || u->dtype == FB_BF16) {
        run_narrow(u, begin, end);
        return;
    }
    const ptrdiff_t offset = begin * (u->dtype == FB_F32 ? 4 : 8);
    void *state[3];
    for (int k = 0; k < 3; k++) state[k] = u->state[k] ? (char *)u->state[k] + offset : NULL;
    (u->dtype == FB_F32 ? kernels_f32 : kernels_f64)[u->op](
        (char *)u->parameter + offset, (const char *)u->gradient + offset, state, end - begin, &u->numbers);
}

void fb_run_updates(const fb_update *updates, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t start = 0; start < end; updates++) {
        const ptrdiff_t from = begin > start ? begin - start : 0;
        const ptrdiff_t to = end - start < updates->count ? end - start : updates->count;
        if (from < to) run_part(updates, from, to);
        start += updates->count;
    }
}
