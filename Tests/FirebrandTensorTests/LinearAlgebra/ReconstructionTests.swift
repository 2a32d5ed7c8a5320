import FirebrandTensor
import Testing

/// Factors multiplied together again, in double precision, over shapes, batches and layouts.
@Suite struct ReconstructionTests {
    static let shapes: [[Int]] = [
        [1, 1], [4, 4], [5, 3], [3, 5], [2, 3, 6, 4], [3, 40, 40], [130, 130], [190, 141], [0, 0], [0, 3, 3],
    ]
    static let squares = shapes.filter { $0[$0.count - 1] == $0[$0.count - 2] }

    /// Random matrices, real and complex, contiguous and as transposes.
    private func matrices(_ shape: [Int]) -> [Tensor] {
        [DType.float64, .complex128].flatMap { type -> [Tensor] in
            let a = Tensor.randn(shape, generator: Generator(seed: 7), dtype: type)
            return [a, a.transpose(-2, -1).contiguous().transpose(-2, -1)]
        }
    }

    private func positive(_ a: Tensor) -> Tensor {
        a.matmul(a.mH).add(Tensor.eye(a.size(-1), dtype: .float64).mul(0.5))
    }

    private func isClose(_ a: Tensor, _ b: Tensor, _ tolerance: Double = 1e-9) -> Bool {
        a.shape == b.shape && (a.count == 0 || (a.sub(b).abs().max().item() as Double) < tolerance)
    }

    private func isOrthonormal(_ q: Tensor) -> Bool {
        isClose(
            q.mH.matmul(q),
            Tensor.eye(q.size(-1), dtype: q.dtype).expand(Array(q.shape.dropLast(2)) + [q.size(-1), q.size(-1)]))
    }

    @Test("A = Q R", arguments: shapes) func qr(_ shape: [Int]) {
        for a in matrices(shape) {
            for mode in [Linalg.QRMode.reduced, .complete] {
                let (q, r) = Linalg.qr(a, mode: mode)
                #expect(isClose(q.matmul(r), a))
                #expect(isOrthonormal(q))
                #expect(isClose(r.tril(diagonal: -1), Tensor.zerosLike(r)))
            }
            let (packed, tau) = a.geqrf()
            if shape[shape.count - 2] >= shape[shape.count - 1] {
                #expect(isClose(Linalg.householderProduct(packed, tau), Linalg.qr(a).Q))
            }
            let (q, _) = Linalg.qr(a, mode: .complete)
            #expect(isClose(packed.ormqr(tau, a), q.matmul(a)))
            #expect(isClose(packed.ormqr(tau, a, transpose: true), q.mH.matmul(a)))
            #expect(isClose(packed.ormqr(tau, a.mH, left: false), a.mH.matmul(q)))
        }
    }

    @Test("A = U S Vh", arguments: shapes) func svd(_ shape: [Int]) {
        for a in matrices(shape) {
            let (u, s, vh) = Linalg.svd(a, fullMatrices: false)
            #expect(isClose(u.mul(s.unsqueeze(-2)).matmul(vh), a))
            #expect(isOrthonormal(u) && isOrthonormal(vh.mH))
            let full = Linalg.svd(a)
            #expect(isOrthonormal(full.U) && isOrthonormal(full.Vh))
            #expect(full.U.size(-1) == a.size(-2) && full.Vh.size(-2) == a.size(-1))
            #expect(isClose(Linalg.svdvals(a), s))
            let p = Linalg.pinv(a)
            #expect(isClose(a.matmul(p).matmul(a), a))
        }
    }

    @Test("A = P L U", arguments: shapes) func lu(_ shape: [Int]) {
        for a in matrices(shape) {
            let (p, l, u) = Linalg.lu(a)
            #expect(isClose(p.matmul(l).matmul(u), a))
            let (compact, pivots) = a.size(-1) <= a.size(-2) ? Linalg.luFactor(a) : (a, a)
            if a.size(-1) == a.size(-2) {
                for (left, adjoint) in [(true, false), (true, true), (false, false), (false, true)] {
                    let x = Linalg.luSolve(compact, pivots, a.mH, left: left, adjoint: adjoint)
                    let m = adjoint ? a.mH : a
                    #expect(isClose(left ? m.matmul(x) : x.matmul(m), a.mH, 1e-8))
                }
            }
        }
    }

    @Test("A X = B", arguments: squares) func solve(_ shape: [Int]) {
        for a in matrices(shape) {
            for b in matrices(shape) where a.dtype == b.dtype {
                #expect(isClose(a.matmul(Linalg.solve(a, b)), b, 1e-8))
                #expect(isClose(Linalg.solve(a, b, left: false).matmul(a), b, 1e-8))
                let identity = Tensor.eye(a.size(-1), dtype: a.dtype).expand(a.shape)
                #expect(isClose(a.matmul(Linalg.inv(a)), identity, 1e-8))
                for upper in [true, false] {
                    let triangle = (upper ? a.triu() : a.tril()).add(identity.mul(30))
                    #expect(isClose(triangle.matmul(Linalg.solveTriangular(triangle, b, upper: upper)), b))
                    let right = Linalg.solveTriangular(triangle, b, upper: upper, left: false)
                    #expect(isClose(right.matmul(triangle), b))
                    let column = triangle.mH.contiguous().mH
                    #expect(isClose(column.matmul(Linalg.solveTriangular(column, b, upper: upper)), b))
                }
            }
        }
    }

