import FirebrandTensor

// Calls of products and of linear algebra that the fixtures leave out.
extension OperatorSamples {
    private static func call(
        _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) -> OperatorSample { OperatorSample(source: "own", name: name, positional: positional, named: named) }

    /// Samples of the families of this file.
    static var linearAlgebra: [OperatorSample] {
        let (a, b) = (numbers(2, 3), numbers(3, 2))
        let square = OperatorValue.tensor(squareValues.requiresGrad_())
        let square2 = OperatorValue.tensor(squareValues.add(0.3).requiresGrad_())
        let pivots = OperatorValue.tensor(Tensor([2, 3, 3]).to(.int32))
        let spread: [OperatorSample] = [
            "linalg.eigh", "linalg.eig", "linalg.eigvals", "linalg.svd", "svd", "linalg.qr", "linalg.polar",
            "linalg.lu",
        ]
        .map {
            call($0, [square])
        }
        let plain = [
            "linalg.lu_factor", "linalg.lu_factor_ex", "lu", "linalg.cholesky", "linalg.cholesky_ex",
            "cholesky_inverse",
            "linalg.ldl_factor", "linalg.ldl_factor_ex", "geqrf", "linalg.eigvalsh", "linalg.inv_ex", "linalg.det",
            "linalg.slogdet", "logdet", "linalg.pinv", "pinverse", "linalg.matrix_rank", "linalg.cond",
            "linalg.matrix_norm", "linalg.norm", "linalg.matrix_exp", "linalg.vander", "linalg.diagonal",
            "linalg.matrix_sqrth",
        ].map { call($0, [square]) }
        let two = [
            "linalg.solve", "linalg.solve_ex", "linalg.vecdot", "linalg.cross", "cross",
        ].map { call($0, [square, square2]) }
        let tall = ["linalg.svd", "svd", "linalg.svdvals", "linalg.qr", "linalg.polar"].map {
            call($0, [numbers(4, 2)])
        }
        let wide = ["linalg.svd", "svd", "linalg.svdvals", "linalg.qr"].map { call($0, [numbers(2, 4)]) }
        return spread + plain + two + tall + wide + products + [
            call("lu_solve", [b, square, pivots]), call("cholesky_solve", [b, square]),
            call("triangular_solve", [b, square]), call("triangular_solve", [b, square], ["transpose": .bool(true)]),
            call("linalg.solve_triangular", [square, b], ["upper": .bool(false)]),
            call("linalg.ldl_solve", [square, .tensor(Tensor([1, 2, 3]).to(.int32)), b]),
            call("linalg.matrix_power", [square, .int(3)]), call("linalg.matrix_power", [square, .int(-2)]),
            call("linalg.multi_dot", [.list([square, b, numbers(2, 4)])]),
            call("linalg.householder_product", [numbers(4, 2), numbers(2)]),
            call("ormqr", [numbers(4, 2), numbers(2), numbers(4, 3)]),
            call(
                "ormqr", [numbers(4, 2), numbers(2), numbers(3, 4)], ["left": .bool(false), "transpose": .bool(true)]),
            call("linalg.lu_solve", [square, pivots, b]), call("lu_unpack", [square, pivots]),
            call("linalg.lstsq", [numbers(4, 2), numbers(4, 3)]),
            call("linalg.lstsq", [numbers(4, 2), numbers(4, 3)], ["driver": .string("gelsd")]),
            call("linalg.tensorinv", [.tensor(squareValues.reshape(3, 1, 3).requiresGrad_())], ["ind": .int(1)]),
            call("linalg.tensorsolve", [.tensor(squareValues.reshape(3, 1, 3).requiresGrad_()), numbers(3, 1)]),
            call("inverse", [square]), call("qr", [b]), call("orgqr", [b, numbers(2)]),
            call("linalg.vector_norm", [a, .double(0.5)]), call("linalg.vector_norm", [a, .double(1.5)]),
            call("linalg.lu", [numbers(4, 2)]), call("linalg.lu", [numbers(2, 4)]),
        ]
    }

    private static var squareValues: Tensor {
        Tensor([[2.0, 0.5, 0.1], [0.25, 3.0, 0.7], [0.3, -0.6, 1.2]]).to(.float64)
    }

