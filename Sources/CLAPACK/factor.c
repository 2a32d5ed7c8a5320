// Triangular factors and what is solved with them.
#include "lapack.h"

void fb_blas_gemm(
    fb_lapack_type type, char op_a, char op_b, int m, int n, int k, const void *a, int lda, const void *b, int ldb,
    void *c, int ldc) {
    typedef void (*gemm)(
        text, text, integer, integer, integer, const void *, const void *, integer, const void *, integer, const void *,
        void *, integer, length, length);
    static const float one_f32[2] = {1, 0};
    static const double one_f64[2] = {1, 0}, zero[2] = {0, 0};
    const void *one = real_size(type) == 4 ? (const void *)one_f32 : one_f64;
    ((gemm)fb_lapack_routines[GEMM][type])(
        &op_a, &op_b, &m, &n, &k, one, a, &lda, b, &ldb, zero, c, &ldc, 1, 1);
}

void fb_lapack_lu(fb_lapack_type type, ptrdiff_t count, int m, int n, void *a, int32_t *pivots, int32_t *info) {
    typedef void (*getrf)(integer, integer, void *, integer, int *, int *);
    getrf run = (getrf)fb_lapack_routines[GETRF][type];
    size_t item = item_size(type), elements = (size_t)m * (size_t)n;
    int rows = leading(m);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        if (m == n && is_small(type, n)) {
            void *one = at(a, i, elements, item);
            if (type == FB_LAPACK_F32) fb_small_lu_f32(n, one, pivots + i * n, info + i);
            else fb_small_lu_f64(n, one, pivots + i * n, info + i);
            continue;
        }
        run(&m, &n, at(a, i, elements, item), &rows, pivots + i * smaller(m, n), info + i);
    }
}

void fb_lapack_lu_solve(
    fb_lapack_type type, ptrdiff_t count, char op, int n, int k, const void *lu, const int32_t *pivots, void *b) {
    typedef void (*getrs)(text, integer, integer, const void *, integer, const int *, void *, integer, int *, length);
    getrs run = (getrs)fb_lapack_routines[GETRS][type];
    size_t item = item_size(type);
    int rows = leading(n), info = 0;
    if (is_small(type, n) && k <= SMALL_ROWS) {
        for (ptrdiff_t i = 0; i < count; i++) {
            const void *factors = at(lu, i, (size_t)n * (size_t)n, item);
            void *sides = at(b, i, (size_t)n * (size_t)k, item);
            if (type == FB_LAPACK_F32) fb_small_lu_solve_f32(op != 'N', n, k, factors, pivots + i * n, sides);
            else fb_small_lu_solve_f64(op != 'N', n, k, factors, pivots + i * n, sides);
        }
        return;
    }
    for (ptrdiff_t i = 0; i < count; i++)
        run(&op, &n, &k, at(lu, i, (size_t)n * (size_t)n, item), &rows, pivots + i * n,
            at(b, i, (size_t)n * (size_t)k, item), &rows, &info, 1);
}

void fb_lapack_cholesky(fb_lapack_type type, ptrdiff_t count, char triangle, int n, void *a, int32_t *info) {
    typedef void (*potrf)(text, integer, void *, integer, int *, length);
    potrf run = (potrf)fb_lapack_routines[POTRF][type];
    size_t item = item_size(type);
    int rows = leading(n);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        void *one = at(a, i, (size_t)n * (size_t)n, item);
        if (!is_small(type, n)) run(&triangle, &n, one, &rows, info + i, 1);
        else if (type == FB_LAPACK_F32) fb_small_cholesky_f32(triangle == 'U', n, one, info + i);
        else fb_small_cholesky_f64(triangle == 'U', n, one, info + i);
    }
}

void fb_lapack_cholesky_solve(
    fb_lapack_type type, ptrdiff_t count, char triangle, int n, int k, const void *factor, void *b, int32_t *info) {
    typedef void (*potrs)(text, integer, integer, const void *, integer, void *, integer, int *, length);
    potrs run = (potrs)fb_lapack_routines[POTRS][type];
    size_t item = item_size(type);
    int rows = leading(n);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&triangle, &n, &k, at(factor, i, (size_t)n * (size_t)n, item), &rows,
            at(b, i, (size_t)n * (size_t)k, item), &rows, info + i, 1);
    }
}

void fb_lapack_cholesky_inverse(fb_lapack_type type, ptrdiff_t count, char triangle, int n, void *a, int32_t *info) {
    typedef void (*potri)(text, integer, void *, integer, int *, length);
    potri run = (potri)fb_lapack_routines[POTRI][type];
    size_t item = item_size(type);
    int rows = leading(n);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run(&triangle, &n, at(a, i, (size_t)n * (size_t)n, item), &rows, info + i, 1);
    }
}

void fb_lapack_ldl(
    fb_lapack_type type, ptrdiff_t count, bool hermitian, int n, void *a, int32_t *pivots, int32_t *info) {
    typedef void (*sytrf)(text, integer, void *, integer, int *, void *, integer, int *, length);
    sytrf run = (sytrf)fb_lapack_routines[hermitian ? HETRF : SYTRF][type];
    size_t item = item_size(type);
    int rows = leading(n), query = -1, status = 0;
    double answer[2] = {0};
    run("L", &n, a, &rows, pivots, answer, &query, &status, 1);
    int size = answered(type, answer);
    void *work = malloc((size_t)size * item);
    if (!work) return fail_all(info, count);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run("L", &n, at(a, i, (size_t)n * (size_t)n, item), &rows, pivots + i * n, work, &size, info + i, 1);
    }
    free(work);
}

void fb_lapack_ldl_solve(
    fb_lapack_type type, ptrdiff_t count, bool hermitian, int n, int k, const void *ld, const int32_t *pivots, void *b,
    int32_t *info) {
    typedef void (*sytrs)(text, integer, integer, const void *, integer, const int *, void *, integer, int *, length);
    sytrs run = (sytrs)fb_lapack_routines[hermitian ? HETRS : SYTRS][type];
    size_t item = item_size(type);
    int rows = leading(n);
    for (ptrdiff_t i = 0; i < count; i++) {
        info[i] = 0;
        run("L", &n, &k, at(ld, i, (size_t)n * (size_t)n, item), &rows, pivots + i * n,
            at(b, i, (size_t)n * (size_t)k, item), &rows, info + i, 1);
    }
}

void fb_lapack_triangular_solve(
    fb_lapack_type type, ptrdiff_t count, char side, char triangle, char op, bool unit, int m, int n, const void *a,
    void *b) {
    typedef void (*trsm)(
        text, text, text, text, integer, integer, const void *, const void *, integer, void *, integer, length, length,
        length, length);
    trsm run = (trsm)fb_lapack_routines[TRSM][type];
    static const float one_f32[2] = {1, 0};
    static const double one_f64[2] = {1, 0};
    const void *one = real_size(type) == 4 ? (const void *)one_f32 : one_f64;
    size_t item = item_size(type);
    int order = side == 'L' ? m : n, rows = leading(order), b_rows = leading(m);
    for (ptrdiff_t i = 0; i < count; i++)
        run(&side, &triangle, &op, unit ? "U" : "N", &m, &n, one, at(a, i, (size_t)order * (size_t)order, item), &rows,
            at(b, i, (size_t)m * (size_t)n, item), &b_rows, 1, 1, 1, 1);
}
