import FirebrandTensor

extension Functional {
    /// Cross entropy of a linear map's scores: ``crossEntropy(_:_:weight:ignoreIndex:reduction:labelSmoothing:)`` of
    /// `input Wᵀ + b`. PyTorch: `F.linear_cross_entropy`.
    ///
    /// Shapes: input (N, D) or (D), `linearWeight` (C, …, D), `linearBias` (C, …), scores (N, C, …). With `options` the
    /// batch is gone through in pieces, so that not all scores are in memory at once; that is done for classes, or
    /// probabilities without gradients, without smoothing and further dimensions, and else the options are left aside.
    /// ```swift
    /// let loss = Functional.linearCrossEntropy(features, head, words, options: LinearCrossEntropyOptions())
    /// ```
    public static func linearCrossEntropy(
        _ input: Tensor, _ linearWeight: Tensor, _ target: Tensor, linearBias: Tensor? = nil, weight: Tensor? = nil,
        reduction: LossReduction = .mean, ignoreIndex: Int? = nil, labelSmoothing: Double = 0,
        options: LinearCrossEntropyOptions? = nil
    ) -> Tensor {
        guarded("linear_cross_entropy", [input, linearWeight, target]) { () throws(Misuse) in
            let scoreShape = try linearShape(input, linearWeight, linearBias)
            let hasProbabilities = Array(target.shape) == scoreShape
            if hasProbabilities, ignoreIndex != nil {
                throw Misuse("ignore_index cannot be specified when target contains probabilities")
            }
            let isSoft =
                hasProbabilities && target.dtype == input.dtype && !(target.requiresGrad && isGradEnabled())
            let isUniform = input.dtype == linearWeight.dtype && linearBias?.dtype ?? input.dtype == input.dtype
            if let options, isUniform, input.dtype.isFloatingPoint, labelSmoothing == 0,
                target.dtype == .int64 || isSoft, linearWeight.dim == 2
            {
                let loss = ChunkedLinearLoss(
                    input: input, matrix: linearWeight, bias: linearBias, target: target, weight: weight,
                    ignoreIndex: ignoreIndex ?? -100, reduction: reduction)
                return try loss.compute(options)
            }
            let features = input.shape[input.dim - 1]
            let scores = input.linear(linearWeight.reshape([-1, features]), linearBias?.reshape([-1])).reshape(
                scoreShape)
            return crossEntropy(
                scores, target, weight: weight, ignoreIndex: ignoreIndex ?? -100, reduction: reduction,
                labelSmoothing: labelSmoothing)
        }
    }

    /// The scores' shape.
    private static func linearShape(
        _ input: Tensor, _ linearWeight: Tensor, _ linearBias: Tensor?
    ) throws(Misuse) -> [Int] {
        guard input.dim == 1 || input.dim == 2 else {
            throw Misuse("expected input with dimensionality 1 or 2, got \(input.dim)")
        }
        guard linearWeight.dim >= 2 else {
            throw Misuse("expected linear_weight with dimensionality at least 2, got \(linearWeight.dim)")
        }
        let (features, own) = (input.shape[input.dim - 1], linearWeight.shape[linearWeight.dim - 1])
        guard features == own else {
            throw Misuse(
                "expected equal input and linear_weight last dimensions (in_features), got \(features) and \(own), "
                    + "respectively")
        }
        let outputs = linearWeight.shape.dropLast().map { $0 }
        if let linearBias, Array(linearBias.shape) != outputs {
            throw Misuse("expected linear_bias shape \(tuple(outputs)), got \(tuple(linearBias.shape.map { $0 }))")
        }
        guard outputs.count == 1 || input.dim == 2 else {
            throw Misuse(
                "K-dimensional loss defined by linear_weight shape \(tuple(linearWeight.shape.map { $0 })) requires batched "
                    + "input, (N, \(features)), got unbatched input with shape \(tuple(input.shape.map { $0 }))")
        }
        return input.shape.dropLast() + outputs
    }

    /// `(2, 3)`, `(2,)`.
    static func tuple(_ numbers: [Int]) -> String {
        numbers.count == 1 ? "(\(numbers[0]),)" : "(\(numbers.map { "\($0)" }.joined(separator: ", ")))"
    }
}

/// Linear cross entropy piece by piece. Where the loss is one number its gradients are made on the way forward, while a
/// piece's scores are there, for a gradient of 1; else backward computes the scores once more.
private struct ChunkedLinearLoss {
    let input: Tensor
    let matrix: Tensor
    let bias: Tensor?
    let target: Tensor
    let weight: Tensor?
    let ignoreIndex: Int
    let reduction: LossReduction

