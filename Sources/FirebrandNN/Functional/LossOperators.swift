import FirebrandTensor

let lossOperators: [OperatorRow] = [
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
        "nn.functional.mse_loss", .loss, dtypes: .floating,
        "input, target, size_average=None, reduce=None, reduction='mean'"
    ) { Functional.mseLoss(try $0.input, try $0.tensor("target"), reduction: try reduction($0)) },
    OperatorRow(
        "nn.functional.l1_loss", .loss, dtypes: .numbers,
        "input, target, size_average=None, reduce=None, reduction='mean'"
    ) { Functional.l1Loss(try $0.input, try $0.tensor("target"), reduction: try reduction($0)) },
    OperatorRow(
        "nn.functional.binary_cross_entropy_with_logits", .loss, dtypes: .floating,
        "input, target, weight=None, size_average=None, reduce=None, reduction='mean', pos_weight=None"
    ) {
        Functional.binaryCrossEntropyWithLogits(
            try $0.input, try $0.tensor("target"), weight: try $0.optionalTensor("weight"),
            reduction: try reduction($0), posWeight: try $0.optionalTensor("pos_weight"))
    },
]

/// The argument `reduction`.
func reduction(_ arguments: Arguments) throws(Misuse) -> LossReduction {
    let name = try arguments.string("reduction")
    guard let reduction = LossReduction(rawValue: name) else {
        throw Misuse("\(name) is not a valid value for reduction")
    }
    return reduction
}
