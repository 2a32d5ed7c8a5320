import FirebrandTensor

extension Functional {
    /// Connectionist temporal classification: minus the log-likelihood of a sequence of labels, over all ways to spread it
    /// over the steps with blanks between. PyTorch: `F.ctc_loss`.
    ///
    /// Graves et al., 2006. Shapes: `logProbs` (T, N, C) or (T, C), float32 or float64, from log-softmax over C; targets
    /// (N, S), or all one behind the other, without blanks; a length for each. The mean divides each loss by its target's
    /// length first. A target that does not fit its steps has an infinite loss; `zeroInfinity` makes it and its gradient 0.
    /// The gradient is exp(logProbs) minus the posterior, which is that of the scores before log-softmax.
    /// ```swift
    /// let loss = Functional.ctcLoss(scores.logSoftmax(dim: 2), targets, [50, 48], [12, 9])
    /// ```
    public static func ctcLoss(
        _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: [Int], _ targetLengths: [Int], blank: Int = 0,
        reduction: LossReduction = .mean, zeroInfinity: Bool = false
    ) -> Tensor {
        guarded("ctc_loss", [logProbs, targets]) { () throws(Misuse) in
            guard logProbs.dim == 2 || logProbs.dim == 3 else {
                throw ctcMisuse(
                    "Expected 3-dimensional tensor, but got \(logProbs.dim + (logProbs.dim < 2 ? 1 : 0))-dimensional tensor "
                        + "for argument #1 'log_probs'")
            }
            guard logProbs.dtype == .float32 || logProbs.dtype == .float64 else {
                throw Misuse("\"ctc_loss_cpu\" not implemented for '\(logProbs.dtype.scalarTypeName)'")
            }
            let isBatched = logProbs.dim == 3
            let batch = isBatched ? logProbs : logProbs.unsqueeze(1)
            let labels = isBatched || targets.dim != 1 ? targets : targets.unsqueeze(0)
            let sequences = try ctcTargets(batch, labels, inputLengths, targetLengths, blank)
            var losses = ctcLosses(batch, sequences, zeroInfinity)
            if zeroInfinity { losses = losses.maskedFill(noGrad { losses.isinf() }, 0) }
            if reduction == .mean {
                let lengths = Tensor(elements: targetLengths.map { Double(max(1, $0)) }, shape: [targetLengths.count])
                return losses.div(lengths.to(losses.dtype).to(losses.device)).mean()
            }
            return isBatched ? reduction.apply(losses) : reduction.apply(losses.squeeze(0))
        }
    }

    /// The same with the lengths as integer tensors.
    public static func ctcLoss(
        _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: Tensor, _ targetLengths: Tensor, blank: Int = 0,
        reduction: LossReduction = .mean, zeroInfinity: Bool = false
    ) -> Tensor {
        guarded("ctc_loss", [logProbs, targets, inputLengths, targetLengths]) { () throws(Misuse) in
            func numbers(_ lengths: Tensor, _ name: String) throws(Misuse) -> [Int] {
                guard !lengths.dtype.isInexact, lengths.dtype != .bool else { throw Misuse("\(name) must be integral") }
                // Without memory there are no lengths to know.
                guard lengths.device.kind == .cpu else { return [Int](repeating: 0, count: lengths.count) }
                return lengths.to(.int64).reshape([-1]).toArray()
            }
            return ctcLoss(
                logProbs, targets, try numbers(inputLengths, "input_lengths"),
                try numbers(targetLengths, "target_lengths"), blank: blank, reduction: reduction,
                zeroInfinity: zeroInfinity)
        }
    }

    private static func ctcMisuse(_ text: String) -> Misuse {
        Misuse("\(text) (while checking arguments for ctc_loss_allocate_outputs)")
    }

