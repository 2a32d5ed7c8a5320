import FirebrandTensor

// Cross entropy with classes as one operation: the forward pass reads the scores and keeps two numbers for each sample,
// the backward pass reads them again and writes the gradient. Log-softmax followed by `nllLoss` says the same.

extension Functional {
    /// Samples of scores with a class each.
    struct ClassScores {
        /// (outer, classes, inner), contiguous, float32 or float64.
        let scores: Tensor
        /// (outer, inner), contiguous, int64.
        let labels: Tensor

        init(_ input: Tensor, _ target: Tensor) {
            let (outer, classes) = (input.dim == 1 ? 1 : input.shape[0], input.shape[input.dim == 1 ? 0 : 1])
            let inner = input.shape.dropFirst(2).reduce(1, *)
            scores = ClassScores.laidOut(input, [outer, classes, inner])
            labels = ClassScores.laidOut(target, [outer, inner], .int64)
        }

        private static func laidOut(_ tensor: Tensor, _ shape: [Int], _ type: DType? = nil) -> Tensor {
            let type = type ?? (tensor.dtype == .float64 ? .float64 : .float32)
            let typed = tensor.dtype == type ? tensor : tensor.detach().to(type)
            return (typed.isContiguous ? typed : typed.contiguous()).detach().view(shape)
        }

        /// Each sample's loss, its largest score and logarithm of the sum of exponentials, and how many are ignored.
        func forward(_ ignoreIndex: Int) throws(Misuse) -> (losses: Tensor, logSums: Tensor, ignored: Int) {
            let logSums = Tensor(emptyOf: [2, labels.shape[0], labels.shape[1]], scores.dtype, on: scores.device)
            let losses = Tensor(emptyOf: labels.shape, scores.dtype, on: scores.device)
            guard
                let ignored = scores.backend.crossEntropy(
                    scores, classes: labels, ignoring: ignoreIndex, logSums: logSums, into: losses)
            else {
                let values: [Int] = labels.toArray()
                let bad = values.first { $0 != ignoreIndex && ($0 < 0 || $0 >= scores.shape[1]) } ?? 0
                throw Misuse("Target \(bad) is out of bounds.")
            }
            return (losses, logSums, ignored)
        }

        /// scales * (softmax - [the class]); zeros where the class is ignored.
        func gradient(_ logSums: Tensor, _ scales: Tensor, _ ignoreIndex: Int) -> Tensor {
            let result = Tensor(emptyOf: scores.shape, scores.dtype, on: scores.device)
            let scales = scales.dtype == scores.dtype ? scales : scales.to(scores.dtype)
            scores.backend.crossEntropyGradient(
                scores, classes: labels, ignoring: ignoreIndex, logSums: logSums,
                scales: scales.count == 1 ? scales : scales.reshape(labels.shape.map { $0 }).contiguous(), into: result)
            return result
        }

        /// The weight of each sample's class, 0 where it is ignored.
        func weights(_ weight: Tensor, _ ignoreIndex: Int, _ ignored: Int) -> Tensor {
            let safe = ignored > 0 ? labels.maskedFill(labels.eq(ignoreIndex), 0) : labels
            let all = weight.detach().to(scores.dtype).indexSelect(0, safe.view([-1])).view(labels.shape)
            return ignored > 0 ? all.maskedFill(labels.eq(ignoreIndex), 0) : all
        }
    }

    static func fusedCrossEntropy(
        _ input: Tensor, _ target: Tensor, _ weight: Tensor?, _ ignoreIndex: Int, _ reduction: LossReduction
    ) throws(Misuse) -> Tensor {
        // Log-softmax of no elements is one of no elements; what is in range of no classes is none.
        let samples = noGrad { ClassScores(input, target) }
        let (losses, logSums, ignored) = try samples.forward(ignoreIndex)
        let count = losses.count - ignored
        let weights = noGrad { weight.map { samples.weights($0, ignoreIndex, ignored) } }
        let total = reduction == .mean ? noGrad { weights?.sum() } : nil
        let result = noGrad { () -> Tensor in
            let each = weights.map { losses.mul($0) } ?? losses
            let reduced: Tensor
            switch reduction {
            case .none: reduced = each.view(target.shape.map { $0 })
            case .sum: reduced = each.sum()
            case .mean:
                reduced = total.map { each.sum().div($0) } ?? (ignored == 0 ? each.mean() : each.sum().div(count))
            }
            return input.dtype == reduced.dtype ? reduced : reduced.to(input.dtype)
        }
        result.record(input.dim > 2 ? "NllLoss2DBackward0" : "NllLossBackward0", input) { node in
            let (scores, sums, labels) = (node.save(input), node.save(logSums), node.save(target))
            return { node, grad in
                let (input, target) = (scores.value(node), labels.value(node))
                // The loss's own gradient is of the input's type, which half precision is too short for.
                var each = grad.dtype.isReducedFloatingPoint ? grad.to(.float32) : grad
                if reduction == .mean { each = total.map { each.div($0) } ?? each.div(count) }
                if let weights { each = each.mul(reduction == .none ? weights.view(target.shape.map { $0 }) : weights) }
                if isGradEnabled() { return Gradients(composed(input, target, each, ignoreIndex, ignored)) }
                let gradient = ClassScores(input, target).gradient(sums.value(node), each, ignoreIndex).to(input.dtype)
                // A view would be copied by the leaf, which takes over only what nobody shares.
                return Gradients(gradient.shape == input.shape ? gradient : gradient.view(input.shape.map { $0 }))
            }
        }
        // PyTorch computes these in four dimensions, and gives back a view.
        if reduction == .none, input.dim == 3 || input.dim > 4 { return result.view(target.shape.map { $0 }) }
        return result
    }

    /// The gradient in operators that differentiate again.
    private static func composed(
        _ input: Tensor, _ target: Tensor, _ each: Tensor, _ ignoreIndex: Int, _ ignored: Int
    ) -> Tensor {
        let classDim = input.dim == 1 ? 0 : 1
        let probabilities = (input.dtype.isReducedFloatingPoint ? input.to(.float32) : input).softmax(dim: classDim)
        var labels = target.to(.int64)
        var scale = each.dim == target.dim ? each : each.reshape(each.count == 1 ? [] : target.shape.map { $0 })
        scale = scale.expand(target.shape)
        if ignored > 0 {
            let mask = labels.eq(ignoreIndex)
            labels = labels.maskedFill(mask, 0)
            scale = scale.maskedFill(mask, 0)
        }
        scale = scale.unsqueeze(classDim)
        return probabilities.mul(scale).scatterAdd(classDim, labels.unsqueeze(classDim), scale.neg()).to(input.dtype)
    }
}