    @Test("A V = V diag(L)", arguments: squares) func eig(_ shape: [Int]) {
        for a in matrices(shape) {
            let (values, vectors) = Linalg.eig(a)
            let wide = a.to(.complex128)
            #expect(isClose(wide.matmul(vectors), vectors.mul(values.unsqueeze(-2)), 1e-8))
            #expect(isClose(vectors.abs().square().sum(dim: -2), Tensor.ones(Array(shape.dropLast()), dtype: .float64)))
            #expect(isClose(Linalg.eigvals(a).sum(dim: -1), values.sum(dim: -1), 1e-8))
        }
    }

    @Test("symmetric matrices", arguments: squares) func symmetric(_ shape: [Int]) {
        for a in matrices(shape) {
            let s = positive(a)
            let l = Linalg.cholesky(s)
            #expect(isClose(l.matmul(l.mH), s))
            let upper = Linalg.cholesky(s, upper: true)
            #expect(isClose(upper.mH.matmul(upper), s))
            #expect(isClose(s.matmul(a.choleskySolve(l)), a, 1e-7))
            #expect(isClose(l.choleskyInverse(), Linalg.inv(s), 1e-7))
            let (values, vectors) = Linalg.eigh(s)
            #expect(isClose(vectors.mul(values.unsqueeze(-2)).matmul(vectors.mH), s))
            #expect(isOrthonormal(vectors))
            #expect(isClose(Linalg.eigvalsh(s.triu(), UPLO: "U"), values))
            let root = Linalg.matrixSqrth(s)
            #expect(isClose(root.matmul(root), s))
            let (ld, pivots) = Linalg.ldlFactor(a.add(a.mH))
            if a.size(-1) < 100, !a.isComplex() {
                #expect(isClose(a.add(a.mH).matmul(Linalg.ldlSolve(ld, pivots, a)), a, 1e-7))
            }
            let (u, h) = Linalg.polar(a)
            #expect(isClose(u.matmul(h), a) && isOrthonormal(u))
        }
    }

    /// What all threads share, where the halves that are joined have much, little and nothing in common.
    @Test("eigenvectors of large symmetric matrices", arguments: [DType.float32, .float64])
    func largeSymmetric(_ type: DType) {
        let n = 151
        let a = Tensor.randn([n, n], generator: Generator(seed: 5), dtype: type)
        let v = Tensor.randn([n, 1], generator: Generator(seed: 6), dtype: type)
        let matrices = [
            a.add(a.t()), a.matmul(a.t()), Tensor.eye(n, dtype: type), a.diagonal().diag(), v.matmul(v.t()),
            a.triu(diagonal: -1).tril(diagonal: 1).add(a.triu(diagonal: -1).tril(diagonal: 1).t()),
            Tensor.zeros([n, n], dtype: type),
            a.add(a.t()).mul(1e-25), a.add(a.t()).mul(1e25),
        ]
        for (position, s) in matrices.enumerated() {
            let tolerance = (type == .float32 ? 2e-4 : 1e-11) * (s.abs().max().item() as Double)
            for (letter, given) in [("L", s.tril()), ("U", s.triu())] {
                let (values, vectors) = Linalg.eigh(given, UPLO: letter)
                let (wide, l) = (vectors.double(), values.double())
                let isRight = isClose(wide.mul(l).matmul(wide.t()), s.double(), Swift.max(tolerance, 1e-300))
                #expect(isRight, "\(type) matrix \(position)")
                let difference = wide.t().matmul(wide).sub(Tensor.eye(n, dtype: .float64)).abs().max()
                #expect((difference.item() as Double) < (type == .float32 ? 2e-5 : 1e-12), "\(type) matrix \(position)")
                #expect(values.diff().ge(0).all().item() as Bool)
            }
        }
        let batch = stack([matrices[0], matrices[7], matrices[1]])
        let (values, _) = Linalg.eigh(batch)
        #expect(isClose(values[0].double(), Linalg.eigh(matrices[0]).eigenvalues.double(), 1e-3))
    }