    /// The gradients of input, matrix and bias, as far as they are wanted.
    private struct Sums {
        var input: [Tensor] = []
        var matrix: Tensor?
        var bias: Tensor?
    }

    private var isSoft: Bool { target.dtype != .int64 }

    func compute(_ options: LinearCrossEntropyOptions) throws(Misuse) -> Tensor {
        let isBatched = input.dim == 2
        let samples = isBatched ? input.shape[0] : 1
        let (features, classes) = (matrix.shape[1], matrix.shape[0])
        guard isSoft || Array(target.shape) == Array(input.shape.dropLast()) else {
            throw Misuse(
                "Expected input batch_size (\(samples)) to match target batch_size (\(target.shape.first ?? 1)).")
        }
        if let weight, weight.shape != [classes] {
            throw Misuse(
                "weight tensor should be defined either for all \(classes) classes or no classes but got weight tensor of "
                    + "shape: \(weight.shape.list)")
        }
        let size = try options.chunkSize(
            samples: samples, features: features, classes: classes, hasProbabilities: isSoft,
            isHalf: input.dtype.isReducedFloatingPoint)
        let operands = [input, matrix] + (bias.map { [$0] } ?? [])
        let wants = isGradEnabled() ? operands.map(\.tracksGrad) : operands.map { _ in false }
        let total = noGrad { divisor(samples) }
        var sums = Sums()
        var losses: [Tensor] = []
        let makesGradients = reduction != .none && wants.contains(true)
        try noGradTry { () throws(Misuse) in
            for piece in pieces(samples, size) {
                losses.append(
                    try visit(piece, scale: total, into: &sums, wants: makesGradients ? wants : nil, needsLoss: true))
            }
        }
        if hasFailed { return input }
        let result = noGrad { () -> Tensor in
            let all = losses.isEmpty ? Tensor.zeros([0], dtype: computeType, device: input.device) : cat(losses)
            switch reduction {
            case .none: return (isBatched ? all : all.squeeze(0)).to(input.dtype)
            case .sum: return all.sum().to(input.dtype)
            case .mean: return all.sum().div(total ?? all.sum()).to(input.dtype)
            }
        }
        let made = sums
        result.record("LinearCrossEntropyBackward0", operands) { node in
            let saved = operands.map { node.save($0) }
            return { node, grad in
                if isGradEnabled() { return composed(node, saved.map { $0.value(node) }, grad, total) }
                if reduction != .none { return scaled(made, grad) }
                var sums = Sums()
                let wants = operands.indices.map { node.needs($0) }
                let each = grad.reshape([samples])
                do throws(Misuse) {
                    try noGradTry { () throws(Misuse) in
                        for piece in pieces(samples, size) {
                            _ = try visit(piece, each: each, scale: nil, into: &sums, wants: wants, needsLoss: false)
                        }
                    }
                } catch { report(error, "linear_cross_entropy", operands) }
                return scaled(sums, nil)
            }
        }
        return result
    }

    private func noGradTry(_ body: () throws(Misuse) -> Void) throws(Misuse) {
        var failure: Misuse?
        noGrad { do throws(Misuse) { try body() } catch { failure = error } }
        if let failure { throw failure }
    }

    private var computeType: DType { input.dtype.isReducedFloatingPoint ? .float32 : input.dtype }

    private func pieces(_ samples: Int, _ size: Int) -> [Range<Int>] {
        stride(from: 0, to: samples, by: size).map { $0..<min($0 + size, samples) }
    }

    /// What the mean divides by: the weights of the classes that are not ignored, or the samples.
    private func divisor(_ samples: Int) -> Tensor? {
        guard reduction == .mean else { return nil }
        if isSoft { return Tensor.full([], Double(samples), dtype: computeType, device: input.device) }
        let isIgnored = target.eq(ignoreIndex)
        let weights =
            weight.map { $0.detach().to(computeType).indexSelect(0, target.maskedFill(isIgnored, 0).reshape([-1])) }
            ?? Tensor.ones([samples], dtype: computeType, device: input.device)
        return weights.maskedFill(isIgnored.reshape([-1]), 0).sum()
    }

