/// What a device does to every matrix of a batch to factorise it or to solve with it, in LAPACK's terms.
///
/// All operands are contiguous and begin with the batch; a matrix of m rows and n columns lies column by column, as a
/// tensor (batch, n, m). Each case lists its operands in order; those marked "in, out" are overwritten with the result.
/// `info` (int32, one for each matrix) is 0, or says what failed in LAPACK's way.
package enum MatrixRoutine: Sendable {
    /// How a matrix enters a product or an equation.
    package enum Form: Sendable { case plain, transposed, adjoint }

    /// The ways to solve least squares: by QR (full rank), by pivoted QR, by SVD (divide and conquer, or plain).
    package enum LeastSquaresDriver: String, Sendable, CaseIterable { case gels, gelsy, gelsd, gelss }

    /// P L U: matrices m x n (in, out), pivots (out, int32, min(m, n) each), info (out).
    case lu
    /// op(A) X = B: factors n x n, pivots, B n x k (in, out).
    case luSolve(Form)
    /// L Lᴴ or Uᴴ U: matrices (in, out), info (out).
    case cholesky(upper: Bool)
    /// A X = B: factors, B (in, out), info (out).
    case choleskySolve(upper: Bool)
    /// A's inverse, one triangle of it: factors (in, out), info (out).
    case choleskyInverse(upper: Bool)
    /// L D Lᴴ or L D Lᵀ: matrices (in, out), pivots (out), info (out).
    case ldl(hermitian: Bool)
    /// A X = B: factors, pivots, B (in, out), info (out).
    case ldlSolve(hermitian: Bool)
    /// op(A) X = B or X op(A) = B: triangles, B (in, out).
    case triangularSolve(left: Bool, upper: Bool, Form, unit: Bool)
    /// Q R: matrices m x n (in, out: R and reflectors), factors of the reflectors (out), info (out).
    case qr
    /// The first columns of a product of reflectors: reflectors (in, out), their factors, info (out).
    case reflectorProduct
    /// op(Q) C or C op(Q): reflectors, their factors, C (in, out), info (out).
    case reflect(left: Bool, Form)
    /// Hermitian eigenvalues: matrices (in, out: eigenvectors), eigenvalues (out, real), info (out).
    case hermitianEigen(vectors: Bool, upper: Bool)
    /// Eigenvalues: matrices (in, destroyed), values (out; for real types (batch, 2, n): real and imaginary parts),
    /// vectors (out, as LAPACK packs them; as many as matrices, or none), info (out).
    case eigen(vectors: Bool)
    /// U S Vᴴ: matrices (in, destroyed), U, S (real), Vᴴ (out), info (out).
    case svd(vectors: Bool, full: Bool)
    /// Least squares: matrices m x n (in, destroyed), B max(m, n) x k (in, out: X), singular values (out, real), rank
    /// (out, int32), info (out).
    case leastSquares(LeastSquaresDriver, rcond: Double)
}
