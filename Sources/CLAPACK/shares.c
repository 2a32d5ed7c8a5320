// The steps of QR and of Hermitian eigenvalues, for callers that share one matrix among threads of their own: LAPACK's
// drivers run each on the calling thread. Routines below the drivers have kept their names and arguments since LAPACK 3.0.
#include "lapack.h"

typedef void (*geqr2)(integer, integer, void *, integer, void *, void *, int *);
typedef void (*larft)(text, text, integer, integer, const void *, integer, const void *, void *, integer, length, length);
typedef void (*larfb)(
    text, text, text, text, integer, integer, integer, const void *, integer, const void *, integer, void *, integer,
    void *, integer, length, length, length, length);

bool fb_lapack_has_shares(void) {
    for (int routine = FIRST_SHARED; routine < ROUTINE_COUNT; routine++)
        for (int type = 0; type < 4; type++)
            if (!fb_lapack_routines[routine][type]) return false;
    return true;
}

void fb_lapack_qr_panel(
    fb_lapack_type type, int m, int n, int first, int width, void *a, void *tau, void *factors, void *work) {
    const int rows = leading(m), height = m - first;
    int status = 0;
    void *corner = at(a, (ptrdiff_t)first * m + first, 1, item_size(type));
    ((geqr2)fb_lapack_routines[GEQR2][type])(
        &height, &width, corner, &rows, at(tau, first, 1, item_size(type)), work, &status);
    if (first + width < n) fb_lapack_reflector_factor(type, height, width, corner, rows, at(tau, first, 1, item_size(type)), factors);
}

void fb_lapack_reflector_factor(
    fb_lapack_type type, int m, int k, const void *v, int v_rows, const void *tau, void *factor) {
    ((larft)fb_lapack_routines[LARFT][type])("F", "C", &m, &k, v, &v_rows, tau, factor, &k, 1, 1);
}

void fb_lapack_apply_block(
    fb_lapack_type type, bool adjoint, int m, int n, int k, const void *v, int v_rows, const void *factor, void *c,
    int c_rows, void *work) {
    text op = !adjoint ? "N" : is_complex(type) ? "C" : "T";
    ((larfb)fb_lapack_routines[LARFB][type])(
        "L", op, "F", "C", &m, &n, &k, v, &v_rows, factor, &k, c, &c_rows, work, &n, 1, 1, 1, 1);
}

// ---- Real symmetric matrices ------------------------------------------------------------------------------------------

int fb_lapack_tridiagonal(
    fb_lapack_type type, int n, void *a, void *diagonal, void *beside, void *tau, void *work, ptrdiff_t work_size) {
    typedef void (*sytrd)(
        text, integer, void *, integer, void *, void *, void *, void *, integer, int *, length);
    const int size = (int)work_size;
    int status = 0;
    ((sytrd)fb_lapack_routines[SYTRD][type])("L", &n, a, &n, diagonal, beside, tau, work, &size, &status, 1);
    return status;
}

int fb_lapack_tridiagonal_eigen(
    fb_lapack_type type, int n, void *diagonal, void *beside, void *vectors, int vector_rows, void *work,
    ptrdiff_t work_size, int32_t *integers, ptrdiff_t integer_count) {
    typedef void (*stedc)(
        text, integer, void *, void *, void *, integer, void *, integer, int *, integer, int *, length);
    const int size = (int)work_size, count = (int)integer_count;
    int status = 0;
    ((stedc)fb_lapack_routines[STEDC][type])(
        "I", &n, diagonal, beside, vectors, &vector_rows, work, &size, integers, &count, &status, 1);
    return status;
}

int fb_lapack_join_eigen(
    fb_lapack_type type, int n, int cut, double coupling, void *values, void *vectors, int32_t *order, void *work,
    int32_t *integers) {
    typedef void (*laed1)(integer, void *, void *, integer, int *, void *, integer, void *, int *, int *);
    int status = 0;
    float narrow = (float)coupling;
    void *rho = type == FB_LAPACK_F32 ? (void *)&narrow : (void *)&coupling;
    for (int i = 0; i < n; i++) order[i] = (i < cut ? i : i - cut) + 1;
    ((laed1)fb_lapack_routines[LAED1][type])(&n, values, vectors, &n, order, rho, &cut, work, integers, &status);
    return status;
}
