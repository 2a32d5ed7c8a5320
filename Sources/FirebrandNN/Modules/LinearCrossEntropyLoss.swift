import FirebrandTensor

/// A linear map and the cross entropy of its scores. PyTorch: `nn.LinearCrossEntropyLoss`.
///
/// Shapes and options: ``Functional/linearCrossEntropy(_:_:_:linearBias:weight:reduction:ignoreIndex:labelSmoothing:options:)``.
/// ```swift
/// let loss = LinearCrossEntropyLoss(512, 32_000, options: LinearCrossEntropyOptions())
/// ```
public final class LinearCrossEntropyLoss: ModuleBase, PairForwarding {
    @Buffer private var weight: Tensor?
    /// The linear map; of further dimensions of the scores it has them all in one.
    public let linear: Linear
    private let classCount: Int
    private let outFeatures: [Int]
    private let reduction: LossReduction
    private let ignoreIndex: Int?
    private let labelSmoothing: Double
    private let options: LinearCrossEntropyOptions?

    /// A map from `inFeatures` numbers to scores of `classCount` classes (by `outFeatures`), and their loss.
    public init(
        _ inFeatures: Int, _ classCount: Int, outFeatures: [Int] = [], bias: Bool = false,
        reduction: LossReduction = .mean, weight: Tensor? = nil, ignoreIndex: Int? = nil, labelSmoothing: Double = 0,
        options: LinearCrossEntropyOptions? = nil, device: Device = .cpu, dtype: DType? = nil,
        generator: Generator = .default
    ) {
        self.weight = weight
        self.classCount = classCount
        self.outFeatures = outFeatures
        self.reduction = reduction
        self.ignoreIndex = ignoreIndex
        self.labelSmoothing = labelSmoothing
        self.options = options
        linear = Linear(
            inFeatures, outFeatures.reduce(classCount, *), bias: bias, device: device, dtype: dtype,
            generator: generator)
        super.init()
        if let weight, weight.shape != [classCount] {
            report(
                Misuse(
                    "expected weight shape to be (\(classCount),), got \(Functional.tuple(weight.shape.map { $0 }))"),
                "LinearCrossEntropyLoss", [weight])
        }
        if labelSmoothing < 0 || labelSmoothing > 1 {
            report(
                Misuse("expected label_smoothing to be in range [0, 1], got \(labelSmoothing)"),
                "LinearCrossEntropyLoss", [])
        }
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor, _ target: Tensor) -> Tensor {
        let outputs = [classCount] + outFeatures
        return Functional.linearCrossEntropy(
            input, outFeatures.isEmpty ? linear.weight : linear.weight.reshape(outputs + [linear.inFeatures]), target,
            linearBias: linear.bias?.reshape(outputs), weight: weight, reduction: reduction, ignoreIndex: ignoreIndex,
            labelSmoothing: labelSmoothing, options: options)
    }

    /// All options, as PyTorch prints them.
    public override var extraDescription: String {
        "in_features=\(linear.inFeatures), num_classes=\(classCount), out_features="
            + (outFeatures.isEmpty ? "()" : Functional.tuple(outFeatures))
            + ", bias=\(linear.bias == nil ? "False" : "True"), reduction=\(reduction.rawValue), ignore_index="
            + "\(ignoreIndex.map { "\($0)" } ?? "None"), label_smoothing=\(labelSmoothing), options="
            + (options.map { "\($0)" } ?? "None")
    }
}

let linearLossModules = [
    ModuleRow(
        "nn.LinearCrossEntropyLoss",
        "in_features, num_classes, *, out_features=(), bias=False, device=None, dtype=None, reduction='mean', "
            + "weight=None, ignore_index=None, label_smoothing=0.0, options=None"
    ) {
        LinearCrossEntropyLoss(
            try $0.int("in_features"), try $0.int("num_classes"), outFeatures: try $0.ints("out_features"),
            bias: try $0.bool("bias"), reduction: try reduction($0), weight: try $0.optionalTensor("weight"),
            ignoreIndex: try $0.optionalInt("ignore_index"), labelSmoothing: try $0.double("label_smoothing"),
            options: try $0.linearCrossEntropyOptions("options"), device: try $0.device(), dtype: try $0.dtype())
    }
]