    private static var products: [OperatorSample] {
        let (a, b) = (numbers(2, 3), numbers(3, 2))
        return [
            call("__rmatmul__", [b, a]), call("addr", [numbers(2, 3), numbers(2), numbers(3)]),
            call("addr", [numbers(2, 3), numbers(2), numbers(3)], ["beta": .double(0.5), "alpha": .double(2)]),
            call("addbmm", [numbers(2), numbers(3, 2, 3), numbers(3, 3, 2)], ["alpha": .double(0.5)]),
            call("baddbmm", [numbers(2), numbers(3, 2, 3), numbers(3, 3, 2)], ["beta": .double(0.5)]),
            call("vdot", [numbers(3), numbers(3)]), call("inner", [a, numbers(4, 3)]),
            call("outer", [numbers(2), numbers(3)]), call("tensordot", [a, b], ["dims": .int(1)]),
            call("tensordot", [a, numbers(2, 3, 2), .list([.list([.int(1), .int(0)]), .list([.int(1), .int(0)])])]),
            call("bmm", [numbers(2, 2, 3), numbers(2, 3, 2)]), call("kron", [a, numbers(2, 2)]),
            call("chain_matmul", [a, b, numbers(2, 4)]),
            call("cdist", [numbers(3, 2), numbers(4, 2, from: 2.5, to: 4)]),
            call("cdist", [numbers(3, 2), numbers(4, 2, from: 2.5, to: 4)], ["p": .double(1)]),
            call("cdist", [numbers(3, 2), numbers(4, 2, from: 2.5, to: 4)], ["p": .double(3)]),
            call("cdist", [numbers(3, 2), numbers(4, 2, from: 2.5, to: 4)], ["p": .double(.infinity)]),
            call("einsum", [.string("ij,jk,kl->il"), a, b, numbers(2, 4)]),
            call("einsum", [.string("ii->i"), numbers(3, 3)]),
            call("einsum", [.string("...ij,jk->...ik"), numbers(2, 2, 3), b]),
            call("addmv", [numbers(2), a, numbers(3)], ["beta": .int(0)]),
        ]
    }

    // MARK: What such operators take for granted

    /// Whether an operator has no gradient where rows or columns depend on each other.
    static func needsFullRank(_ name: String) -> Bool { table.find(name)?.row.family == .linearAlgebra }

    private static let hermitian: Set<String> = [
        "linalg.cholesky", "linalg.cholesky_ex", "linalg.eigh", "linalg.eigvalsh", "linalg.matrix_sqrth",
    ]

    /// Operators that look at one triangle give the gradient of a function of symmetric (or triangular) matrices: they are
    /// called with such a matrix, made of the sample's.
    static func structured(
        _ name: String, _ inputs: [OperatorValue], _ named: [String: OperatorValue]
    ) -> [OperatorValue] {
        let own = table.find(name)?.row.name ?? name
        let position = own == "cholesky_solve" ? 1 : 0
        guard inputs.count > position, case .tensor(let x) = inputs[position] else { return inputs }
        var result = inputs
        if hermitian.contains(own) || own == "linalg.pinv" && isTrue(named["hermitian"]) {
            result[position] = .tensor(x.add(x.mH))
        } else if own == "cholesky_solve" || own == "cholesky_inverse" {
            let isUpper = isTrue(named["upper"]) || inputs.count > position + 1 && isTrue(inputs[position + 1])
            // A Cholesky factor has a real diagonal.
            let triangle = isUpper ? x.triu(diagonal: 1) : x.tril(diagonal: -1)
            result[position] = .tensor(triangle.add(x.diagonalOfMatrices().real.diagonalMatrices))
        }
        return result
    }

    private static func isTrue(_ value: OperatorValue?) -> Bool { if case .bool(true) = value { true } else { false } }

    /// The part of results that the operands determine: of square orthogonal matrices the columns with a singular value,
    /// and of complex vectors, whose phase is free, the sizes.
    static func determined(_ name: String, _ results: [Tensor]) -> [Tensor] {
        let own = table.find(name)?.row.name ?? name
        // A permutation has no gradient.
        if own == "linalg.lu" || own == "lu_unpack" { return Array(results.dropFirst()) }
        func sizes(_ x: Tensor) -> Tensor { x.isComplex() ? x.abs() : x }
        if own == "linalg.eig" || own == "linalg.eigh" { return [results[0], sizes(results[1])] }
        guard results.count == 3, own == "svd" || own == "linalg.svd" else { return results }
        let k = results[1].size(-1)
        let side = own == "svd" ? -1 : -2
        return [sizes(results[0].narrow(-1, 0, k)), results[1], sizes(results[2].narrow(side, 0, k))]
    }
}
