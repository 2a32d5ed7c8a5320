// LAPACK and BLAS, found when the program first needs them.
//
// Linking OpenBLAS would cost every start of a program some thirty megabytes and a pool of threads that only linear
// algebra needs, and would ask for a development package at build time. So the few routines used are looked up with dlsym
// under their Fortran names, which are the same in every implementation since LAPACK 3.2 (2008).
//
// Each function below runs one routine on `count` matrices that lie one after another. Matrices are column by column and
// without gaps: an m x n matrix takes m * n elements. All of them overwrite what they are given, as LAPACK does. `info`
// gets LAPACK's code for each matrix: 0, or which pivot, minor or iteration failed.
#ifndef FIREBRAND_CLAPACK_H
#define FIREBRAND_CLAPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { FB_LAPACK_F32, FB_LAPACK_F64, FB_LAPACK_C64, FB_LAPACK_C128 } fb_lapack_type;

/// What LAPACK's letters say. NONE, TRANSPOSE, ADJOINT: which form of a matrix is meant.
enum { FB_LAPACK_NONE = 'N', FB_LAPACK_TRANSPOSE = 'T', FB_LAPACK_ADJOINT = 'C' };

/// Loads the library, once; false if there is none.
bool fb_lapack_open(void);

/// How many threads the library's own pool may use; one from the start. Does nothing for libraries without a pool.
void fb_lapack_set_threads(int count);

/// Workspace could not be had: what `info` gets then.
enum { FB_LAPACK_NO_MEMORY = -1000 };

/// C = op(A) op(B) for one m x n matrix C; `lda` and so on are the distances between columns.
void fb_blas_gemm(
    fb_lapack_type type, char op_a, char op_b, int m, int n, int k, const void *a, int lda, const void *b, int ldb,
    void *c, int ldc);

// ---- Triangular factors of a square or rectangular matrix --------------------------------------------------------

/// A = P L U; `pivots` are min(m, n) rows, counted from 1.
void fb_lapack_lu(fb_lapack_type type, ptrdiff_t count, int m, int n, void *a, int32_t *pivots, int32_t *info);
/// Solves op(A) X = B by such factors; B is n x k.
void fb_lapack_lu_solve(
    fb_lapack_type type, ptrdiff_t count, char op, int n, int k, const void *lu, const int32_t *pivots, void *b);
/// A = L Lᴴ ('L') or Uᴴ U ('U'); the other triangle is left alone.
void fb_lapack_cholesky(fb_lapack_type type, ptrdiff_t count, char triangle, int n, void *a, int32_t *info);
/// Solves A X = B by such a factor.
void fb_lapack_cholesky_solve(
    fb_lapack_type type, ptrdiff_t count, char triangle, int n, int k, const void *factor, void *b, int32_t *info);
/// A's inverse from such a factor, in the same triangle.
void fb_lapack_cholesky_inverse(fb_lapack_type type, ptrdiff_t count, char triangle, int n, void *a, int32_t *info);
/// A = L D Lᴴ (or Lᵀ, where not `hermitian`) with blocks of one or two in D, the lower triangle given.
void fb_lapack_ldl(
    fb_lapack_type type, ptrdiff_t count, bool hermitian, int n, void *a, int32_t *pivots, int32_t *info);
/// Solves A X = B by those.
void fb_lapack_ldl_solve(
    fb_lapack_type type, ptrdiff_t count, bool hermitian, int n, int k, const void *ld, const int32_t *pivots, void *b,
    int32_t *info);
/// Solves op(A) X = B (side 'L') or X op(A) = B (side 'R') for a triangle A; B is m x n.
void fb_lapack_triangular_solve(
    fb_lapack_type type, ptrdiff_t count, char side, char triangle, char op, bool unit, int m, int n, const void *a,
    void *b);

// ---- Orthogonal factors ------------------------------------------------------------------------------------------

/// A = Q R: R in the upper triangle, reflectors below it, their factors in `tau` (min(m, n) of them).
void fb_lapack_qr(fb_lapack_type type, ptrdiff_t count, int m, int n, void *a, void *tau, int32_t *info);
/// The first n columns of the product of k reflectors.
void fb_lapack_reflector_product(
    fb_lapack_type type, ptrdiff_t count, int m, int n, int k, void *a, const void *tau, int32_t *info);