    /// The losses of a piece, weighted; and its part of the gradients, each sample's scaled by `each` / `scale`.
    private func visit(
        _ piece: Range<Int>, each: Tensor? = nil, scale: Tensor?, into sums: inout Sums, wants: [Bool]?, needsLoss: Bool
    ) throws(Misuse) -> Tensor {
        func part(_ tensor: Tensor) -> Tensor {
            tensor.detach().narrow(0, piece.lowerBound, piece.count)
        }
        let rows = input.detach().dim == 2 ? input : input.unsqueeze(0)
        let (x, w) = (part(rows).to(computeType), matrix.detach().to(computeType))
        let scores = x.linear(w, bias?.detach().to(computeType))
        if hasFailed { return scores }
        let labels = part(input.dim == 2 ? target : target.unsqueeze(0))
        let weights = weight?.detach().to(computeType)
        var losses: Tensor
        var slope: Tensor?
        // What each sample's gradient is multiplied by.
        let ones = Tensor.ones([piece.count], dtype: computeType, device: input.device)
        let factors = (each.map { part($0).to(computeType) } ?? ones).div(scale ?? ones)
        if isSoft {
            let plain = labels.to(computeType)
            let soft = weights.map { plain.mul($0) } ?? plain
            let logs = scores.logSoftmax(dim: 1)
            losses = logs.mul(soft).sum(dim: 1).neg()
            if wants != nil {
                slope = logs.exp().mul(soft.sum(dim: 1, keepdim: true)).sub(soft).mul(factors.unsqueeze(1))
            }
        } else {
            let samples = Functional.ClassScores(scores, labels)
            let (found, logSums, ignored) = try samples.forward(ignoreIndex)
            let own = weights.map { samples.weights($0, ignoreIndex, ignored).view([piece.count]) }
            losses = found.view([piece.count])
            if let own { losses = losses.mul(own) }
            if wants != nil {
                slope = samples.gradient(
                    logSums, (own.map { factors.mul($0) } ?? factors).unsqueeze(1), ignoreIndex
                ).view(scores.shape.map { $0 })
            }
        }
        if let wants, let slope {
            if wants[0] { sums.input.append(slope.matmul(w)) }
            if wants[1] {
                let product = slope.t().matmul(x)
                sums.matrix = sums.matrix.map { $0.add_(product) } ?? product
            }
            if wants.count > 2, wants[2] {
                let total = slope.sum(dim: 0)
                sums.bias = sums.bias.map { $0.add_(total) } ?? total
            }
        }
        return losses
    }

    /// The gradients, times that of the loss.
    private func scaled(_ sums: Sums, _ grad: Tensor?) -> Gradients {
        func finished(_ tensor: Tensor?, _ like: Tensor) -> Tensor? {
            guard let tensor else { return nil }
            let product = grad.map { tensor.mul($0.to(tensor.dtype)) } ?? tensor
            return product.to(like.dtype).reshape(like.shape.map { $0 })
        }
        return Gradients([
            sums.input.isEmpty ? nil : finished(cat(sums.input), input), finished(sums.matrix, matrix),
            bias.flatMap { finished(sums.bias, $0) },
        ])
    }

    /// The gradients in operators that differentiate again, with all scores at once.
    private func composed(_ node: Node, _ operands: [Tensor], _ grad: Tensor, _ total: Tensor?) -> Gradients {
        let x = (operands[0].dim == 2 ? operands[0] : operands[0].unsqueeze(0)).to(computeType)
        let w = operands[1].to(computeType)
        let scores = x.linear(w, operands.count > 2 ? operands[2].to(computeType) : nil)
        var each = grad.to(computeType)
        if let total { each = each.div(total) }
        each = each.reshape(reduction == .none ? [x.shape[0]] : []).expand([x.shape[0]])
        let probabilities = scores.softmax(dim: 1)
        let slope: Tensor
        if isSoft {
            var soft = target.detach().to(computeType).reshape(scores.shape.map { $0 })
            if let weight { soft = soft.mul(weight.detach().to(computeType)) }
            slope = probabilities.mul(soft.sum(dim: 1, keepdim: true)).sub(soft).mul(each.unsqueeze(1))
        } else {
            let flat = target.detach().reshape([-1])
            let isIgnored = flat.eq(ignoreIndex)
            let labels = flat.maskedFill(isIgnored, 0)
            if let weight { each = each.mul(weight.detach().to(computeType).indexSelect(0, labels)) }
            let column = each.maskedFill(isIgnored, 0).unsqueeze(1)
            slope = probabilities.mul(column).scatterAdd(1, labels.unsqueeze(1), column.neg())
        }
        return Gradients([
            node.needs(0) ? slope.matmul(w).to(input.dtype).reshape(input.shape.map { $0 }) : nil,
            node.needs(1) ? slope.t().matmul(x).to(matrix.dtype) : nil,
            operands.count > 2 && node.needs(2) ? slope.sum(dim: 0).to(operands[2].dtype) : nil,
        ])
    }
}
