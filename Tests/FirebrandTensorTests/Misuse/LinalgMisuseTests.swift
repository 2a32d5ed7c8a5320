import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong calls of linear algebra, with PyTorch's words.
@Suite struct LinalgMisuseTests {
    private static let singular = Tensor([[1.0, 2.0], [2.0, 4.0]])
    private static let indefinite = Tensor([[1.0, 2.0], [2.0, 1.0]])
    private static let wide = Tensor.ones(2, 3)

    private static var secondSingular: Tensor { stack([Tensor.eye(2), singular, Tensor.eye(2)]) }

    private func expect(_ words: String, _ body: () -> Void) {
        let message = failure(body)?.message
        #expect(message == words)
    }

    @Test("solvers") func solvers() {
        let vector = Tensor.ones(2)
        expect("torch.linalg.solve: The solver failed because the input matrix is singular.") {
            _ = Linalg.solve(Self.singular, vector)
        }
        expect(
            "torch.linalg.solve: (Batch element 1): The solver failed because the input matrix is singular."
        ) { _ = Linalg.solve(Self.secondSingular, Tensor.ones(3, 2, 1)) }
        expect("linalg.solve: A must be batches of square matrices, but they are 2 by 3 matrices") {
            _ = Linalg.solve(Self.wide, vector)
        }
        expect("linalg.solve: The input tensor A must have at least 2 dimensions.") {
            _ = Linalg.solve(vector, vector)
        }
        expect("linalg.solve: Incompatible shapes of A and B for the equation AX = B (2x2 and 3x1)") {
            _ = Linalg.solve(Self.indefinite, Tensor.ones(3))
        }
        expect(
            "linalg.solve: Expected A and B to have the same dtype, but found A of type Float and B of type Double instead"
        ) {
            _ = Linalg.solve(Self.indefinite, vector.double())
        }
        expect(
            "linalg.inv: The diagonal element 2 is zero, the inversion could not be completed because the input matrix is "
                + "singular."
        ) { _ = Linalg.inv(Self.singular) }
        expect("linalg.inv: Low precision dtypes not supported. Got Half") {
            _ = Linalg.inv(Self.indefinite.to(.float16))
        }
        expect("linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32") {
            _ = Linalg.luSolve(Self.indefinite, Tensor([1, 2]), Self.indefinite)
        }
        expect("torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)") {
            _ = Linalg.lstsq(Self.wide, vector, driver: "foo")
        }
        expect(
            "torch.linalg.lstsq: The least squares solution could not be computed because the input matrix does not have "
                + "full rank (error code: 2)."
        ) { _ = Linalg.lstsq(Self.wide, Tensor.ones(2, 1), driver: "gels") }
    }

    @Test("decompositions") func decompositions() {
        let words =
            "The factorization could not be completed because the input is not positive-definite (the leading minor of order "
            + "2 is not positive-definite)."
        expect("linalg.cholesky: " + words) { _ = Linalg.cholesky(Self.indefinite) }
        expect("linalg.cholesky: (Batch element 1): " + words) { _ = Linalg.cholesky(Self.secondSingular) }
        expect(
            "torch.linalg.lu_factor: U[2,2] is zero and using it on lu_solve would result in a division by zero. If you still "
                + "want to perform the factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        ) { _ = Linalg.luFactor(Self.singular) }
        expect("linalg.det: Expected a floating point or complex tensor as input. Got Long") {
            _ = Linalg.det(Tensor.ones([2, 2], dtype: .int64))
        }
        expect("Expected UPLO argument to be 'L' or 'U', but got X") { _ = Linalg.eigh(Self.indefinite, UPLO: "X") }
        expect(
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."
        ) { _ = Linalg.svd(Self.indefinite.mul(Double.nan)) }
        expect("linalg.polar: input must have at least as many rows as columns, but got 2 by 3 matrices") {
            _ = Linalg.polar(Self.wide)
        }
        expect("torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]") {
            _ = Linalg.householderProduct(Self.wide, Tensor.ones(2))
        }
    }

    @Test("norms and products") func norms() {
        expect("linalg.matrix_norm: Order 3 not supported.") { _ = Linalg.matrixNorm(Self.wide, 3) }
        expect("linalg.matrix_norm: dims must be different. Got (0, 0)") {
            _ = Linalg.matrixNorm(Self.wide, dim: [0, 0])
        }
        expect(
            "linalg.vector_norm cannot compute the inf norm on an empty tensor because the operation does not have an identity"
        ) { _ = Linalg.vectorNorm(Tensor.ones(0), ord: .infinity) }
        expect("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got 3D.") {
            _ = Linalg.norm(Tensor.ones(2, 2, 2), 2)
        }
        expect("multi_dot(): expected at least 2 tensors but got 1") { _ = Linalg.multiDot([Self.wide]) }
        expect("linalg.cross: inputs dimension -1 must have length 3. Got 2 and 2") {
            _ = Linalg.cross(Tensor.ones(2), Tensor.ones(2))
        }
        expect("linalg.cond(ord=1): A must be batches of square matrices, but they are 2 by 3 matrices") {
            _ = Linalg.cond(Self.wide, p: 1)
        }
        expect(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got 1 != 6"
        ) { _ = Linalg.tensorinv(Self.wide) }
    }

    @Test("products") func products() {
        let (a, b) = (Tensor.ones(2, 3), Tensor.ones(2, 4))
        expect("size mismatch, got input (2), mat (2x3), vec (2)") {
            _ = Tensor.ones(2).addmv(a, Tensor.ones(2))
        }
        expect("self and mat2 must have the same dtype, but got Float and Double") {
            _ = Tensor.ones(2, 2).addmm(Tensor.ones(2, 2), Tensor.ones([2, 2], dtype: .float64))
        }
        expect("batch1 and batch2 must have same number of batches, got 2 and 3") {
            _ = Tensor.ones(2, 2).addbmm(Tensor.ones(2, 2, 2), Tensor.ones(3, 2, 2))
        }
        expect("einsum(): subscript j has size 2 for operand 1 which does not broadcast with previously seen size 3") {
            _ = einsum("ij,jk", a, b)
        }
        expect("einsum(): output subscript i appears more than once in the output") {
            _ = einsum("ij,jk->ii", a, Tensor.ones(3, 4))
        }
        expect(
            "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 "
                + "and no ellipsis was given"
        ) { _ = einsum("ijk", a) }
        expect("einsum(): found '.' for operand 0 that is not part of any ellipsis") { _ = einsum("i.j", a) }
        expect("einsum(): subscript i is repeated for operand 0 but the sizes don't match, 3 != 2") {
            _ = einsum("ii", a)
        }
        expect("contracted dimensions need to match, but first has size 2 in dim 0 and second has size 3 in dim 0") {
            _ = a.tensordot(Tensor.ones(3, 4), dims: [0], [0])
        }
        expect("X1 and X2 must have the same number of columns. X1: 3 X2: 4") { _ = cdist(a, b) }
    }
}
