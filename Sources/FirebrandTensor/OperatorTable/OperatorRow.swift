/// The families operators belong to, under the names of PyTorch's conformance cases.
public enum OperatorFamily: String, Sendable, CaseIterable {
    /// One operand, element by element.
    case pointwiseUnary = "pointwise_unary"
    /// Two operands, broadcast.
    case pointwiseBinary = "pointwise_binary"
    /// Three operands, broadcast.
    case pointwiseTernary = "pointwise_ternary"
    /// Comparisons, logic, bits.
    case comparison = "comparison_logic_bitwise"
    /// Many elements into one.
    case reduction
    /// Running sums and their kind.
    case scan
    /// Sorting and searching.
    case sorting = "sorting_searching"
    /// Products of matrices and vectors.
    case matmul = "matmul_blas"
    /// Decompositions and solvers.
    case linearAlgebra = "linalg"
    /// Other shapes over the same memory.
    case shape = "shape_view"
    /// Several tensors into one, one into several.
    case joining = "joining_splitting"
    /// Picking and putting elements.
    case indexing = "indexing_gather_scatter"
    /// Masked tensors.
    case masked
    /// New tensors.
    case creation
    /// New random tensors.
    case random
    /// Conversions of type.
    case cast
    /// Complex numbers and their parts.
    case complex = "complex_only"
    /// Special functions.
    case special
    /// Fourier transforms.
    case fourier = "fft"
    /// Activations.
    case activation = "nn_activation"
    /// Linear maps.
    case linear = "nn_linear"
    /// Losses.
    case loss = "nn_loss"
    /// Convolutions.
    case convolution = "nn_conv"
    /// Pooling.
    case pooling = "nn_pool"
    /// Normalisation.
    case normalisation = "nn_norm"
    /// Attention.
    case attention = "nn_attention"
    /// Embeddings.
    case embedding = "nn_embedding"
    /// Padding.
    case padding = "nn_padding"
    /// Resizing.
    case resize = "nn_resize"
    /// Distances.
    case distance = "nn_distance"
    /// The rest.
    case other
}

/// One operator as the table knows it: PyTorch's name and signatures, what it can do, and how to call it with values.
///
/// ```swift
/// let row = try operators.row("add")
/// try row.call([.tensor(x), .int(2)])
/// ```
public struct OperatorRow: Sendable {
    /// The code behind a row. What it throws, and the misuse operators report inside it, becomes an ``OperatorError``.
    package typealias Body = @Sendable (Arguments) throws -> any OperatorValueConvertible

    /// PyTorch's dotted name without `torch.` (and without `Tensor.`): `add`, `nn.functional.relu`.
    public let name: String
    /// The family.
    public let family: OperatorFamily
    /// The ways to call it, in the order they are tried.
    public let signatures: [OperatorSignature]
    /// Other names it goes by.
    public let aliases: [String]
    /// Whether gradients flow through it.
    public let isDifferentiable: Bool
    /// The element types of the operand that it computes with.
    public let dtypes: DTypeSet
    private let body: Body
    private let inPlaceBody: Body?

    /// A row. Several signatures stand on lines of their own.
    package init(
        _ name: String, _ family: OperatorFamily, dtypes: DTypeSet = .all, _ signature: String,
        aliases: [String] = [], isDifferentiable: Bool = true, inPlace: Body? = nil, _ body: @escaping Body
    ) {
        self.name = name
        self.family = family
        signatures = signature.split(separator: "\n").map { line in
            guard let signature = OperatorSignature(String(line)) else {
                fatalError("the signature of \(name) cannot be read: \(line)")
            }
            return signature
        }
        self.aliases = aliases
        self.isDifferentiable = isDifferentiable
        self.dtypes = dtypes
        self.body = body
        inPlaceBody = inPlace
    }

    /// Whether there is a form with a trailing underscore that overwrites its operand.
    public var hasInPlace: Bool { inPlaceBody != nil }
    /// Whether it takes `out`, the tensor its result is written to.
    public var hasOut: Bool { signatures.contains { $0.parameters.contains { $0.name == "out" } } }

    /// Calls the operator; misuse is thrown.
    ///
    /// - Parameters:
    ///   - arguments: the positional arguments; the operand of a method comes first.
    ///   - named: the arguments given by name.
    ///   - inPlace: the form that overwrites the operand.
    public func call(
        _ arguments: [OperatorValue], _ named: [String: OperatorValue] = [:], inPlace: Bool = false
    ) throws -> OperatorValue {
        let calledName = inPlace ? name + "_" : name
        let operands = (arguments + named.sorted { $0.key < $1.key }.map(\.value)).flatMap(\.tensors)
        return try throwingMisuse(of: calledName, operands) {
            guard let body = inPlace ? inPlaceBody : body else {
                throw Misuse("there is no in-place form of \(name)")
            }
            let bound = try bind(calledName, arguments, named)
            let result = try body(bound).operatorValue
            guard let out = bound.remainingOut, !hasFailed else { return result }
            return try OperatorRow.write(result, into: out, calledName, operands)
        }
    }

    private func bind(
        _ calledName: String, _ arguments: [OperatorValue], _ named: [String: OperatorValue]
    ) throws(Misuse) -> Arguments {
        var first: Misuse?
        for signature in signatures {
            do {
                return Arguments(calledName, try signature.bind(calledName, arguments, named), signature)
            } catch { first = first ?? error }
        }
        if signatures.count == 1, let first { throw first }
        let given =
            arguments.map(\.kindName) + named.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.kindName)" }
        throw Misuse(
            "\(calledName)() received an invalid combination of arguments - got (\(given.joined(separator: ", "))), but "
                + "expected one of: " + signatures.map { "(\($0))" }.joined(separator: ", "))
    }

    /// Copies results to where `out` says, resized and converted as operators with an `out:` of their own do it.
    private static func write(
        _ result: OperatorValue, into out: OperatorValue, _ name: String, _ operands: [Tensor]
    ) throws(Misuse) -> OperatorValue {
        let (results, targets) = (result.tensors, out.tensors)
        guard results.count == targets.count, !targets.isEmpty else {
            throw Misuse(
                "\(name)(): argument 'out' must be \(results.count == 1 ? "Tensor" : "tuple of Tensors"), not \(out.kindName)"
            )
        }
        for (result, target) in zip(results, targets) {
            try checkOut(target, result, result)
            _ = try FirebrandTensor.write(into: target, result.shape, result.dtype) { (target) throws(Misuse) in
                target.backend.copy(result, into: target)
            }
        }
        return out
    }
}
