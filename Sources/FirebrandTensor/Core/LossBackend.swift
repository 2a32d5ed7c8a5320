import CKernels

package typealias PairLossKernel = fb_pair_loss

/// What losses and embeddings ask of a device, where composed operators would take several passes: part of ``Backend``.
///
/// Operands are contiguous and, where nothing else is said, all of one type: float32 or float64. Classes and indices are
/// int64.
package protocol LossBackend {
    /// The cross entropy of scores (outer, classes, inner) with classes (outer, inner), and what its gradient needs: the
    /// largest scores and the logarithms of the sums of exponentials (2, outer, inner). Losses are 0 where the class is to
    /// be ignored. Gives how many are, nil where another one is out of range.
    func crossEntropy(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, into losses: Tensor
    ) -> Int?
    /// out = (softmax(scores) - [the class]) * scales; zeros where the class is ignored. `scales` is one number or (outer,
    /// inner).
    func crossEntropyGradient(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, scales: Tensor, into out: Tensor)
    /// out = the loss of each pair; or with a divisor the sum of them all, divided. Of any strides and floating-point type.
    func pairLoss(
        _ loss: PairLossKernel, _ x: Tensor, _ y: Tensor, parameter: Double, divisor: Double?, into out: Tensor)
    /// out = grad * the slope of the loss in x; `grad` is one number, or one for each pair.
    func pairLossGradient(
        _ loss: PairLossKernel, grad: Tensor, _ x: Tensor, _ y: Tensor, parameter: Double, into out: Tensor)
    /// The margin losses of rows of scores with a class each; false where one is out of range.
    func multiMargin(_ scores: Tensor, classes: Tensor, power: Int, margin: Double, into losses: Tensor) -> Bool
    /// out = scales (one for each row) times the slope.
    func multiMarginGradient(
        _ scores: Tensor, classes: Tensor, power: Int, margin: Double, scales: Tensor, into out: Tensor)
    /// The margin losses of rows of scores with labels up to a -1, and which classes these are (1 or 0); false where a
    /// label is out of range.
    func multilabelMargin(_ scores: Tensor, labels: Tensor, isLabel: Tensor, into losses: Tensor) -> Bool
    /// out = scales (one for each row) times the slope.
    func multilabelMarginGradient(
        _ scores: Tensor, labels: Tensor, isLabel: Tensor, scales: Tensor, into out: Tensor)
    /// The losses of sequences of log-probabilities (steps, sequences, classes), and the forward probabilities (sequences,
    /// steps, states).
    func ctc(_ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, into losses: Tensor)
    /// out = scales (one for each sequence) times the slope; `out` holds zeros. Scales of 0 are left out.
    func ctcGradient(
        _ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, losses: Tensor, scales: Tensor, into out: Tensor)
    /// The sums of the table's rows in each bag, and how many were added. Indices are in range.
    func embeddingBagSum(
        _ table: Tensor, _ bags: EmbeddingBags, weights: Tensor?, counts: Tensor, into out: Tensor)
    /// The largest element of each bag and column, and the row it is from (-1 of none).
    func embeddingBagMaximum(_ table: Tensor, _ bags: EmbeddingBags, rows: Tensor, into out: Tensor)
    /// The gradient of the table: for each index the row of `grad` that `bagOfIndex` names (or that of its place), times
    /// its scale. `out` may be of any contents.
    func embeddingGradient(
        _ grad: Tensor, indices: Tensor, bagOfIndex: Tensor?, scales: Tensor?, padding: Int, into out: Tensor)
    /// The same where each element came from a row of its own.
    func embeddingMaximumGradient(_ grad: Tensor, rows: Tensor, into out: Tensor)
    /// out[i] = the product of the row of `grad` for the bag of an index and the table's row.
    func embeddingWeightGradient(
        _ grad: Tensor, _ table: Tensor, indices: Tensor, bagOfIndex: Tensor, padding: Int, into out: Tensor)
}

/// The targets of connectionist temporal classification, sequence by sequence, with a blank before, between and after the
/// labels.
package struct CTCTargets: Sendable {
    package let labels: [[Int]]
    package let steps: [Int]

    package init(labels: [[Int]], steps: [Int]) {
        self.labels = labels
        self.steps = steps
    }

    /// The greatest number of states.
    package var states: Int { labels.reduce(1) { max($0, $1.count) } }
}

/// Which indices are in which bag: bag b has those from `starts[b]` up to `starts[b + 1]`.
package struct EmbeddingBags {
    package let indices: Tensor
    package let starts: [Int]
    package let padding: Int

    package init(indices: Tensor, starts: [Int], padding: Int) {
        self.indices = indices
        self.starts = starts
        self.padding = padding
    }

    package var count: Int { starts.count - 1 }
}

extension PairLossKernel {
    package static var squaredError: Self { FB_SQUARED_ERROR }
    package static var smoothL1: Self { FB_SMOOTH_L1 }
    package static var huber: Self { FB_HUBER }
    package static var binaryEntropy: Self { FB_BINARY_ENTROPY }
    package static var logitEntropy: Self { FB_LOGIT_ENTROPY }
    package static var softMargin: Self { FB_SOFT_MARGIN }
}
