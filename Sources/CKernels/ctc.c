// Connectionist temporal classification: Graves et al. 2006. States are the target's labels with a blank before, between
// and after them; alpha[t][s] is the log-probability of all ways to have come to state s at step t, beta[t][s] that of all
// ways to go on from there, both with the step's own label.
#include "kernels.h"

// log(exp(a) + exp(b) + exp(c)); of nothing but -infinity it is -infinity.
#define JOIN(S, T)                                                                                   \
    INLINE T join_##S(T a, T b, T c) {                                                               \
        T m = a > b ? a : b;                                                                         \
        m = c > m ? c : m;                                                                           \
        m = m == -(T)INFINITY ? 0 : m;                                                               \
        return fb_log_##S(fb_exp_##S(a - m) + fb_exp_##S(b - m) + fb_exp_##S(c - m)) + m;            \
    }

#define CTC(S, T)                                                                                                     \
    JOIN(S, T)                                                                                                        \
    CLONES T fb_ctc_##S(const fb_ctc_sequence *s, const T *log_probs, T *alpha, T *row) {                             \
        const ptrdiff_t n = s->states, steps = s->steps;                                                              \
        /* Without steps only the empty target is certain. */                                                         \
        if (steps == 0) return n == 1 ? -(T)0 : (T)INFINITY;                                                          \
        for (ptrdiff_t i = 0; i < n; i++) alpha[i] = i < 2 ? log_probs[s->labels[i]] : -(T)INFINITY;                  \
        for (ptrdiff_t t = 1; t < steps; t++) {                                                                       \
            const T *before = alpha + (t - 1) * n, *p = log_probs + t * s->stride;                                    \
            T *now = alpha + t * n;                                                                                   \
            for (ptrdiff_t i = 0; i < n; i++) row[i] = p[s->labels[i]];                                               \
            for (ptrdiff_t i = 0; i < n && i < 2; i++)                                                                \
                now[i] = join_##S(before[i], i > 0 ? before[i - 1] : -(T)INFINITY, -(T)INFINITY) + row[i];            \
            INDEPENDENT for (ptrdiff_t i = 2; i < n; i++) {                                                           \
                const T skipped = s->may_skip[i] ? before[i - 2] : -(T)INFINITY;                                      \
                now[i] = join_##S(before[i], before[i - 1], skipped) + row[i];                                        \
            }                                                                                                         \
        }                                                                                                             \
        const T *last = alpha + (steps - 1) * n;                                                                      \
        return -join_##S(last[n - 1], n > 1 ? last[n - 2] : -(T)INFINITY, -(T)INFINITY);                              \
    }                                                                                                                 \
    CLONES void fb_ctc_grad_##S(                                                                                      \
        const fb_ctc_sequence *s, const T *log_probs, const T *alpha, T loss, T scale, T *out, T *rows) {             \
        const ptrdiff_t n = s->states;                                                                                \
        T *beta = rows, *after = rows + n, *row = rows + 2 * n, *posterior = rows + 3 * n;                            \
        for (ptrdiff_t t = s->steps - 1; t >= 0; t--) {                                                               \
            const T *p = log_probs + t * s->stride, *a = alpha + t * n;                                               \
            T *swap = beta;                                                                                           \
            beta = after;                                                                                             \
            after = swap;                                                                                             \
            for (ptrdiff_t i = 0; i < n; i++) row[i] = p[s->labels[i]];                                               \
            if (t == s->steps - 1) {                                                                                  \
                for (ptrdiff_t i = 0; i < n; i++) beta[i] = i >= n - 2 ? row[i] : -(T)INFINITY;                       \
            } else {                                                                                                  \
                INDEPENDENT for (ptrdiff_t i = 0; i < n - 2; i++) {                                                   \
                    const T skipped = s->may_skip[i + 2] ? after[i + 2] : -(T)INFINITY;                               \
                    beta[i] = join_##S(after[i], after[i + 1], skipped) + row[i];                                     \
                }                                                                                                     \
                for (ptrdiff_t i = n < 2 ? 0 : n - 2; i < n; i++)                                                     \
                    beta[i] = join_##S(after[i], i + 1 < n ? after[i + 1] : -(T)INFINITY, -(T)INFINITY) + row[i];     \
            }                                                                                                         \
            for (ptrdiff_t c = 0; c < s->classes; c++) posterior[c] = 0;                                              \
            /* Both alpha and beta have the step's label in them. */                                                  \
            INDEPENDENT for (ptrdiff_t i = 0; i < n; i++) {                                                           \
                const T both = a[i] + beta[i];                                                                        \
                row[i] = both == -(T)INFINITY && loss < (T)INFINITY ? 0 : fb_exp_##S(both + loss - row[i]);           \
            }                                                                                                         \
            for (ptrdiff_t i = 0; i < n; i++) posterior[s->labels[i]] += row[i];                                      \
            T *o = out + t * s->stride;                                                                               \
            /* Of an impossible target there is no posterior. */                                                      \
            const T none = loss < (T)INFINITY ? 0 : (T)NAN;                                                           \
            for (ptrdiff_t c = 0; c < s->classes; c++) o[c] = (fb_exp_##S(p[c]) - posterior[c] + none) * scale;       \
        }                                                                                                             \
    }
CTC(f32, float)
CTC(f64, double)
