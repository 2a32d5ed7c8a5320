import FirebrandTensor

let lossOperators: [OperatorRow] = Array(
    [classLossOperators, numericLossOperators, distributionLossOperators, marginLossOperators, distanceLossOperators]
        .joined())

private let legacy = "size_average=None, reduce=None, reduction='mean'"

private let classLossOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.cross_entropy", .loss, dtypes: .floating,
        "input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', "
            + "label_smoothing=0.0"
    ) {
        Functional.crossEntropy(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"),
            ignoreIndex: try $0.int("ignore_index"), reduction: try reduction($0),
            labelSmoothing: try $0.double("label_smoothing"))
    },
    OperatorRow(
        "nn.functional.nll_loss", .loss, dtypes: .floating,
        "input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'"
    ) {
        Functional.nllLoss(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"),
            ignoreIndex: try $0.int("ignore_index"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.linear_cross_entropy", .loss, dtypes: .floating,
        "input, linear_weight, target, *, linear_bias=None, weight=None, reduction='mean', ignore_index=None, "
            + "label_smoothing=0.0, options=None"
    ) {
        Functional.linearCrossEntropy(
            try $0.input, try $0.tensor("linear_weight"), try $0.tensor("target"),
            linearBias: try $0.optionalTensor("linear_bias"), weight: try $0.optionalTensor("weight"),
            reduction: try reduction($0), ignoreIndex: try $0.optionalInt("ignore_index"),
            labelSmoothing: try $0.double("label_smoothing"), options: try $0.linearCrossEntropyOptions("options"))
    },
    OperatorRow(
        "nn.functional.ctc_loss", .loss, dtypes: .only(.float32, .float64),
        "log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean', zero_infinity=False"
    ) { try ctcLoss($0, blank: try $0.int("blank"), try reduction($0), try $0.bool("zero_infinity")) },
]

/// Connectionist temporal classification with lengths as numbers or as tensors.
func ctcLoss(
    _ arguments: Arguments, blank: Int, _ reduction: LossReduction, _ zeroInfinity: Bool
) throws -> Tensor {
    let (probs, targets) = (try arguments.tensor("log_probs"), try arguments.tensor("targets"))
    if case .tensor(let inputs) = arguments.value("input_lengths"),
        case .tensor(let lengths) = arguments.value("target_lengths")
    {
        return Functional.ctcLoss(
            probs, targets, inputs, lengths, blank: blank, reduction: reduction, zeroInfinity: zeroInfinity)
    }
    return Functional.ctcLoss(
        probs, targets, try arguments.ints("input_lengths"), try arguments.ints("target_lengths"), blank: blank,
        reduction: reduction, zeroInfinity: zeroInfinity)
}

private let numericLossOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.mse_loss", .loss, dtypes: .numbers, "input, target, \(legacy), weight=None"
    ) {
        Functional.mseLoss(
            try $0.input, try $0.tensor("target"), reduction: try reduction($0), weight: try $0.optionalTensor("weight")
        )
    },
    OperatorRow(
        "nn.functional.l1_loss", .loss, dtypes: .numbers, "input, target, \(legacy), weight=None"
    ) {
        Functional.l1Loss(
            try $0.input, try $0.tensor("target"), reduction: try reduction($0), weight: try $0.optionalTensor("weight")
        )
    },
    OperatorRow(
        "nn.functional.smooth_l1_loss", .loss, dtypes: .inexact, "input, target, \(legacy), beta=1.0"
    ) {
        Functional.smoothL1Loss(
            try $0.input, try $0.tensor("target"), reduction: try reduction($0), beta: try $0.double("beta"))
    },
    OperatorRow(
        "nn.functional.huber_loss", .loss, dtypes: .floating, "input, target, reduction='mean', delta=1.0, weight=None"
    ) {
        Functional.huberLoss(
            try $0.input, try $0.tensor("target"), reduction: try reduction($0), delta: try $0.double("delta"),
            weight: try $0.optionalTensor("weight"))
    },
    OperatorRow(
        "nn.functional.binary_cross_entropy", .loss, dtypes: .floating, "input, target, weight=None, \(legacy)"
    ) {
        Functional.binaryCrossEntropy(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"), reduction: try reduction($0)
        )
    },
    OperatorRow(
        "nn.functional.binary_cross_entropy_with_logits", .loss, dtypes: .floating,
        "input, target, weight=None, \(legacy), pos_weight=None"
    ) {
        Functional.binaryCrossEntropyWithLogits(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"),
            reduction: try reduction($0), posWeight: try $0.optionalTensor("pos_weight"))
    },
]

