/// Operators by name: the rows of one layer or of several joined.
///
/// Importers, the replay of conformance cases, gradient checks and benchmarks all walk this table.
/// ```swift
/// let table = OperatorTable(tensorOperators)
/// try table.call("torch.add", [.tensor(x), .int(1)])
/// try table.call("add_", [.tensor(x), .int(1)])          // in place
/// ```
public struct OperatorTable: Sendable {
    /// The rows, in the order they were joined in.
    public let rows: [OperatorRow]
    private let positions: [String: Int]

    /// A table of these rows. No name or alias may be taken twice; the first to take it keeps it.
    public init(_ rows: [OperatorRow]) {
        self.rows = rows
        var positions: [String: Int] = [:]
        for (position, row) in rows.enumerated() { positions[row.name] = positions[row.name] ?? position }
        for (position, row) in rows.enumerated() {
            for alias in row.aliases where positions[alias] == nil { positions[alias] = position }
        }
        self.positions = positions
    }

    /// The row of a name or alias, with or without `torch.` or `torch.Tensor.` in front; nil where there is none.
    public func find(_ name: String) -> (row: OperatorRow, isInPlace: Bool)? {
        let own = OperatorTable.ownName(name)
        if let position = positions[own] { return (rows[position], false) }
        if own.hasSuffix("_"), !own.hasSuffix("__"), let position = positions[String(own.dropLast())],
            rows[position].hasInPlace
        {
            return (rows[position], true)
        }
        return nil
    }

    private static func ownName(_ name: String) -> String {
        for prefix in ["torch.Tensor.", "torch.", "Tensor."] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    /// Calls an operator by name; a trailing underscore means the in-place form. Misuse is thrown.
    public func call(
        _ name: String, _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:]
    ) throws -> OperatorValue {
        guard let (row, isInPlace) = find(name) else {
            throw FirebrandError(
                .invalidArgument, "there is no operator '\(name)'",
                remedy: "operators go by PyTorch's names without 'torch.', such as 'add' or 'nn.functional.relu'")
        }
        return try row.call(arguments, named, inPlace: isInPlace)
    }
}

/// The operators of the tensor core. The layers above add theirs.
public let tensorOperators: [OperatorRow] = Array(
    [
        elementaryOperators,
        arithmeticOperators,
        powerOperators,
        comparisonOperators,
        selectionOperators,
        reductionOperators,
        extremumOperators,
        spreadOperators,
        normOperators,
        scanOperators,
        differenceOperators,
        maskedOperators,
        overwritingOperators,
        samplingOperators,
        dropoutOperators,
        softmaxOperators,
        matmulOperators,
        shapeOperators,
        dimensionOrderOperators,
        partOperators,
        joiningOperators,
        indexingOperators,
        indexedSliceOperators,
        scatterReduceOperators,
        takePutOperators,
        maskOperators,
        sortingOperators,
        rankOperators,
        uniqueOperators,
        searchingOperators,
        histogramOperators,
        gatherScatterOperators,
        triangleOperators,
        creationOperators,
        conversionOperators,
        randomTensorOperators,
        complexOperators,
        fourierOperators,
        viewOperators,
        linearAlgebraOperators,
        lowRankOperators,
        trigonometricOperators,
        numberPartOperators,
        bitwiseOperators,
        floatPairOperators,
        ternaryOperators,
        newLikeOperators,
        windowOperators,
        gammaOperators,
        besselOperators,
        polynomialOperators,
    ].joined())
