import FirebrandTensor

/// Newton's method with the curvature guessed from the last steps' gradients. PyTorch: `torch.optim.LBFGS`.
///
/// For losses that give the same value each time they are computed. It calls the closure several times a step, and takes
/// one group of parameters. Liu and Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989.
/// ```swift
/// let optimizer = LBFGS(model.parameters(), lineSearchFn: .strongWolfe)
/// optimizer.step {
///     optimizer.zeroGrad()
///     let loss = lossFunction(model(x), y)
///     loss.backward()
///     return loss
/// }
/// ```
public final class LBFGS: GroupedOptimizer<LBFGS.Options> {
    /// How far along a direction a step goes.
    public enum LineSearch: String, Sendable {
        /// As far as the loss falls enough and the slope is flat enough (the strong Wolfe conditions).
        case strongWolfe = "strong_wolfe"
    }

    /// The settings of a group.
    public struct Options: OptimizerOptions, Hashable {
        /// The learning rate: how far a step goes.
        public var lr: Double = 1
        /// The most directions a step tries.
        public var maxIter: Int = 20
        /// The most times a step calls the closure; nil: a quarter more than `maxIter`.
        public var maxEval: Int?
        /// Gradients whose largest element is no larger end a step.
        public var toleranceGrad: Double = 1e-7
        /// Changes of the loss or the parameters that are no larger end a step.
        public var toleranceChange: Double = 1e-9
        /// How many of the last steps are remembered.
        public var historySize: Int = 100
        /// How far along a direction a step goes; nil: always `lr`.
        public var lineSearchFn: LineSearch?
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .wholeNumber("lr", \.lr), .integer("max_iter", \.maxIter), evaluations,
                .number("tolerance_grad", \.toleranceGrad), .number("tolerance_change", \.toleranceChange),
                .integer("history_size", \.historySize), lineSearch, .flag("maximize", \.maximize),
            ]
        }

        private static var evaluations: Setting<Self> {
            Setting(
                "max_eval", get: { .int($0.evaluationLimit) },
                set: { options, value in
                    options.maxEval = value.integer
                    return options.maxEval != nil
                })
        }

        fileprivate var evaluationLimit: Int { maxEval ?? maxIter * 5 / 4 }

        private static var lineSearch: Setting<Self> {
            Setting(
                "line_search_fn", get: { $0.lineSearchFn.map { .string($0.rawValue) } ?? .none },
                set: { options, value in
                    options.lineSearchFn = value.text.flatMap(LineSearch.init)
                    if case .none = value { return true }
                    return options.lineSearchFn != nil
                })
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? { firstProblem((lr >= 0, "Invalid learning rate: \(lr)")) }
    }

    /// What is remembered between steps.
    private struct Memory {
        var evaluations = 0
        var iterations = 0
        var direction: Tensor?
        var length = 0.0
        /// The last changes of the gradient and of the parameters, and one over their products.
        var changes: [(gradient: Tensor, step: Tensor, curvature: Double)] = []
        var scale = 1.0
        var factors: [Double] = []
        var lastGradient: Tensor?
        var lastLoss: Double?
    }
    private var memory = Memory()

    /// One group of parameters; `maxEval` is a quarter more than `maxIter` unless it is said.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1, maxIter: Int = 20, maxEval: Int? = nil, toleranceGrad: Double = 1e-7,
        toleranceChange: Double = 1e-9, historySize: Int = 100, lineSearchFn: LineSearch? = nil, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.maxIter = maxIter
        options.maxEval = maxEval
        options.toleranceGrad = toleranceGrad
        options.toleranceChange = toleranceChange
        options.historySize = historySize
        options.lineSearchFn = lineSearchFn
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    override func check() throws(Misuse) {
        if groups.count > 1 {
            throw Misuse("LBFGS doesn't support per-parameter options (parameter groups)")
        }
    }

    // MARK: A step

    override func takeStep(_ closure: (() -> Tensor)?) throws(Misuse) -> Tensor? {
        guard let closure else { throw Misuse("LBFGS.step() missing 1 required positional argument: 'closure'") }
        guard let group = groups.first, !group.parameters.isEmpty else { return closure() }
        let loss = closure()
        if !hasFailed { noGrad { step(group.parameters, group.options, loss, closure) } }
        return loss
    }

    private func step(
        _ parameters: [Tensor], _ options: Options, _ firstLoss: Tensor, _ closure: @escaping () -> Tensor
    ) {
        let sign = options.maximize ? -1.0 : 1.0
        func evaluate() -> (loss: Double, gradient: Tensor) {
            let loss = LBFGS.number(closure())
            return (sign * loss, flatGradient(parameters, options))
        }
        var (loss, gradient) = (sign * LBFGS.number(firstLoss), flatGradient(parameters, options))
        memory.evaluations += 1
        var evaluations = 1
        if largest(gradient) <= options.toleranceGrad { return }
        var count = 0
        while count < options.maxIter, !hasFailed {
            count += 1
            memory.iterations += 1
            let direction = nextDirection(gradient, options)
            memory.direction = direction
            memory.lastGradient = gradient.clone()
            let lastLoss = loss
            memory.lastLoss = loss
            var length =
                memory.iterations == 1
                ? min(1, 1 / LBFGS.number(gradient.abs().sum())) * options.lr : options.lr
            defer { memory.length = length }
            let slope = LBFGS.number(gradient.dot(direction))
            if slope > -options.toleranceChange { break }
            var isFlat = false
            var used = 0
            if options.lineSearchFn == .strongWolfe {
                let start = parameters.map { $0.clone() }
                var search = WolfeSearch(direction: direction, options) { length in
                    self.move(parameters, direction, length)
                    let result = evaluate()
                    for (parameter, value) in zip(parameters, start) { parameter.copy_(value) }
                    return result
                }
                search.limit = options.evaluationLimit - evaluations
                let found = search.run(length, loss, gradient, slope)
                (loss, gradient, length) = (found.loss, found.gradient, found.length)
                used = search.evaluations
                move(parameters, direction, length)
                isFlat = largest(gradient) <= options.toleranceGrad
            } else {
                move(parameters, direction, length)
                if count != options.maxIter {
                    (loss, gradient) = evaluate()
                    isFlat = largest(gradient) <= options.toleranceGrad
                    used = 1
                }
            }
            evaluations += used
            memory.evaluations += used
            if count == options.maxIter || evaluations >= options.evaluationLimit || isFlat { break }
            if largest(direction.mul(length)) <= options.toleranceChange { break }
            if abs(loss - lastLoss) < options.toleranceChange { break }
        }
    }

    /// The two loops of L-BFGS: minus the gradient times the guessed inverse of the second derivatives.
    private func nextDirection(_ gradient: Tensor, _ options: Options) -> Tensor {
        guard memory.iterations > 1, let last = memory.lastGradient, let direction = memory.direction else {
            memory.changes = []
            memory.scale = 1
            return gradient.neg()
        }
        let change = gradient.sub(last)
        let step = direction.mul(memory.length)
        let product = LBFGS.number(change.dot(step))
        if product > 1e-10 {
            if memory.changes.count == options.historySize { memory.changes.removeFirst() }
            memory.changes.append((change, step, 1 / product))
            memory.scale = product / LBFGS.number(change.dot(change))
        }
        var factors = Array(repeating: 0.0, count: memory.changes.count)
        let result = gradient.neg()
        for (index, (change, step, curvature)) in memory.changes.enumerated().reversed() {
            factors[index] = LBFGS.number(step.dot(result)) * curvature
            result.add_(change, alpha: .double(-factors[index]))
        }
        result.mul_(memory.scale)
        for (index, (change, step, curvature)) in memory.changes.enumerated() {
            let correction = LBFGS.number(change.dot(result)) * curvature
            result.add_(step, alpha: .double(factors[index] - correction))
        }
        memory.factors = factors
        return result
    }

    private func flatGradient(_ parameters: [Tensor], _ options: Options) -> Tensor {
        let parts = parameters.map { parameter -> Tensor in
            let part = parameter.grad?.detach() ?? Tensor.zerosLike(parameter.detach())
            return (part.dtype.isComplex ? part.viewAsReal() : part).reshape([-1])
        }
        let flat = cat(parts)
        return options.maximize ? flat.neg() : flat
    }

    private func move(_ parameters: [Tensor], _ direction: Tensor, _ length: Double) {
        var offset = 0
        for parameter in parameters {
            let real = parameter.dtype.isComplex ? parameter.detach().viewAsReal() : parameter
            let part = direction.narrow(0, offset, real.count).view(real.shape)
            real.add_(part, alpha: .double(length))
            offset += real.count
        }
    }

    private func largest(_ tensor: Tensor) -> Double { LBFGS.number(tensor.abs().max()) }

    fileprivate static func number(_ tensor: Tensor) -> Double { tensor.detach().to(.float64).item() }

    // MARK: State

    override func pack(_ state: ParameterState) -> StateFields { StateFields() }

    /// All of it belongs to the first parameter, as in PyTorch.
    override func packAll() -> [(parameter: Int, fields: StateFields)] {
        guard memory.evaluations > 0 else { return [] }
        let type = memory.direction?.dtype ?? .float32
        func scalar(_ number: Double) -> StateValue { .tensor(Tensor(elements: [number], shape: []).to(type)) }
        var fields: StateFields = ["func_evals": .int(memory.evaluations), "n_iter": .int(memory.iterations)]
        guard let direction = memory.direction, let gradient = memory.lastGradient else { return [(0, fields)] }
        if memory.iterations > 1 {
            var factors = memory.factors.map(scalar)
            factors += Array(repeating: .none, count: max(0, groups[0].options.historySize - factors.count))
            fields["al"] = .list(factors)
        }
        fields["d"] = .tensor(direction)
        fields["t"] = .wholeOrDouble(memory.length)
        fields["old_dirs"] = .list(memory.changes.map { .tensor($0.gradient) })
        fields["old_stps"] = .list(memory.changes.map { .tensor($0.step) })
        fields["ro"] = .list(memory.changes.map { scalar($0.curvature) })
        fields["H_diag"] = memory.changes.isEmpty ? .int(1) : scalar(memory.scale)
        fields["prev_flat_grad"] = .tensor(gradient)
        fields["prev_loss"] = .double(memory.lastLoss ?? 0)
        return [(0, fields)]
    }

    override func unpackAll(_ saved: [(parameter: Int, fields: StateFields)]) throws {
        var result = Memory()
        let first = groups[0].parameters.first
        let count = groups[0].parameters.reduce(0) { $0 + ($1.dtype.isComplex ? 2 * $1.count : $1.count) }
        func vector(_ value: StateValue?) throws -> Tensor {
            guard case .tensor(let tensor)? = value, tensor.shape == [count], let first else {
                throw OptimizerState.mismatch("a direction does not have the parameters' number of elements")
            }
            return tensor.detach().to(first.device, first.dtype.realType).clone()
        }
        if let fields = saved.first(where: { $0.parameter == 0 })?.fields {
            result.evaluations = fields["func_evals"]?.integer ?? 0
            result.iterations = fields["n_iter"]?.integer ?? 0
            if fields["d"] != nil, fields["prev_flat_grad"] != nil {
                result.direction = try vector(fields["d"])
                result.lastGradient = try vector(fields["prev_flat_grad"])
                result.length = fields["t"]?.number ?? 0
                result.scale = fields["H_diag"]?.number ?? 1
                result.lastLoss = fields["prev_loss"]?.number
                result.factors = (fields["al"]?.elements ?? []).compactMap(\.number)
                let (gradients, steps) = (fields["old_dirs"]?.elements ?? [], fields["old_stps"]?.elements ?? [])
                let curvatures = fields["ro"]?.numbers ?? []
                guard gradients.count == steps.count, steps.count == curvatures.count else {
                    throw OptimizerState.mismatch("'old_dirs', 'old_stps' and 'ro' differ in length")
                }
                for (index, curvature) in curvatures.enumerated() {
                    result.changes.append((try vector(gradients[index]), try vector(steps[index]), curvature))
                }
            }
        }
        memory = result
    }
}
