// What the files of reductions share. A kernel joins elements to accumulators, so that a driver can hand it the elements in
// pieces: rows of contiguous elements to one accumulator, or columns to one accumulator each. See `fb_reduction`.
#ifndef FIREBRAND_REDUCE_H
#define FIREBRAND_REDUCE_H

#include "kernels.h"

// What the compiler needs to know of a block on the stack: how many columns a call may have.
enum { COLUMNS = FB_REDUCTION_COLUMNS, LANES = 32, BLOCK = 512, CHUNK = 1024 };

#define INIT(NAME, A, ...)                                                \
    static void NAME##_init(void *acc, ptrdiff_t n) {                     \
        for (ptrdiff_t i = 0; i < n; i++) ((A *)acc)[i] = (A)__VA_ARGS__; \
    }
#define JOIN(NAME, A, EXPRESSION)                                                      \
    static void NAME##_join(void *acc, const void *other, ptrdiff_t n) {               \
        for (ptrdiff_t i = 0; i < n; i++) {                                            \
            const A s = ((A *)acc)[i], a = ((const A *)other)[i];                      \
            ((A *)acc)[i] = EXPRESSION;                                                \
        }                                                                              \
    }
#define FINISH(NAME, A, R, EXPRESSION)                                                          \
    static void NAME##_finish(void *out, void *second, const void *acc, ptrdiff_t n) {          \
        for (ptrdiff_t i = 0; i < n; i++) {                                                     \
            const A s = ((const A *)acc)[i];                                                    \
            ((R *)out)[i] = (R)(EXPRESSION);                                                    \
        }                                                                                       \
    }
#define ENTRY(NAME, A, R) {sizeof(A), R, NAME##_init, NAME##_row, NAME##_column, NAME##_join, NAME##_finish}

// ---- What one expression joins: s is the accumulator, a the element -------------------------------------------------
// Only for expressions that compilers see through: integers and logic.

#define FOLD(NAME, T, A, START, EXPRESSION)                                                                \
    CLONES static void NAME##_row(void *acc, const void *input, ptrdiff_t n) {                             \
        const T *x = input;                                                                                \
        A s = *(A *)acc;                                                                                   \
        for (ptrdiff_t i = 0; i < n; i++) {                                                                \
            const A a = (A)x[i];                                                                           \
            s = EXPRESSION;                                                                                \
        }                                                                                                  \
        *(A *)acc = s;                                                                                     \
    }                                                                                                      \
    CLONES static void NAME##_column(                                                                      \
        void *acc, const void *input, ptrdiff_t rows, ptrdiff_t stride, ptrdiff_t columns) {               \
        A *o = acc;                                                                                        \
        for (ptrdiff_t r = 0; r < rows; r++) {                                                             \
            const T *x = (const T *)input + r * stride;                                                    \
            INDEPENDENT for (ptrdiff_t c = 0; c < columns; c++) {                                          \
                const A s = o[c], a = (A)x[c];                                                             \
                o[c] = EXPRESSION;                                                                         \
            }                                                                                              \
        }                                                                                                  \
    }

// Parts of the table behind fb_find_reduction; NULL for what is not theirs.
const fb_reduction *fb_find_extremum(fb_reduction_op op, int dtype);
const fb_reduction *fb_find_moments(fb_reduction_op op, int dtype);

#endif