    /// The targets with their blanks, checked against the log-probabilities.
    private static func ctcTargets(
        _ logProbs: Tensor, _ targets: Tensor, _ inputLengths: [Int], _ targetLengths: [Int], _ blank: Int
    ) throws(Misuse) -> CTCTargets {
        let (steps, count, classes) = (logProbs.shape[0], logProbs.shape[1], logProbs.shape[2])
        guard blank >= 0, blank < classes else { throw Misuse("blank must be in label range") }
        guard inputLengths.count == count else { throw Misuse("input_lengths must be of size batch_size") }
        guard targetLengths.count == count else { throw Misuse("target_lengths must be of size batch_size") }
        for length in targetLengths where length < 0 {
            throw ctcMisuse("Expected target_lengths to have value at least 0, but got value \(length)")
        }
        let total = targetLengths.reduce(0, +)
        switch targets.dim {
        case 1:
            guard targets.count == total else {
                throw ctcMisuse(
                    "Expected tensor to have size \(total) at dimension 0, but got size \(targets.count) for argument #2 "
                        + "'targets'")
            }
        case 2:
            guard targets.shape[0] == count else {
                throw ctcMisuse(
                    "Expected tensor to have size \(count) at dimension 0, but got size \(targets.shape[0]) for argument "
                        + "#2 'targets'")
            }
            let longest = targetLengths.max() ?? 0
            guard targets.shape[1] >= longest else {
                throw ctcMisuse(
                    "Expected tensor to have size at least \(longest) at dimension 1, but got size \(targets.shape[1]) for "
                        + "argument #2 'targets'")
            }
        default:
            throw ctcMisuse(
                "Expected 1 to 2 dimensions, but got \(targets.dim)-dimensional tensor for argument #2 'targets'")
        }
        for length in inputLengths {
            guard length >= 0 else {
                throw ctcMisuse("Expected input_lengths to have value at least 0, but got value \(length)")
            }
            guard length <= steps else {
                throw ctcMisuse("Expected input_lengths to have value at most \(steps), but got value \(length)")
            }
        }
        guard targets.device.kind == .cpu else {
            return CTCTargets(
                labels: targetLengths.map { .init(repeating: blank, count: 2 * $0 + 1) }, steps: inputLengths)
        }
        let values: [Int] = targets.detach().to(.int64).toArray()
        var start = 0
        var labels: [[Int]] = []
        for (index, length) in targetLengths.enumerated() {
            if targets.dim == 2 { start = index * targets.shape[1] }
            var sequence = [blank]
            for label in values[start..<start + length] {
                guard label >= 0, label < classes else { throw Misuse("Target \(label) is out of bounds.") }
                sequence += [label, blank]
            }
            labels.append(sequence)
            start += length
        }
        return CTCTargets(labels: labels, steps: inputLengths)
    }

    /// The loss of each sequence.
    private static func ctcLosses(_ logProbs: Tensor, _ targets: CTCTargets, _ zeroInfinity: Bool) -> Tensor {
        let (type, device) = (logProbs.dtype, logProbs.device)
        let losses = Tensor(emptyOf: [logProbs.shape[1]], type, on: device)
        let alpha = Tensor(emptyOf: [logProbs.shape[1], logProbs.shape[0], targets.states], type, on: device)
        let values = noGrad { logProbs.detach().contiguous() }
        values.backend.ctc(values, targets, alpha: alpha, into: losses)
        let kept = losses.alias()
        losses.record("CtcLossBackward0", logProbs) { node in
            let saved = node.save(logProbs)
            return { node, grad in
                let logProbs = saved.value(node)
                func gradient(_ scales: Tensor) -> Tensor {
                    noGrad {
                        let values = logProbs.detach().contiguous()
                        let scales = zeroInfinity ? scales.maskedFill(kept.isinf(), 0) : scales
                        let out = Tensor.zeros(values.shape, dtype: type, device: device)
                        values.backend.ctcGradient(
                            values, targets, alpha: alpha, losses: kept, scales: scales.detach().contiguous(), into: out
                        )
                        return out
                    }
                }
                guard isGradEnabled() else { return Gradients(gradient(grad)) }
                // Linear in `grad`; how it depends on the log-probabilities is not worked out, as in PyTorch.
                let slope = gradient(Tensor.ones(kept.shape, dtype: type, device: device))
                slope.record("CtcLossBackwardBackward0", logProbs) { _ in
                    { node, _ in
                        report(Misuse("derivative for aten::_ctc_loss_backward is not implemented"), node.name, [])
                        return Gradients(nil)
                    }
                }
                return Gradients(slope.mul(grad.unsqueeze(-1)))
            }
        }
        return losses
    }
}