/// C = op(Q) C (side 'L') or C op(Q) (side 'R') for the Q of k reflectors in `a`; C is m x n.
void fb_lapack_reflect(
    fb_lapack_type type, ptrdiff_t count, char side, char op, int m, int n, int k, const void *a, const void *tau,
    void *c, int32_t *info);

// ---- Steps of one decomposition, for threads that share it -----------------------------------------------------------
// Everything lies column by column; `work` has room for as many elements as `c`, or the panel, has columns times `k`.

/// Whether the library has what these need.
bool fb_lapack_has_shares(void);
/// Columns `first` to `first + width` of an m x n matrix whose first `first` columns are done: R and reflectors, and their
/// triangular factor where columns are left to apply them to.
void fb_lapack_qr_panel(
    fb_lapack_type type, int m, int n, int first, int width, void *a, void *tau, void *factor, void *work);
/// The triangular factor (k x k) of k reflectors of length m, which lie below a diagonal.
void fb_lapack_reflector_factor(
    fb_lapack_type type, int m, int k, const void *v, int v_rows, const void *tau, void *factor);
/// C = Q C, or Qᴴ C, for the product of k reflectors; C is m x n. `v_rows` and `c_rows` are distances between columns.
void fb_lapack_apply_block(
    fb_lapack_type type, bool adjoint, int m, int n, int k, const void *v, int v_rows, const void *factor, void *c,
    int c_rows, void *work);

/// A real symmetric matrix, given by its lower triangle, as a tridiagonal one; reflectors of length n - 1 lie below its
/// first subdiagonal. This and what follows is for real types, and gives LAPACK's code.
int fb_lapack_tridiagonal(
    fb_lapack_type type, int n, void *a, void *diagonal, void *beside, void *tau, void *work, ptrdiff_t work_size);
/// Eigenvalues of a tridiagonal matrix, in ascending order, and its eigenvectors. Takes 1 + 4 n + n² elements and 3 + 5 n
/// integers.
int fb_lapack_tridiagonal_eigen(
    fb_lapack_type type, int n, void *diagonal, void *beside, void *vectors, int vector_rows, void *work,
    ptrdiff_t work_size, int32_t *integers, ptrdiff_t integer_count);
/// Those of two tridiagonal matrices that were one, joined: the corner entries of both were reduced by the magnitude of the
/// `coupling` between them. `order` says (from 1) which comes where. Takes 4 n + n² elements and 4 n integers.
int fb_lapack_join_eigen(
    fb_lapack_type type, int n, int cut, double coupling, void *values, void *vectors, int32_t *order, void *work,
    int32_t *integers);

// ---- Spectra -----------------------------------------------------------------------------------------------------

/// Eigenvalues of Hermitian matrices in ascending order (real), and, where `vectors`, eigenvectors in A.
void fb_lapack_eigh(
    fb_lapack_type type, ptrdiff_t count, bool vectors, char triangle, int n, void *a, void *values, int32_t *info);
/// Eigenvalues and, where `vectors` is not NULL, right eigenvectors. For real types `values` holds n real parts and then
/// n imaginary parts, and `vectors` the columns as LAPACK packs them.
void fb_lapack_eig(
    fb_lapack_type type, ptrdiff_t count, int n, void *a, void *values, void *vectors, int32_t *info);
/// A = U diag(S) Vᴴ. Job 'A': all columns of U (m x m) and rows of Vᴴ (n x n); 'S': min(m, n) of them; 'N': none.
void fb_lapack_svd(
    fb_lapack_type type, ptrdiff_t count, char job, int m, int n, void *a, void *u, void *s, void *vh, int32_t *info);

// ---- Least squares -----------------------------------------------------------------------------------------------

typedef enum { FB_LSTSQ_GELS, FB_LSTSQ_GELSY, FB_LSTSQ_GELSD, FB_LSTSQ_GELSS } fb_lapack_driver;

/// Minimises |A X - B|. B is max(m, n) x k and becomes X in its first n rows; `rank` and `s` (min(m, n) real numbers) are
/// given by the drivers that find them.
void fb_lapack_least_squares(
    fb_lapack_type type, ptrdiff_t count, fb_lapack_driver driver, double rcond, int m, int n, int k, void *a, void *b,
    void *s, int32_t *rank, int32_t *info);

#endif
