// Eigenvalues and singular values.
#include "lapack.h"

void fb_lapack_eigh(
    fb_lapack_type type, ptrdiff_t count, bool vectors, char triangle, int n, void *a, void *values, int32_t *info) {
    typedef void (*syevd)(
        text, text, integer, void *, integer, void *, void *, integer, int *, integer, int *, length, length);
    typedef void (*heevd)(
        text, text, integer, void *, integer, void *, void *, integer, void *, integer, int *, integer, int *, length,
        length);
    size_t item = item_size(type), real = real_size(type);
    int rows = leading(n), query = -1, status = 0, iwork_answer = 0;
    double answer[2] = {0}, rwork_answer[2] = {0};
    text job = vectors ? "V" : "N";
    syevd symmetric = (syevd)fb_lapack_routines[SYEVD][type];
    heevd hermitian = (heevd)fb_lapack_routines[SYEVD][type];
    if (is_complex(type))
        hermitian(
            job, &triangle, &n, a, &rows, values, answer, &query, rwork_answer, &query, &iwork_answer, &query, &status,
            1, 1);
    else
        symmetric(job, &triangle, &n, a, &rows, values, answer, &query, &iwork_answer, &query, &status, 1, 1);
    int size = answered(type, answer), rsize = answered(type, rwork_answer), isize = larger(1, iwork_answer);
    void *work = malloc((size_t)size * item);
    void *rwork = malloc((size_t)rsize * real);
    int *iwork = malloc((size_t)isize * sizeof(int));
    if (!work || !rwork || !iwork) count = (fail_all(info, count), 0);
    for (ptrdiff_t i = 0; i < count; i++) {
        void *matrix = at(a, i, (size_t)n * (size_t)n, item), *w = at(values, i, (size_t)n, real);
        info[i] = 0;
        if (is_complex(type))
            hermitian(
                job, &triangle, &n, matrix, &rows, w, work, &size, rwork, &rsize, iwork, &isize, info + i, 1, 1);
        else
            symmetric(job, &triangle, &n, matrix, &rows, w, work, &size, iwork, &isize, info + i, 1, 1);
    }
    free(work);
    free(rwork);
    free(iwork);
}

void fb_lapack_eig(
    fb_lapack_type type, ptrdiff_t count, int n, void *a, void *values, void *vectors, int32_t *info) {
    typedef void (*real_geev)(
        text, text, integer, void *, integer, void *, void *, void *, integer, void *, integer, void *, integer, int *,
        length, length);
    typedef void (*complex_geev)(
        text, text, integer, void *, integer, void *, void *, integer, void *, integer, void *, integer, void *, int *,
        length, length);
    real_geev real_run = (real_geev)fb_lapack_routines[GEEV][type];
    complex_geev complex_run = (complex_geev)fb_lapack_routines[GEEV][type];
    size_t item = item_size(type);
    size_t matrix = (size_t)n * (size_t)n, values_of_one = (size_t)n * (is_complex(type) ? 1 : 2);
    int rows = leading(n), query = -1, status = 0;
    double answer[2] = {0};
    text job = vectors ? "V" : "N";
    void *rwork = malloc((size_t)(2 * rows) * real_size(type));
    if (!rwork) return fail_all(info, count);
    if (is_complex(type))
        complex_run("N", job, &n, a, &rows, values, a, &rows, vectors ? vectors : a, &rows, answer, &query, rwork,
                    &status, 1, 1);
    else
        real_run("N", job, &n, a, &rows, values, values, a, &rows, vectors ? vectors : a, &rows, answer, &query, &status,
                 1, 1);
    int size = larger(answered(type, answer), 4 * rows);
    void *work = malloc((size_t)size * item);
    if (!work) count = (fail_all(info, count), 0);
    for (ptrdiff_t i = 0; i < count; i++) {
        char *w = at(values, i, values_of_one, item), *one = at(a, i, matrix, item);
        void *v = vectors ? at(vectors, i, matrix, item) : one;
        info[i] = 0;
        if (is_complex(type))
            complex_run("N", job, &n, one, &rows, w, one, &rows, v, &rows, work, &size, rwork, info + i, 1, 1);
        else
            real_run("N", job, &n, one, &rows, w, w + (size_t)n * item, one, &rows, v, &rows, work, &size, info + i, 1,
                     1);
    }
    free(work);
    free(rwork);
}

void fb_lapack_svd(
    fb_lapack_type type, ptrdiff_t count, char job, int m, int n, void *a, void *u, void *s, void *vh, int32_t *info) {
    typedef void (*real_gesdd)(
        text, integer, integer, void *, integer, void *, void *, integer, void *, integer, void *, integer, int *, int *,
        length);
    typedef void (*complex_gesdd)(
        text, integer, integer, void *, integer, void *, void *, integer, void *, integer, void *, integer, void *,
        int *, int *, length);
    real_gesdd real_run = (real_gesdd)fb_lapack_routines[GESDD][type];
    complex_gesdd complex_run = (complex_gesdd)fb_lapack_routines[GESDD][type];
    size_t item = item_size(type), real = real_size(type);
    int k = smaller(m, n), l = larger(m, n), rows = leading(m), u_rows = leading(m), query = -1, status = 0;
    int vh_rows = leading(job == 'A' ? n : k);
    size_t u_size = job == 'N' ? 0 : (size_t)m * (size_t)(job == 'A' ? m : k);
    size_t vh_size = job == 'N' ? 0 : (size_t)(job == 'A' ? n : k) * (size_t)n;
    // As LAPACK 3.7 and later document it; older ones ask for less where there are no vectors.
    size_t rsize = job == 'N' ? (size_t)(7 * k)
                              : (size_t)k * (size_t)larger(5 * k + 7, 2 * l + 2 * k + 1);
    int *iwork = malloc((size_t)larger(1, 8 * k) * sizeof(int));
    void *rwork = malloc((rsize + 1) * real);
    double answer[2] = {0};
    if (!iwork || !rwork) {
        free(iwork);
        free(rwork);
        return fail_all(info, count);
    }
    if (is_complex(type))
        complex_run(
            &job, &m, &n, a, &rows, s, u, &u_rows, vh, &vh_rows, answer, &query, rwork, iwork, &status, 1);
    else
        real_run(&job, &m, &n, a, &rows, s, u, &u_rows, vh, &vh_rows, answer, &query, iwork, &status, 1);
    int size = answered(type, answer);
    void *work = malloc((size_t)size * item);
    if (!work) count = (fail_all(info, count), 0);
    for (ptrdiff_t i = 0; i < count; i++) {
        void *one = at(a, i, (size_t)m * (size_t)n, item), *values = at(s, i, (size_t)k, real);
        void *left = at(u, i, u_size, item), *right = at(vh, i, vh_size, item);
        info[i] = 0;
        if (is_complex(type))
            complex_run(
                &job, &m, &n, one, &rows, values, left, &u_rows, right, &vh_rows, work, &size, rwork, iwork, info + i, 1);
        else
            real_run(&job, &m, &n, one, &rows, values, left, &u_rows, right, &vh_rows, work, &size, iwork, info + i, 1);
    }
    free(work);
    free(rwork);
    free(iwork);
}
