// Losses and embeddings have nothing to compute without memory.
extension MetaBackend {
    package func crossEntropy(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, into losses: Tensor
    ) -> Int? { 0 }
    package func crossEntropyGradient(
        _ scores: Tensor, classes: Tensor, ignoring: Int, logSums: Tensor, scales: Tensor, into out: Tensor
    ) {}
    package func pairLoss(
        _ loss: PairLossKernel, _ x: Tensor, _ y: Tensor, parameter: Double, divisor: Double?, into out: Tensor
    ) {}
    package func pairLossGradient(
        _ loss: PairLossKernel, grad: Tensor, _ x: Tensor, _ y: Tensor, parameter: Double, into out: Tensor
    ) {}
    package func multiMargin(
        _ scores: Tensor, classes: Tensor, power: Int, margin: Double, into losses: Tensor
    ) -> Bool { true }
    package func multiMarginGradient(
        _ scores: Tensor, classes: Tensor, power: Int, margin: Double, scales: Tensor, into out: Tensor
    ) {}
    package func multilabelMargin(
        _ scores: Tensor, labels: Tensor, isLabel: Tensor, into losses: Tensor
    ) -> Bool { true }
    package func multilabelMarginGradient(
        _ scores: Tensor, labels: Tensor, isLabel: Tensor, scales: Tensor, into out: Tensor
    ) {}
    package func ctc(_ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, into losses: Tensor) {}
    package func ctcGradient(
        _ logProbs: Tensor, _ targets: CTCTargets, alpha: Tensor, losses: Tensor, scales: Tensor, into out: Tensor
    ) {}
    package func embeddingBagSum(
        _ table: Tensor, _ bags: EmbeddingBags, weights: Tensor?, counts: Tensor, into out: Tensor
    ) {}
    package func embeddingBagMaximum(_ table: Tensor, _ bags: EmbeddingBags, rows: Tensor, into out: Tensor) {}
    package func embeddingGradient(
        _ grad: Tensor, indices: Tensor, bagOfIndex: Tensor?, scales: Tensor?, padding: Int, into out: Tensor
    ) {}
    package func embeddingMaximumGradient(_ grad: Tensor, rows: Tensor, into out: Tensor) {}
    package func embeddingWeightGradient(
        _ grad: Tensor, _ table: Tensor, indices: Tensor, bagOfIndex: Tensor, padding: Int, into out: Tensor
    ) {}
}