    @Test("determinants and exponentials") func functions() {
        let a = Tensor.randn([3, 5, 5], generator: Generator(seed: 3), dtype: .float64)
        let (sign, logarithm) = Linalg.slogdet(a)
        #expect(isClose(sign.mul(logarithm.exp()), Linalg.det(a)))
        #expect(isClose(Linalg.det(a.matmul(a)), Linalg.det(a).square(), 1e-7))
        // exp(A) exp(-A) = I, for small and for large matrices.
        for scale in [1e-9, 0.1, 1.0, 5.0] {
            let x = a.mul(scale)
            let identity = Tensor.eye(5, dtype: .float64).expand(3, 5, 5)
            let size = Linalg.matrixExp(x).abs().max().item() as Double
            let other = Linalg.matrixExp(x.neg()).abs().max().item() as Double
            #expect(isClose(Linalg.matrixExp(x).matmul(Linalg.matrixExp(x.neg())), identity, 1e-12 * size * other))
        }
        // Against the eigenvalues of a symmetric matrix.
        let s = a.add(a.mH)
        let (values, vectors) = Linalg.eigh(s)
        let expected = vectors.mul(values.exp().unsqueeze(-2)).matmul(vectors.mH)
        #expect(isClose(Linalg.matrixExp(s).div(expected.abs().max()), expected.div(expected.abs().max())))
        #expect(isClose(a.matrixPower(5), a.matmul(a).matmul(a).matmul(a).matmul(a), 1e-6))
        #expect(isClose(a.matrixPower(-2), Linalg.inv(a.matmul(a)), 1e-6))
    }

    @Test("least squares", arguments: ["gels", "gelsy", "gelsd", "gelss"]) func leastSquares(_ driver: String) {
        let a = Tensor.randn([2, 6, 3], generator: Generator(seed: 5), dtype: .float64)
        let b = Tensor.randn([2, 6, 2], generator: Generator(seed: 6), dtype: .float64)
        let result = Linalg.lstsq(a, b, driver: driver)
        // The residual stands at right angles to the columns.
        let residual = a.matmul(result.solution).sub(b)
        #expect(isClose(a.mH.matmul(residual), Tensor.zeros([2, 3, 2], dtype: .float64)))
        if driver != "gelsy" { #expect(isClose(result.residuals, residual.square().sum(dim: -2))) }
        #expect(isClose(result.solution, Linalg.pinv(a).matmul(b)))
        let wide = Linalg.lstsq(a.mH, b.narrow(-2, 0, 3), driver: driver)
        #expect(isClose(a.mH.matmul(wide.solution), b.narrow(-2, 0, 3)))
    }

    @Test("low rank") func lowRank() {
        let left = Tensor.randn([20, 3], generator: Generator(seed: 8), dtype: .float64)
        let right = Tensor.randn([3, 12], generator: Generator(seed: 9), dtype: .float64)
        for a in [left.matmul(right), left.matmul(right).mH] {
            let (u, s, v) = a.svdLowrank(q: 5)
            #expect(isClose(u.mul(s.unsqueeze(-2)).matmul(v.mH), a))
            let centred = a.sub(a.mean(dim: -2, keepdim: true))
            let (pu, ps, pv) = a.pcaLowrank(q: 4)
            #expect(isClose(pu.mul(ps.unsqueeze(-2)).matmul(pv.mH), centred))
        }
    }

    @Test("products of large and of half matrices") func products() {
        let a = Tensor.randn([3, 150, 70], generator: Generator(seed: 1), dtype: .float64)
        let b = Tensor.randn([3, 70, 90], generator: Generator(seed: 2), dtype: .float64)
        let expected = a.unsqueeze(-1).mul(b.unsqueeze(1)).sum(dim: 2)
        for left in [a, a.mH.contiguous().mH] {
            for right in [b, b.mH.contiguous().mH] { #expect(isClose(left.bmm(right), expected, 1e-10)) }
        }
        #expect(isClose(a[0].mm(b[0]), expected[0], 1e-10))
        for type in [DType.bfloat16, .float16] {
            let exact = a.to(type).double().matmul(b.to(type).double())
            let got = a.to(type).matmul(b.to(type))
            #expect(got.dtype == type)
            // Sums in float32, rounded once.
            let error = got.double().sub(exact).abs().div(exact.abs().add(1)).max().item() as Double
            #expect(error < (type == .bfloat16 ? 0.005 : 0.001))
        }
    }

    @Test("meta tensors have shapes and types") func meta() {
        let a = Tensor.ones([2, 5, 3], dtype: .float64, device: .meta)
        let s = Tensor.ones([2, 4, 4], device: .meta)
        let (u, values, vh) = Linalg.svd(a)
        #expect(u.shape == [2, 5, 5] && values.shape == [2, 3] && vh.shape == [2, 3, 3])
        #expect(Linalg.qr(a).Q.shape == [2, 5, 3] && Linalg.pinv(a).shape == [2, 3, 5])
        #expect(Linalg.solve(s, s).shape == [2, 4, 4] && Linalg.det(s).shape == [2] && Linalg.inv(s).device == .meta)
        #expect(Linalg.eigh(s).eigenvalues.shape == [2, 4] && Linalg.matrixExp(s).shape == [2, 4, 4])
        #expect(Linalg.lu(a).P.shape == [2, 5, 5] && Linalg.lstsq(a, a).solution.shape == [2, 3, 3])
        #expect(einsum("bij,bkj->ik", a, a).shape == [5, 5] && cdist(a, a).shape == [2, 5, 5])
    }
}