private let distributionLossOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.kl_div", .loss, dtypes: .floating, "input, target, \(legacy), log_target=False"
    ) {
        Functional.klDiv(
            try $0.input, try $0.tensor("target"), reduction: try divergenceReduction($0),
            logTarget: try $0.bool("log_target"))
    },
    OperatorRow(
        "nn.functional.poisson_nll_loss", .loss, dtypes: .numbers,
        "input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction='mean'"
    ) {
        Functional.poissonNLLLoss(
            try $0.input, try $0.tensor("target"), logInput: try $0.bool("log_input"), full: try $0.bool("full"),
            eps: try $0.double("eps"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.gaussian_nll_loss", .loss, dtypes: .floating,
        "input, target, var, full=False, eps=1e-6, reduction='mean'"
    ) {
        let (full, eps, reduction) = (try $0.bool("full"), try $0.double("eps"), try reduction($0, "is not valid"))
        if case .tensor(let variance) = $0.value("var") {
            return Functional.gaussianNLLLoss(
                try $0.input, try $0.tensor("target"), variance, full: full, eps: eps, reduction: reduction)
        }
        return Functional.gaussianNLLLoss(
            try $0.input, try $0.tensor("target"), try $0.double("var"), full: full, eps: eps, reduction: reduction)
    },
]

private let marginLossOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.hinge_embedding_loss", .loss, dtypes: .realNumbers, "input, target, margin=1.0, \(legacy)"
    ) {
        Functional.hingeEmbeddingLoss(
            try $0.input, try $0.tensor("target"), margin: try $0.double("margin"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.margin_ranking_loss", .loss, dtypes: .realNumbers, "input1, input2, target, margin=0, \(legacy)"
    ) {
        Functional.marginRankingLoss(
            try $0.input, try $0.tensor("input2"), try $0.tensor("target"), margin: try $0.double("margin"),
            reduction: try reduction($0))
    },
    OperatorRow("nn.functional.soft_margin_loss", .loss, dtypes: .floating, "input, target, \(legacy)") {
        Functional.softMarginLoss(try $0.input, try $0.tensor("target"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.multi_margin_loss", .loss, dtypes: .only(.float32, .float64),
        "input, target, p=1, margin=1.0, weight=None, \(legacy)"
    ) {
        Functional.multiMarginLoss(
            try $0.input, try $0.tensor("target"), p: try $0.int("p"), margin: try $0.double("margin"),
            weight: try $0.optionalTensor("weight"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.multilabel_margin_loss", .loss, dtypes: .only(.float32, .float64), "input, target, \(legacy)"
    ) { Functional.multilabelMarginLoss(try $0.input, try $0.tensor("target"), reduction: try reduction($0)) },
    OperatorRow(
        "nn.functional.multilabel_soft_margin_loss", .loss, dtypes: .floating, "input, target, weight=None, \(legacy)"
    ) {
        Functional.multilabelSoftMarginLoss(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"),
            reduction: try reduction($0, "is not valid"))
    },
]

private let distanceLossOperators: [OperatorRow] = [
    OperatorRow(
        "nn.functional.cosine_embedding_loss", .loss, dtypes: .real,
        "input1, input2, target, margin=0, \(legacy)"
    ) {
        Functional.cosineEmbeddingLoss(
            try $0.input, try $0.tensor("input2"), try $0.tensor("target"), margin: try $0.double("margin"),
            reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.triplet_margin_loss", .loss, dtypes: .numbers,
        "anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, \(legacy)"
    ) {
        Functional.tripletMarginLoss(
            try $0.input, try $0.tensor("positive"), try $0.tensor("negative"), margin: try $0.double("margin"),
            p: try $0.double("p"), eps: try $0.double("eps"), swap: try $0.bool("swap"), reduction: try reduction($0))
    },
    OperatorRow(
        "nn.functional.triplet_margin_with_distance_loss", .loss, dtypes: .numbers,
        "anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction='mean'"
    ) {
        Functional.tripletMarginWithDistanceLoss(
            try $0.input, try $0.tensor("positive"), try $0.tensor("negative"), margin: try $0.double("margin"),
            swap: try $0.bool("swap"), reduction: try reduction($0),
            distanceFunction: try distanceFunction($0.value("distance_function")))
    },
]

/// A distance, from the name of a function or the module that stands for it.
func distanceFunction(_ value: OperatorValue?) throws -> ((Tensor, Tensor) -> Tensor)? {
    func calling(
        _ name: String, _ call: @escaping ([OperatorValue]) throws -> OperatorValue
    ) -> (Tensor, Tensor) -> Tensor {
        { a, b in
            do {
                if let result = try call([.tensor(a), .tensor(b)]).tensors.first { return result }
                report(Misuse("the distance function gives no tensor"), name, [a, b])
            } catch let error as OperatorError {
                report(Misuse(error.message), name, [a, b])
            } catch {
                report(Misuse("\(error)"), name, [a, b])
            }
            return a
        }
    }
    switch value {
    case nil: return nil
    case .function(let name):
        guard let found = OperatorTable(nnOperators).find(name) ?? OperatorTable(tensorOperators).find(name) else {
            throw Misuse("there is no operator '\(name)'")
        }
        return calling(name) { try found.row.call($0) }
    case .module(let type, let arguments, let named):
        guard let row = modules.find(type) else { throw Misuse("there is no module '\(type)'") }
        let module = try row(arguments, named)
        return calling(type) { try row.call(module, $0) }
    case .some(let other): throw Misuse("'\(other.kindName)' object is not callable")
    }
}

/// The argument `reduction`, or what the older `size_average` and `reduce` say.
func reduction(
    _ arguments: Arguments, _ complaint: String = "is not a valid value for reduction"
) throws(Misuse) -> LossReduction {
    if let older = try olderReduction(arguments) { return older }
    let name = try arguments.string("reduction")
    if name == "elementwise_mean" { return .mean }
    guard let reduction = LossReduction(rawValue: name) else { throw Misuse("\(name) \(complaint)") }
    return reduction
}

private func olderReduction(_ arguments: Arguments) throws(Misuse) -> LossReduction? {
    let (average, reduce) = (arguments.has("size_average"), arguments.has("reduce"))
    guard average || reduce else { return nil }
    let isReduced = reduce ? try arguments.bool("reduce") : true
    let isAveraged = average ? try arguments.bool("size_average") : true
    return isReduced ? (isAveraged ? .mean : .sum) : LossReduction.none
}

/// The same for a divergence.
func divergenceReduction(_ arguments: Arguments) throws(Misuse) -> DivergenceReduction {
    if let older = try olderReduction(arguments), let same = DivergenceReduction(rawValue: older.rawValue) {
        return same
    }
    let name = try arguments.string("reduction")
    guard let reduction = DivergenceReduction(rawValue: name) else {
        throw Misuse("\(name) is not a valid value for reduction")
    }
    return reduction
}
