// Products of reflectors: QR factors.
#include "lapack.h"

void fb_lapack_qr(fb_lapack_type type, ptrdiff_t count, int m, int n, void *a, void *tau, int32_t *info) {
    typedef void (*geqrf)(integer, integer, void *, integer, void *, void *, integer, int *);
    geqrf run = (geqrf)fb_lapack_routines[GEQRF][type];
    size_t item = item_size(type), elements = (size_t)m * (size_t)n, taus = (size_t)smaller(m, n);
    int rows = leading(m), query = -1, status = 0;
    double answer[2] = {0};
    run(&m, &n, a, &rows, tau, answer, &query, &status);
    int size = larger(answered(type, answer), leading(n));
    void *work = malloc((size_t)size * item);
    if (!work) return fail_all(info, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&m, &n, at(a, i, elements, item), &rows, at(tau, i, taus, item), work, &size, info + i);
    }
    free(work);
}

void fb_lapack_reflector_product(
    fb_lapack_type type, ptrdiff_t count, int m, int n, int k, void *a, const void *tau, int32_t *info) {
    typedef void (*orgqr)(
        integer, integer, integer, void *, integer, const void *, void *, integer, int *);
    orgqr run = (orgqr)fb_lapack_routines[ORGQR][type];
    size_t item = item_size(type), elements = (size_t)m * (size_t)n;
    int rows = leading(m), query = -1, status = 0;
    double answer[2] = {0};
    run(&m, &n, &k, a, &rows, tau, answer, &query, &status);
    int size = larger(answered(type, answer), leading(n));
    void *work = malloc((size_t)size * item);
    if (!work) return fail_all(info, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&m, &n, &k, at(a, i, elements, item), &rows, at(tau, i, (size_t)k, item), work, &size, info + i);
    }
    free(work);
}

void fb_lapack_reflect(
    fb_lapack_type type, ptrdiff_t count, char side, char op, int m, int n, int k, const void *a, const void *tau,
    void *c, int32_t *info) {
    typedef void (*ormqr)(
        text, text, integer, integer, integer, const void *, integer, const void *, void *, integer, void *, integer,
        int *, length, length);
    ormqr run = (ormqr)fb_lapack_routines[ORMQR][type];
    size_t item = item_size(type);
    int order = side == 'L' ? m : n, rows = leading(order), c_rows = leading(m), query = -1, status = 0;
    double answer[2] = {0};
    run(&side, &op, &m, &n, &k, a, &rows, tau, c, &c_rows, answer, &query, &status, 1, 1);
    int size = larger(answered(type, answer), larger(leading(m), leading(n)));
    void *work = malloc((size_t)size * item);
    if (!work) return fail_all(info, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&side, &op, &m, &n, &k, at(a, i, (size_t)order * (size_t)k, item), &rows, at(tau, i, (size_t)k, item),
            at(c, i, (size_t)m * (size_t)n, item), &c_rows, work, &size, info + i, 1, 1);
    }
    free(work);
}
