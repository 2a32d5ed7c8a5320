// Decompositions as rows of the operator table.

extension OperatorRow {
    /// A row of this family.
    private static func linear(
        _ name: String, dtypes: DTypeSet = .fullPrecision, _ signature: String, aliases: [String] = [],
        isDifferentiable: Bool = true,
        _ body: @escaping Body
    ) -> OperatorRow {
        OperatorRow(
            name, .linearAlgebra, dtypes: dtypes, signature, aliases: aliases, isDifferentiable: isDifferentiable, body)
    }

    static let triangularFactors: [OperatorRow] = [
        linear("linalg.lu", "A, *, pivot=True, out=None") {
            let (P, L, U) = Linalg.lu(try $0.tensor("A"), pivot: try $0.bool("pivot"))
            return [P, L, U]
        },
        linear("linalg.lu_factor", "A, *, pivot=True, out=None") {
            let (LU, pivots) = Linalg.luFactor(try $0.tensor("A"), pivot: try $0.bool("pivot"))
            return [LU, pivots]
        },
        linear("linalg.lu_factor_ex", "A, *, pivot=True, check_errors=False, out=None") {
            let (LU, pivots, info) = Linalg.luFactorEx(
                try $0.tensor("A"), pivot: try $0.bool("pivot"), checkErrors: try $0.bool("check_errors"))
            return [LU, pivots, info]
        },
        linear("linalg.lu_solve", "LU, pivots, B, *, left=True, adjoint=False, out=None") {
            Linalg.luSolve(
                try $0.tensor("LU"), try $0.tensor("pivots"), try $0.tensor("B"), left: try $0.bool("left"),
                adjoint: try $0.bool("adjoint"))
        },
        linear("lu", "input, pivot=True, get_infos=False, out=None") {
            let pivot = try $0.bool("pivot")
            if try $0.bool("get_infos") {
                let (LU, pivots, info) = Linalg.luFactorEx(try $0.input, pivot: pivot)
                return [LU, pivots, info]
            }
            let (LU, pivots) = Linalg.luFactor(try $0.input, pivot: pivot)
            return [LU, pivots]
        },
        linear("lu_solve", "input, LU_data, LU_pivots, *, out=None") {
            try $0.input.luSolve(try $0.tensor("LU_data"), try $0.tensor("LU_pivots"))
        },
        linear("lu_unpack", dtypes: .all, "LU_data, LU_pivots, unpack_data=True, unpack_pivots=True, *, out=None") {
            let (P, L, U) = try $0.tensor("LU_data").luUnpack(
                try $0.tensor("LU_pivots"), unpackData: try $0.bool("unpack_data"),
                unpackPivots: try $0.bool("unpack_pivots"))
            return [P, L, U]
        },
    ]

    static let positiveFactors: [OperatorRow] = [
        linear("linalg.cholesky", "input, *, upper=False, out=None") {
            Linalg.cholesky(try $0.input, upper: try $0.bool("upper"))
        },
        linear("linalg.cholesky_ex", "input, *, upper=False, check_errors=False, out=None") {
            let (L, info) = Linalg.choleskyEx(
                try $0.input, upper: try $0.bool("upper"), checkErrors: try $0.bool("check_errors"))
            return [L, info]
        },
        linear("cholesky_solve", "input, input2, upper=False, *, out=None") {
            try $0.input.choleskySolve(try $0.tensor("input2"), upper: try $0.bool("upper"))
        },
        linear("cholesky_inverse", "input, upper=False, *, out=None") {
            try $0.input.choleskyInverse(upper: try $0.bool("upper"))
        },
        linear("linalg.ldl_factor", "input, *, hermitian=False, out=None", isDifferentiable: false) {
            let (LD, pivots) = Linalg.ldlFactor(try $0.input, hermitian: try $0.bool("hermitian"))
            return [LD, pivots]
        },
        linear(
            "linalg.ldl_factor_ex", "input, *, hermitian=False, check_errors=False, out=None", isDifferentiable: false
        ) {
            let (LD, pivots, info) = Linalg.ldlFactorEx(
                try $0.input, hermitian: try $0.bool("hermitian"), checkErrors: try $0.bool("check_errors"))
            return [LD, pivots, info]
        },
        linear("linalg.ldl_solve", "LD, pivots, B, *, hermitian=False, out=None", isDifferentiable: false) {
            Linalg.ldlSolve(
                try $0.tensor("LD"), try $0.tensor("pivots"), try $0.tensor("B"), hermitian: try $0.bool("hermitian"))
        },
    ]

    static let orthogonalFactors: [OperatorRow] = [
        linear("linalg.qr", "A, mode='reduced', *, out=None") {
            let text = try $0.string("mode")
            guard let mode = Linalg.QRMode(rawValue: text) else {
                throw Misuse(
                    "qr received unrecognized mode '\(text)' but expected one of 'reduced' (default), 'r', or 'complete'"
                )
            }
            let (Q, R) = Linalg.qr(try $0.tensor("A"), mode: mode)
            return [Q, R]
        },
        linear("qr", "input, some=True, *, out=None") {
            let (Q, R) = try $0.input.qr(some: try $0.bool("some"))
            return [Q, R]
        },
        linear("geqrf", "input, *, out=None", isDifferentiable: false) {
            let (a, tau) = try $0.input.geqrf()
            return [a, tau]
        },
        linear("linalg.householder_product", "input, tau, *, out=None", aliases: ["orgqr"]) {
            Linalg.householderProduct(try $0.input, try $0.tensor("tau"))
        },
        linear("ormqr", "input, input2, input3, left=True, transpose=False, *, out=None") {
            try $0.input.ormqr(
                try $0.tensor("input2"), try $0.tensor("input3"), left: try $0.bool("left"),
                transpose: try $0.bool("transpose"))
        },
    ]

    static let spectra: [OperatorRow] = [
        linear("linalg.svd", "A, full_matrices=True, *, driver=None, out=None") {
            try $0.checkNoDriver()
            let (U, S, Vh) = Linalg.svd(try $0.tensor("A"), fullMatrices: try $0.bool("full_matrices"))
            return [U, S, Vh]
        },
        linear("linalg.svdvals", "A, *, driver=None, out=None") {
            try $0.checkNoDriver()
            return Linalg.svdvals(try $0.tensor("A"))
        },
        linear("svd", "input, some=True, compute_uv=True, *, out=None") {
            let (U, S, V) = try $0.input.svd(some: try $0.bool("some"), computeUV: try $0.bool("compute_uv"))
            return [U, S, V]
        },
        linear("linalg.eigh", "input, UPLO='L', *, out=None") {
            let (L, V) = Linalg.eigh(try $0.input, UPLO: try $0.string("UPLO"))
            return [L, V]
        },
        linear("linalg.eigvalsh", "input, UPLO='L', *, out=None") {
            Linalg.eigvalsh(try $0.input, UPLO: try $0.string("UPLO"))
        },
        linear("linalg.eig", "input, *, out=None") {
            let (L, V) = Linalg.eig(try $0.input)
            return [L, V]
        },
        linear("linalg.eigvals", "input, *, out=None") { Linalg.eigvals(try $0.input) },
        linear("linalg.polar", "A, *, out=None") {
            let (U, H) = Linalg.polar(try $0.tensor("A"))
            return [U, H]
        },
        linear("linalg.matrix_sqrth", "input") { Linalg.matrixSqrth(try $0.input) },
    ]
}

extension Arguments {
    /// A way to compute singular values can only be chosen on graphics processors.
    fileprivate func checkNoDriver() throws(Misuse) {
        if has("driver") {
            throw Misuse(
                "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend.")
        }
    }
}
