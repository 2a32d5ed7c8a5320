// Shared by the files of this target: the routines looked up, and their Fortran calling convention.
#ifndef FIREBRAND_LAPACK_INTERNAL_H
#define FIREBRAND_LAPACK_INTERNAL_H

#include "CLAPACK.h"

#include <stdlib.h>
#include <string.h>

enum {
    GEMM, GETRF, GETRS, POTRF, POTRS, POTRI, SYTRF, SYTRS, HETRF, HETRS, TRSM, GEQRF, ORGQR, ORMQR, SYEVD, GEEV, GESDD,
    GELS, GELSY, GELSD, GELSS, GEQR2, LARFT, LARFB, SYTRD, STEDC, LAED1, ROUTINE_COUNT,
    /// From here on they are auxiliary: a library may do without.
    FIRST_SHARED = GEQR2
};

/// By routine and type.
extern void *fb_lapack_routines[ROUTINE_COUNT][4];

// Fortran takes everything by address, and the length of each string behind the last argument.
typedef const int *integer;
typedef const char *text;
typedef size_t length;

static inline size_t item_size(fb_lapack_type type) {
    static const size_t sizes[] = {4, 8, 8, 16};
    return sizes[type];
}
/// Bytes of the type's real numbers.
static inline size_t real_size(fb_lapack_type type) { return type == FB_LAPACK_F32 || type == FB_LAPACK_C64 ? 4 : 8; }
static inline bool is_complex(fb_lapack_type type) { return type >= FB_LAPACK_C64; }
/// A leading dimension must be at least one, even that of nothing.
static inline int leading(int n) { return n > 1 ? n : 1; }
static inline int smaller(int a, int b) { return a < b ? a : b; }
static inline int larger(int a, int b) { return a > b ? a : b; }
static inline char *at(const void *base, ptrdiff_t index, size_t elements, size_t size) {
    return (char *)base + (size_t)index * elements * size;
}

/// The size of workspace a query has answered with: a real number in the first element.
static inline int answered(fb_lapack_type type, const void *work) {
    double size = real_size(type) == 4 ? *(const float *)work : *(const double *)work;
    // Sizes beyond 2^24 are rounded in float32.
    return larger(1, (int)(size * (1 + 1.2e-7)));
}

/// Real square matrices up to this many rows are done here.
enum { SMALL_ROWS = 16 };
static inline bool is_small(fb_lapack_type type, int n) { return n <= SMALL_ROWS && !is_complex(type); }

void fb_small_lu_f32(int n, float *a, int32_t *pivots, int32_t *info);
void fb_small_lu_f64(int n, double *a, int32_t *pivots, int32_t *info);
void fb_small_lu_solve_f32(int transposed, int n, int k, const float *lu, const int32_t *pivots, float *b);
void fb_small_lu_solve_f64(int transposed, int n, int k, const double *lu, const int32_t *pivots, double *b);
void fb_small_cholesky_f32(int upper, int n, float *a, int32_t *info);
void fb_small_cholesky_f64(int upper, int n, double *a, int32_t *info);

static inline void fail_all(int32_t *info, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i++) info[i] = FB_LAPACK_NO_MEMORY;
}

#endif
