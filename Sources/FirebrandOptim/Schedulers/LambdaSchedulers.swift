import FirebrandTensor

/// The first rate times a function of the step. PyTorch: `torch.optim.lr_scheduler.LambdaLR`.
/// ```swift
/// let scheduler = LambdaLR(optimizer) { epoch in 1 / Double(epoch + 1) }
/// ```
public final class LambdaLR: LRScheduler {
    private let lambdas: [(Int) -> Double]

    /// One function for all groups.
    public convenience init(_ optimizer: Optimizer, lastEpoch: Int = -1, lrLambda: @escaping (Int) -> Double) {
        self.init(
            optimizer, lrLambda: Array(repeating: lrLambda, count: optimizer.learningRates.count), lastEpoch: lastEpoch)
    }

    /// A function for each group.
    public init(_ optimizer: Optimizer, lrLambda: [(Int) -> Double], lastEpoch: Int = -1) {
        lambdas = checkedLambdas("LambdaLR", optimizer, lrLambda)
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] { zip(lambdas, baseLrs).map { $1 * $0(lastEpoch) } }

    /// The state; functions cannot be saved.
    override public func stateDict() -> StateFields {
        var result = super.stateDict()
        result["lr_lambdas"] = .list(lambdas.map { _ in .none })
        return result
    }
}

/// At each step the rate is multiplied by a function of it. PyTorch: `torch.optim.lr_scheduler.MultiplicativeLR`.
/// ```swift
/// let scheduler = MultiplicativeLR(optimizer) { _ in 0.95 }
/// ```
public final class MultiplicativeLR: LRScheduler {
    private let lambdas: [(Int) -> Double]

    /// One function for all groups.
    public convenience init(_ optimizer: Optimizer, lastEpoch: Int = -1, lrLambda: @escaping (Int) -> Double) {
        self.init(
            optimizer, lrLambda: Array(repeating: lrLambda, count: optimizer.learningRates.count), lastEpoch: lastEpoch)
    }

    /// A function for each group.
    public init(_ optimizer: Optimizer, lrLambda: [(Int) -> Double], lastEpoch: Int = -1) {
        lambdas = checkedLambdas("MultiplicativeLR", optimizer, lrLambda)
        super.init(optimizer, lastEpoch: lastEpoch)
    }

    /// The rates at the present step.
    override public func getLr() -> [Double] {
        isInitial ? currentLrs : zip(lambdas, currentLrs).map { $1 * $0(lastEpoch) }
    }

    /// The state; functions cannot be saved.
    override public func stateDict() -> StateFields {
        var result = super.stateDict()
        result["lr_lambdas"] = .list(lambdas.map { _ in .none })
        return result
    }
}

private func checkedLambdas(
    _ name: StaticString, _ optimizer: Optimizer, _ lambdas: [(Int) -> Double]
) -> [(Int) -> Double] {
    guarded(name, [], orElse: lambdas) { () throws(Misuse) in
        let count = optimizer.learningRates.count
        guard lambdas.count == count else { throw Misuse("Expected \(count) lr_lambdas, but got \(lambdas.count)") }
        return lambdas
    }
}
