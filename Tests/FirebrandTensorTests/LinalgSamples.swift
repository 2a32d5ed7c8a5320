import FirebrandTensor

// Calls of products and of linear algebra that the fixtures leave out.
extension OperatorSamples {
    private static func call(
        _ name: String, _ positional: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) -> OperatorSample { OperatorSample(source: "own", name: name, positional: positional, named: named) }

    /// Samples of the families of this file.
    static var linearAlgebra: [OperatorSample] {
        let (a, b) = (numbers(2, 3), numbers(3, 2))
        let square = OperatorValue.tensor(
            Tensor([[2.0, 0.5, 0.1], [0.25, 3.0, 0.7], [0.3, -0.6, 1.2]]).requiresGrad_())
        let pivots = OperatorValue.tensor(Tensor([2, 3, 3]).to(.int32))
        let spread: [OperatorSample] = [
            "linalg.eigh", "linalg.eig", "linalg.eigvals", "linalg.svd", "svd", "linalg.qr", "linalg.polar",
            "linalg.lu",
        ]
        .map {
            call($0, [square])
        }
        let tall = ["linalg.svd", "svd", "linalg.svdvals", "linalg.qr", "linalg.polar"].map {
            call($0, [numbers(4, 2)])
        }
        let wide = ["linalg.svd", "svd", "linalg.svdvals", "linalg.qr"].map { call($0, [numbers(2, 4)]) }
        return spread + tall + wide + products + [
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

    private static var squareValues: Tensor { Tensor([[2.0, 0.5, 0.1], [0.25, 3.0, 0.7], [0.3, -0.6, 1.2]]) }

    private static var products: [OperatorSample] {
        let (a, b) = (numbers(2, 3), numbers(3, 2))
        return [
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
