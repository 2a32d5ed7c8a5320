// The rows of ``Masked``.

private let reductionSignature = "input, dim=None, *, keepdim=False, dtype=None, mask=None"
private let lineSignature = "input, dim, *, dtype=None, mask=None"
private let spreadSignature =
    "input, dim=None, unbiased=None, *, correction=None, keepdim=False, dtype=None, mask=None"

extension OperatorRow {
    private typealias Reduction = @Sendable (Tensor, [Int]?, Bool, DType?, Tensor?) -> Tensor
    private typealias Position = @Sendable (Tensor, Int?, Bool, DType?, Tensor?) -> Tensor
    private typealias Line = @Sendable (Tensor, Int, DType?, Tensor?) -> Tensor

    private static func reduction(_ name: String, dtypes: DTypeSet = .all, _ body: @escaping Reduction) -> OperatorRow {
        OperatorRow("masked.\(name)", .masked, dtypes: dtypes, reductionSignature) {
            body(
                try $0.input, try $0.optionalInts("dim"), try $0.keepdim, try $0.dtype(),
                try $0.optionalTensor("mask"))
        }
    }

    private static func position(_ name: String, dtypes: DTypeSet = .realNumbers, _ body: @escaping Position)
        -> OperatorRow
    {
        OperatorRow("masked.\(name)", .masked, dtypes: dtypes, reductionSignature, isDifferentiable: false) {
            body(
                try $0.input, try $0.optionalInt("dim"), try $0.keepdim, try $0.dtype(), try $0.optionalTensor("mask"))
        }
    }

    private static func line(_ name: String, dtypes: DTypeSet = .floating, _ body: @escaping Line) -> OperatorRow {
        OperatorRow("masked.\(name)", .masked, dtypes: dtypes, lineSignature) {
            body(try $0.input, try $0.int("dim"), try $0.dtype(), try $0.optionalTensor("mask"))
        }
    }

    fileprivate static let maskedReductions: [OperatorRow] = [
        reduction("sum") { Masked.sum($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        reduction("prod") { Masked.prod($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        reduction("amax", dtypes: .real) { Masked.amax($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        reduction("amin", dtypes: .real) { Masked.amin($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        reduction("mean", dtypes: .inexact) { Masked.mean($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        reduction("logsumexp") { Masked.logsumexp($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        position("argmax") { Masked.argmax($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
        position("argmin") { Masked.argmin($0, dim: $1, keepdim: $2, dtype: $3, mask: $4) },
    ]

    fileprivate static let maskedLines: [OperatorRow] = [
        line("cumsum", dtypes: .all) { Masked.cumsum($0, dim: $1, dtype: $2, mask: $3) },
        line("cumprod", dtypes: .all) { Masked.cumprod($0, dim: $1, dtype: $2, mask: $3) },
        line("softmax") { Masked.softmax($0, dim: $1, dtype: $2, mask: $3) },
        line("log_softmax") { Masked.logSoftmax($0, dim: $1, dtype: $2, mask: $3) },
        line("softmin") { Masked.softmin($0, dim: $1, dtype: $2, mask: $3) },
        OperatorRow(
            "masked.normalize", .masked, dtypes: .inexact, "input, ord, dim, *, eps=1e-12, dtype=None, mask=None"
        ) {
            Masked.normalize(
                try $0.input, try $0.double("ord"), dim: try $0.int("dim"), eps: try $0.double("eps"),
                dtype: try $0.dtype(), mask: try $0.optionalTensor("mask"))
        },
    ]

    fileprivate static let maskedSpreads: [OperatorRow] = [
        OperatorRow("masked.var", .masked, dtypes: .numbers, spreadSignature) {
            Masked.var(
                try $0.input, dim: try $0.optionalInts("dim"), correction: try $0.maskedCorrection(),
                keepdim: try $0.keepdim, dtype: try $0.dtype(), mask: try $0.optionalTensor("mask"))
        },
        OperatorRow("masked.std", .masked, dtypes: .numbers, spreadSignature) {
            Masked.std(
                try $0.input, dim: try $0.optionalInts("dim"), correction: try $0.maskedCorrection(),
                keepdim: try $0.keepdim, dtype: try $0.dtype(), mask: try $0.optionalTensor("mask"))
        },
        OperatorRow("masked.median", .masked, "input, dim=-1, *, keepdim=False, dtype=None, mask=None") {
            Masked.median(
                try $0.input, dim: try $0.int("dim"), keepdim: try $0.keepdim, dtype: try $0.dtype(),
                mask: try $0.optionalTensor("mask"))
        },
        OperatorRow(
            "masked.norm", .masked, dtypes: .inexact,
            "input, ord=2.0, dim=None, *, keepdim=False, dtype=None, mask=None"
        ) {
            Masked.norm(
                try $0.input, $0.has("ord") ? try $0.double("ord") : 2, dim: try $0.optionalInts("dim"),
                keepdim: try $0.keepdim, dtype: try $0.dtype(), mask: try $0.optionalTensor("mask"))
        },
        OperatorRow(
            "masked.logaddexp", .masked, dtypes: .realNumbers,
            "input, other, *, dtype=None, input_mask=None, other_mask=None"
        ) {
            Masked.logaddexp(
                try $0.input, try $0.tensor("other"), dtype: try $0.dtype(),
                inputMask: try $0.optionalTensor("input_mask"), otherMask: try $0.optionalTensor("other_mask"))
        },
    ]
}

extension Arguments {
    fileprivate func maskedCorrection() throws(Misuse) -> Double {
        if has("correction") { return try double("correction") }
        return has("unbiased") ? (try bool("unbiased") ? 1 : 0) : 1
    }
}

let maskedOperators: [OperatorRow] =
    OperatorRow.maskedReductions + OperatorRow.maskedLines + OperatorRow.maskedSpreads
