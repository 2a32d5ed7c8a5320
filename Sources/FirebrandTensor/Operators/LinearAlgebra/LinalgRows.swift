// Solvers, norms, functions and products of linear algebra as rows of the operator table.

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

    static let solvers: [OperatorRow] = [
        linear("linalg.solve", "A, B, *, left=True, out=None") {
            Linalg.solve(try $0.tensor("A"), try $0.tensor("B"), left: try $0.bool("left"))
        },
        linear("linalg.solve_ex", "A, B, *, left=True, check_errors=False, out=None") {
            let (result, info) = Linalg.solveEx(
                try $0.tensor("A"), try $0.tensor("B"), left: try $0.bool("left"),
                checkErrors: try $0.bool("check_errors"))
            return [result, info]
        },
        linear("linalg.solve_triangular", "input, B, *, upper, left=True, unitriangular=False, out=None") {
            Linalg.solveTriangular(
                try $0.input, try $0.tensor("B"), upper: try $0.bool("upper"), left: try $0.bool("left"),
                unitriangular: try $0.bool("unitriangular"))
        },
        linear("triangular_solve", "input, A, upper=True, transpose=False, unitriangular=False, *, out=None") {
            let (solution, coefficient) = try $0.input.triangularSolve(
                try $0.tensor("A"), upper: try $0.bool("upper"), transpose: try $0.bool("transpose"),
                unitriangular: try $0.bool("unitriangular"))
            return [solution, coefficient]
        },
        linear("linalg.inv", "A, *, out=None", aliases: ["inverse"]) { Linalg.inv(try $0.tensor("A")) },
        linear("linalg.inv_ex", "A, *, check_errors=False, out=None") {
            let (inverse, info) = Linalg.invEx(try $0.tensor("A"), checkErrors: try $0.bool("check_errors"))
            return [inverse, info]
        },
        linear("linalg.lstsq", "input, b, rcond=None, *, driver=None, out=None") {
            let result = Linalg.lstsq(
                try $0.input, try $0.tensor("b"), rcond: try $0.optionalScalar("rcond")?.doubleValue,
                driver: try $0.optionalString("driver"))
            return [result.solution, result.residuals, result.rank, result.singularValues]
        },
        linear("linalg.tensorinv", "input, ind=2, *, out=None") {
            Linalg.tensorinv(try $0.input, ind: try $0.int("ind"))
        },
        linear("linalg.tensorsolve", "input, other, dims=None, *, out=None") {
            Linalg.tensorsolve(try $0.input, try $0.tensor("other"), dims: try $0.optionalInts("dims"))
        },
    ]

    static let determinants: [OperatorRow] = [
        linear("linalg.det", "A, *, out=None", aliases: ["det"]) { Linalg.det(try $0.tensor("A")) },
        linear("linalg.slogdet", "A, *, out=None", aliases: ["slogdet"]) {
            let (sign, logabsdet) = Linalg.slogdet(try $0.tensor("A"))
            return [sign, logabsdet]
        },
        linear("logdet", "input") { try $0.input.logdet() },
        linear(
            "linalg.pinv",
            """
            input, *, atol=None, rtol=None, hermitian=False, out=None
            input, rcond, hermitian=False, *, out=None
            """
        ) {
            Linalg.pinv(
                try $0.input, atol: try $0.tolerance("atol"),
                rtol: $0.has("rcond") ? try $0.tolerance("rcond") : try $0.tolerance("rtol"),
                hermitian: try $0.bool("hermitian"))
        },
        linear("pinverse", "input, rcond=1e-15") { try $0.input.pinverse(rcond: try $0.double("rcond")) },
        linear(
            "linalg.matrix_rank",
            """
            input, *, atol=None, rtol=None, hermitian=False, out=None
            input, tol, hermitian=False, *, out=None
            """, isDifferentiable: false
        ) {
            // The older `tol` is absolute.
            let isAbsolute = $0.has("tol")
            return Linalg.matrixRank(
                try $0.input, atol: isAbsolute ? try $0.tolerance("tol") : try $0.tolerance("atol"),
                rtol: isAbsolute ? 0 : try $0.tolerance("rtol"), hermitian: try $0.bool("hermitian"))
        },
        linear("linalg.cond", "input, p=None, *, out=None") {
            Linalg.cond(try $0.input, p: try $0.matrixNorm("p", "linalg.cond got an invalid norm type: "))
        },
    ]

    static let norms: [OperatorRow] = [
        linear("linalg.vector_norm", dtypes: .inexact, "input, ord=2, dim=None, keepdim=False, *, dtype=None, out=None")
        {
            Linalg.vectorNorm(
                try $0.input, ord: try $0.double("ord"), dim: try $0.optionalInts("dim"),
                keepdim: try $0.bool("keepdim"), dtype: try $0.dtype())
        },
        linear(
            "linalg.matrix_norm", dtypes: .inexact, "input, ord='fro', dim=(), keepdim=False, *, dtype=None, out=None"
        ) {
            let dim = try $0.ints("dim")
            return Linalg.matrixNorm(
                try $0.input, try $0.matrixNorm("ord") ?? .fro, dim: dim.isEmpty ? [-2, -1] : dim,
                keepdim: try $0.bool("keepdim"), dtype: try $0.dtype())
        },
        linear("linalg.norm", dtypes: .inexact, "input, ord=None, dim=None, keepdim=False, *, dtype=None, out=None") {
            Linalg.norm(
                try $0.input, try $0.matrixNorm("ord"), dim: try $0.optionalInts("dim"),
                keepdim: try $0.bool("keepdim"), dtype: try $0.dtype())
        },
    ]

    static let matrixFunctions: [OperatorRow] = [
        linear("linalg.matrix_power", dtypes: .numbers, "input, n, *, out=None", aliases: ["matrix_power"]) {
            Linalg.matrixPower(try $0.input, try $0.int("n"))
        },
        linear("linalg.matrix_exp", dtypes: .inexact, "input", aliases: ["matrix_exp"]) {
            Linalg.matrixExp(try $0.input)
        },
        linear("linalg.multi_dot", dtypes: .numbers, "tensors, *, out=None") {
            Linalg.multiDot(try $0.tensors("tensors"))
        },
        linear("linalg.vecdot", dtypes: .inexact, "x, y, *, dim=-1, out=None") {
            Linalg.vecdot(try $0.tensor("x"), try $0.tensor("y"), dim: try $0.int("dim"))
        },
        linear("linalg.cross", dtypes: .numbers, "input, other, *, dim=-1, out=None") {
            Linalg.cross(try $0.input, try $0.tensor("other"), dim: try $0.int("dim"))
        },
        linear("cross", dtypes: .numbers, "input, other, dim=None, *, out=None") {
            try $0.input.cross(try $0.tensor("other"), dim: try $0.optionalInt("dim"))
        },
        linear("linalg.vander", dtypes: .all, "x, *, N=None") {
            Linalg.vander(try $0.tensor("x"), N: try $0.optionalInt("N"))
        },
        linear("linalg.diagonal", dtypes: .all, "A, *, offset=0, dim1=-2, dim2=-1") {
            Linalg.diagonal(
                try $0.tensor("A"), offset: try $0.int("offset"), dim1: try $0.int("dim1"), dim2: try $0.int("dim2"))
        },
    ]
}

let linearAlgebraOperators: [OperatorRow] =
    OperatorRow.triangularFactors + OperatorRow.positiveFactors + OperatorRow.orthogonalFactors + OperatorRow.spectra
    + OperatorRow.solvers + OperatorRow.determinants + OperatorRow.norms + OperatorRow.matrixFunctions

extension Arguments {
    /// A bound for singular values; nil for `None` and where the signature has none.
    fileprivate func tolerance(_ name: String) throws(Misuse) -> Linalg.Tolerance? {
        switch value(name) {
        case nil: return nil
        case .tensor(let tensor): return .tensor(tensor)
        default: return .number(try double(name))
        }
    }

    /// A norm, by number or name.
    fileprivate func matrixNorm(
        _ name: String, _ complaint: String = "linalg.matrix_norm: Order "
    ) throws(Misuse) -> Linalg.MatrixNorm? {
        switch value(name) {
        case nil: return nil
        case .string("fro"): return .fro
        case .string("nuc"): return .nuc
        case .string(let text):
            throw Misuse(complaint + text + (complaint.hasSuffix("Order ") ? " not supported." : ""))
        default: return .number(try double(name))
        }
    }
}
