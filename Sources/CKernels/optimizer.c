// Optimizer updates, one pass over the memory each.
#include "kernels.h"

// torch.optim.SGD: g += wd * p;  buf = mu * buf + (1 - damp) * g  (buf = g at first);  g = nesterov ? g + mu * buf : buf;
// p -= lr * g.
#define SGD(S, T)                                                                                                  \
    CLONES void fb_sgd_##S(T *p, const T *gradient, T *buffer, ptrdiff_t n, const fb_sgd_options *options) {       \
        const T lr = (T)options->lr, decay = (T)options->weight_decay, mu = (T)options->momentum;                  \
        const T keep = (T)(1 - options->dampening), sign = options->maximize ? -1 : 1;                             \
        if (!buffer && decay == 0 && !options->maximize) {                                                         \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) p[i] -= lr * gradient[i];                                \
        } else if (!buffer) {                                                                                      \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) p[i] -= lr * (sign * gradient[i] + decay * p[i]);        \
        } else {                                                                                                   \
            const bool first = options->first_step, nesterov = options->nesterov;                                  \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                        \
                const T g = sign * gradient[i] + decay * p[i];                                                     \
                const T b = first ? g : mu * buffer[i] + keep * g;                                                 \
                buffer[i] = b;                                                                                     \
                p[i] -= lr * (nesterov ? g + mu * b : b);                                                          \
            }                                                                                                      \
        }                                                                                                          \
    }
SGD(f32, float)
SGD(f64, double)
