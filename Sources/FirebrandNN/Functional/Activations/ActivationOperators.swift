import FirebrandTensor

extension OperatorRow {
    private typealias InPlaceBody = @Sendable (Tensor, Arguments, _ inplace: Bool) throws -> Tensor

    /// An activation with an argument `inplace` and a form with an underscore.
    private static func overwriting(
        _ name: String, _ parameters: String = "", dtypes: DTypeSet = .floating, aliases: [String] = [],
        _ body: @escaping InPlaceBody
    ) -> OperatorRow {
        OperatorRow(
            "nn.functional.\(name)", .activation, dtypes: dtypes,
            "input, \(parameters.isEmpty ? "" : parameters + ", ")inplace=False", aliases: aliases,
            inPlace: { try body(try $0.input, $0, true) }
        ) { try body(try $0.input, $0, try $0.bool("inplace")) }
    }

    fileprivate static let hardActivations: [OperatorRow] = [
        overwriting("threshold", "threshold, value", dtypes: .realNumbers, aliases: ["threshold"]) {
            x, arguments, inplace in
            Functional.threshold(
                x, try arguments.double("threshold"), try arguments.double("value"), inplace: inplace)
        },
        overwriting("relu6", dtypes: .realNumbers) { x, _, inplace in Functional.relu6(x, inplace: inplace) },
        overwriting("hardtanh", "min_val=-1.0, max_val=1.0", dtypes: .realNumbers) { x, arguments, inplace in
            Functional.hardtanh(
                x, minVal: try arguments.double("min_val"), maxVal: try arguments.double("max_val"), inplace: inplace)
        },
        overwriting("hardswish") { x, _, inplace in Functional.hardswish(x, inplace: inplace) },
        overwriting("hardsigmoid") { x, _, inplace in Functional.hardsigmoid(x, inplace: inplace) },
        overwriting("leaky_relu", "negative_slope=0.01") { x, arguments, inplace in
            Functional.leakyReLU(x, negativeSlope: try arguments.double("negative_slope"), inplace: inplace)
        },
        OperatorRow(
            "nn.functional.hardshrink", .activation, dtypes: .floating, "input, lambd=0.5, *, out=None",
            aliases: ["hardshrink"]
        ) { Functional.hardshrink(try $0.input, lambd: try $0.double("lambd")) },
        OperatorRow("nn.functional.softshrink", .activation, dtypes: .floating, "input, lambd=0.5, *, out=None") {
            Functional.softshrink(try $0.input, lambd: try $0.double("lambd"))
        },
    ]

    fileprivate static let smoothActivations: [OperatorRow] = [
        overwriting("elu", "alpha=1.0") { x, arguments, inplace in
            Functional.elu(x, alpha: try arguments.double("alpha"), inplace: inplace)
        },
        overwriting("selu", aliases: ["selu"]) { x, _, inplace in Functional.selu(x, inplace: inplace) },
        overwriting("celu", "alpha=1.0", aliases: ["celu"]) { x, arguments, inplace in
            Functional.celu(x, alpha: try arguments.double("alpha"), inplace: inplace)
        },
        overwriting("silu", dtypes: .inexact) { x, _, inplace in Functional.silu(x, inplace: inplace) },
        overwriting("mish") { x, _, inplace in Functional.mish(x, inplace: inplace) },
        OperatorRow(
            "nn.functional.softplus", .activation, dtypes: .floating, "input, beta=1, threshold=20, *, out=None"
        ) {
            Functional.softplus(
                try $0.input, beta: try $0.double("beta"), threshold: try $0.double("threshold"))
        },
        OperatorRow("nn.functional.logsigmoid", .activation, dtypes: .floating, "input, *, out=None") {
            Functional.logSigmoid(try $0.input)
        },
        OperatorRow("nn.functional.gelu", .activation, dtypes: .floating, "input, *, approximate='none', out=None") {
            Functional.gelu(try $0.input, approximate: try geluApproximation($0))
        },
        OperatorRow("nn.functional.softsign", .activation, dtypes: .all, "input") {
            Functional.softsign(try $0.input)
        },
        OperatorRow("nn.functional.tanhshrink", .activation, dtypes: .numbers, "input") {
            Functional.tanhshrink(try $0.input)
        },
    ]

    fileprivate static let gatedActivations: [OperatorRow] = [
        OperatorRow("nn.functional.prelu", .activation, dtypes: .floating, "input, weight", aliases: ["prelu"]) {
            Functional.prelu(try $0.input, try $0.tensor("weight"))
        },
        OperatorRow("nn.functional.glu", .activation, dtypes: .floating, "input, dim=-1, *, out=None") {
            Functional.glu(try $0.input, dim: try $0.int("dim"))
        },
        OperatorRow(
            "nn.functional.softmin", .activation, dtypes: .floating, "input, dim=None, _stacklevel=3, dtype=None"
        ) { Functional.softmin(try $0.input, dim: try $0.optionalInt("dim"), dtype: try $0.dtype()) },
        overwriting(
            "rrelu", "lower=0.125, upper=0.3333333333333333, training=False", aliases: ["rrelu"]
        ) { x, arguments, inplace in
            Functional.rrelu(
                x, lower: try arguments.double("lower"), upper: try arguments.double("upper"),
                training: try arguments.bool("training"), inplace: inplace)
        },
        OperatorRow(
            "nn.functional.gumbel_softmax", .activation, dtypes: .floating,
            "logits, tau=1, hard=False, eps=1e-10, dim=-1"
        ) {
            Functional.gumbelSoftmax(
                try $0.tensor("logits"), tau: try $0.double("tau"), hard: try $0.bool("hard"), dim: try $0.int("dim"))
        },
    ]
}

/// The argument `approximate` of gelu.
func geluApproximation(_ arguments: Arguments) throws(Misuse) -> Functional.GELUApproximation {
    guard let approximation = Functional.GELUApproximation(rawValue: try arguments.string("approximate")) else {
        throw Misuse("approximate argument must be either none or tanh.")
    }
    return approximation
}

let activationOperators: [OperatorRow] =
    OperatorRow.hardActivations + OperatorRow.smoothActivations + OperatorRow.gatedActivations
