// Least squares by LAPACK's four drivers, whose argument lists differ.
#include "lapack.h"

typedef void (*gels)(
    text, integer, integer, integer, void *, integer, void *, integer, void *, integer, int *, length);
typedef void (*real_gelsy)(
    integer, integer, integer, void *, integer, void *, integer, int *, const void *, int *, void *, integer, int *);
typedef void (*complex_gelsy)(
    integer, integer, integer, void *, integer, void *, integer, int *, const void *, int *, void *, integer, void *,
    int *);
typedef void (*real_gelsd)(
    integer, integer, integer, void *, integer, void *, integer, void *, const void *, int *, void *, integer, int *,
    int *);
typedef void (*complex_gelsd)(
    integer, integer, integer, void *, integer, void *, integer, void *, const void *, int *, void *, integer, void *,
    int *, int *);
typedef void (*real_gelss)(
    integer, integer, integer, void *, integer, void *, integer, void *, const void *, int *, void *, integer, int *);
typedef void (*complex_gelss)(
    integer, integer, integer, void *, integer, void *, integer, void *, const void *, int *, void *, integer, void *,
    int *);

typedef struct {
    fb_lapack_type type;
    fb_lapack_driver driver;
    int m, n, k;
    const void *rcond;
    void *rwork;
    int *iwork;
} problem;

static void run(const problem *p, void *a, void *b, void *s, int *rank, void *work, int size, int *info) {
    int rows = leading(p->m), b_rows = leading(larger(p->m, p->n));
    bool complex_type = is_complex(p->type);
    const int *m = &p->m, *n = &p->n, *k = &p->k;
    switch (p->driver) {
        case FB_LSTSQ_GELS: {
            gels f = (gels)fb_lapack_routines[GELS][p->type];
            f("N", m, n, k, a, &rows, b, &b_rows, work, &size, info, 1);
            break;
        }
        case FB_LSTSQ_GELSY: {
            void *f = fb_lapack_routines[GELSY][p->type];
            // Every column may be moved.
            memset(p->iwork, 0, (size_t)leading(p->n) * sizeof(int));
            if (complex_type)
                ((complex_gelsy)f)(
                    m, n, k, a, &rows, b, &b_rows, p->iwork, p->rcond, rank, work, &size, p->rwork, info);
            else
                ((real_gelsy)f)(m, n, k, a, &rows, b, &b_rows, p->iwork, p->rcond, rank, work, &size, info);
            break;
        }
        case FB_LSTSQ_GELSD: {
            void *f = fb_lapack_routines[GELSD][p->type];
            if (complex_type)
                ((complex_gelsd)f)(
                    m, n, k, a, &rows, b, &b_rows, s, p->rcond, rank, work, &size, p->rwork, p->iwork, info);
            else
                ((real_gelsd)f)(m, n, k, a, &rows, b, &b_rows, s, p->rcond, rank, work, &size, p->iwork, info);
            break;
        }
        case FB_LSTSQ_GELSS: {
            void *f = fb_lapack_routines[GELSS][p->type];
            if (complex_type)
                ((complex_gelss)f)(m, n, k, a, &rows, b, &b_rows, s, p->rcond, rank, work, &size, p->rwork, info);
            else
                ((real_gelss)f)(m, n, k, a, &rows, b, &b_rows, s, p->rcond, rank, work, &size, info);
            break;
        }
    }
}

void fb_lapack_least_squares(
    fb_lapack_type type, ptrdiff_t count, fb_lapack_driver driver, double rcond, int m, int n, int k, void *a, void *b,
    void *s, int32_t *rank, int32_t *info) {
    size_t item = item_size(type), real = real_size(type);
    size_t a_size = (size_t)m * (size_t)n, b_size = (size_t)larger(m, n) * (size_t)k;
    int least = smaller(m, n), most = larger(m, n), status = 0, levels = 1;
    for (int rest = least / 26; rest > 0; rest /= 2) levels++;
    // Bounds that hold for every driver: gelsd's are the largest (its tree of problems of 25 has `levels` levels).
    size_t isize = (size_t)larger(most + 1, 3 * least * (levels + 1) + 11 * least + 1);
    size_t rsize = (size_t)(2 * most + 1) + (size_t)(10 * least + 50 * least + 8 * least * (levels + 1)) +
                   (size_t)(3 * 25 * leading(k)) + 26 * 26 + (size_t)least * (size_t)(2 * leading(k) + 2) +
                   2 * (size_t)leading(k);
    float rcond_f32 = (float)rcond;
    problem p = {
        .type = type, .driver = driver, .m = m, .n = n, .k = k,
        .rcond = real == 4 ? (const void *)&rcond_f32 : &rcond,
        .rwork = malloc(rsize * real), .iwork = malloc(isize * sizeof(int)),
    };
    double answer[2] = {0};
    if (!p.rwork || !p.iwork) count = (fail_all(info, count), 0);
    int ignored_rank = 0;
    if (count) run(&p, a, b, s, &ignored_rank, answer, -1, &status);
    int size = answered(type, answer);
    void *work = malloc((size_t)size * item);
    if (!work) count = (fail_all(info, count), 0);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&p, at(a, i, a_size, item), at(b, i, b_size, item), at(s, i, (size_t)least, real), rank + i, work, size,
            info + i);
    }
    free(work);
    free(p.rwork);
    free(p.iwork);
}
