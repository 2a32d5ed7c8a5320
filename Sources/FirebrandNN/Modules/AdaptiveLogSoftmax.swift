import FirebrandTensor

/// What an adaptive softmax gives: the log-probability of each target, and minus their mean.
public struct AdaptiveLogSoftmaxOutput {
    /// The log-probabilities of the targets.
    public let output: Tensor
    /// The loss.
    public let loss: Tensor
}

/// Log-softmax over many classes of which few are frequent: the frequent ones by themselves, the others in clusters of
/// growing size that get smaller and smaller projections. PyTorch: `nn.AdaptiveLogSoftmaxWithLoss`.
///
/// Grave et al., "Efficient softmax approximation for GPUs", 2017. Classes are sorted, most frequent first. Shapes: input
/// (N, inFeatures), target (N); or without N.
public final class AdaptiveLogSoftmaxWithLoss: ModuleBase {
    /// Scores of the frequent classes and of the clusters.
    public let head: Linear
    /// For each cluster a projection and its scores.
    public let tail: [Sequential]
    /// The number of classes.
    public let classCount: Int
    /// Where clusters end; the last at the number of classes.
    public let cutoffs: [Int]
    private let divValue: Double

    /// `cutoffs` are where clusters begin; each cluster's projection is smaller than the last by `divValue`.
    public init(
        _ inFeatures: Int, _ classCount: Int, cutoffs: [Int], divValue: Double = 4, headBias: Bool = false,
        device: Device = .cpu, dtype: DType? = nil, generator: Generator = .default
    ) {
        self.classCount = classCount
        self.divValue = divValue
        var misuse: Misuse?
        if cutoffs.isEmpty {
            misuse = Misuse("cutoffs should be a sequence of length larger than 0")
        } else if zip(cutoffs, cutoffs.dropFirst()).contains(where: { $0 >= $1 }) || cutoffs[0] <= 0
            || cutoffs[cutoffs.count - 1] > classCount - 1
        {
            misuse = Misuse(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value "
                    + "is between 1 and n_classes-1")
        }
        let ends = misuse == nil ? cutoffs + [classCount] : [1]
        self.cutoffs = ends
        func map(_ from: Int, _ to: Int, _ bias: Bool) -> Linear {
            Linear(from, to, bias: bias, device: device, dtype: dtype, generator: generator)
        }
        head = map(inFeatures, ends[0] + ends.count - 1, headBias)
        var divisor = 1.0
        tail = zip(ends, ends.dropFirst()).map { start, end in
            divisor *= divValue
            let width = Int((Double(inFeatures) / divisor).rounded(.down))
            return Sequential([map(inFeatures, width, false), map(width, end - start, false)])
        }
        super.init()
        if let misuse { report(misuse, "AdaptiveLogSoftmaxWithLoss", []) }
    }

    /// Runs the module.
    public func callAsFunction(_ input: Tensor, _ target: Tensor) -> AdaptiveLogSoftmaxOutput {
        call(with: (input, target)) { input, target in
            let nothing = AdaptiveLogSoftmaxOutput(output: input, loss: input)
            return guarded("adaptive_log_softmax", [input, target], orElse: nothing) { () throws(Misuse) in
                try compute(input, target)
            }
        }
    }

    private func compute(_ input: Tensor, _ target: Tensor) throws(Misuse) -> AdaptiveLogSoftmaxOutput {
        guard target.dim <= 1 else { throw Misuse("0D or 1D target tensor expected, multi-target not supported") }
        if target.dim == 1, input.shape.first != target.shape[0] {
            throw Misuse("Input and target should have the same size in the batch dimension.")
        }
        guard input.dim == target.dim + 1 else {
            throw Misuse(
                "\(target.dim)D target tensor expects \(target.dim + 1)D input tensors, but found inputs with size "
                    + "\(input.shape)")
        }
        let isBatched = target.dim == 1
        let (rows, classes) = isBatched ? (input, target) : (input.unsqueeze(0), target.unsqueeze(0))
        var places = classes
        var output = Tensor.zeros([rows.shape[0]], dtype: input.dtype, device: input.device)
        let isOutside = noGrad { classes.lt(0).logicalOr(classes.ge(classCount)) }
        if classes.backend.anyNonzero(isOutside) {
            let (least, most): (Int, Int) = (classes.min().item(), classes.max().item())
            throw Misuse(
                "Target values should be in [0, \(classCount - 1)], but values in range [\(least), \(most)] were found. "
            )
        }
        for (cluster, layers) in tail.enumerated() {
            let (low, high) = (cutoffs[cluster], cutoffs[cluster + 1])
            let isInside = noGrad { classes.ge(low).logicalAnd(classes.lt(high)) }
            let members = noGrad { isInside.nonzero().squeeze(1) }
            if members.count == 0 { continue }
            // Of the cluster's classes the head only knows the cluster.
            places = places.maskedFill(isInside, cutoffs[0] + cluster)
            let own = noGrad { classes.indexSelect(0, members).sub(low).unsqueeze(1) }
            let logs = layers(rows.indexSelect(0, members)).logSoftmax(dim: 1)
            output = output.indexCopy(0, members, logs.gather(1, own).squeeze(1))
        }
        let logs = head(rows).logSoftmax(dim: 1)
        output = output.add(logs.gather(1, places.unsqueeze(1)).squeeze(1))
        return AdaptiveLogSoftmaxOutput(output: isBatched ? output : output.squeeze(0), loss: output.neg().mean())
    }

    /// The log-probabilities of all classes, (N, inFeatures) to (N, classes). PyTorch: `log_prob`.
    public func logProb(_ input: Tensor) -> Tensor { allLogs(input, head(input)) }

    private func allLogs(_ input: Tensor, _ scores: Tensor) -> Tensor {
        let logs = scores.logSoftmax(dim: 1)
        var parts = [logs.narrow(1, 0, cutoffs[0])]
        for (cluster, layers) in tail.enumerated() {
            parts.append(layers(input).logSoftmax(dim: 1).add(logs.narrow(1, cutoffs[0] + cluster, 1)))
        }
        return cat(parts, dim: 1)
    }

    /// The most probable class of each sample. PyTorch: `predict`.
    public func predict(_ input: Tensor) -> Tensor {
        noGrad {
            let scores = head(input)
            let best = scores.argmax(dim: 1)
            let members = best.ge(cutoffs[0]).nonzero().squeeze(1)
            if members.count == 0 { return best }
            // Only where a cluster wins do its classes have to be looked at.
            let rare = allLogs(input.indexSelect(0, members), scores.indexSelect(0, members)).argmax(dim: 1)
            return best.indexCopy(0, members, rare)
        }
    }
}

let adaptiveModules = [
    ModuleRow(
        "nn.AdaptiveLogSoftmaxWithLoss",
        "in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None",
        forward: "input_, target_",
        {
            AdaptiveLogSoftmaxWithLoss(
                try $0.int("in_features"), try $0.int("n_classes"), cutoffs: try $0.ints("cutoffs"),
                divValue: try $0.double("div_value"), headBias: try $0.bool("head_bias"), device: try $0.device(),
                dtype: try $0.dtype())
        },
        call: { (module: AdaptiveLogSoftmaxWithLoss, arguments) in
            let result = module(try arguments.input, try arguments.tensor("target_"))
            return [result.output, result.loss]
        })
]
