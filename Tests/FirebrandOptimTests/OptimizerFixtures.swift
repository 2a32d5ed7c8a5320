import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport

/// The fixtures of scripts/fixtures/optimizers.py: values with Python's types, the network, optimizers by name.
enum OptimizerFixtures {
    static let optimizers = Row.whole("optimizers", in: .module)
    static let schedulers = Row.whole("schedulers", in: .module)

    // MARK: Values

    static func value(_ json: Any) -> StateValue {
        let row = Row(json)
        if row.has("n") { return .none }
        if row.has("b") { return .bool(row.flag("b")) }
        if row.has("i") { return .int(row.int("i")) }
        if row.has("f") { return .double(row.double("f")) }
        if row.has("s") { return .string(row.text("s")) }
        if row.has("T") {
            return .tensor(row.tensor("T"))
        }
        if let list = row.fields["l"] as? [Any] { return .list(list.map(value)) }
        if let list = row.fields["t"] as? [Any] { return .tuple(list.map(value)) }
        let pairs = row.fields["d"] as! [[Any]]
        return .dictionary(pairs.map { (key: value($0[0]), value: value($0[1])) })
    }

    static func value(_ name: String, of row: Row) -> StateValue { value(row.fields[name]!) }

    /// Whether two values are of one kind and one structure, numbers and tensors within the tolerance.
    static func agree(_ a: StateValue, _ b: StateValue, within tolerance: Double = 1e-9) -> Bool {
        func close(_ x: Double, _ y: Double) -> Bool { x == y || abs(x - y) <= tolerance * (1 + abs(y)) }
        switch (a, b) {
        case (.none, .none): return true
        case (.bool(let x), .bool(let y)): return x == y
        case (.int(let x), .int(let y)): return x == y
        case (.string(let x), .string(let y)): return x == y
        case (.double, .double): return close(a.number!, b.number!)
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
            return x.count == y.count && zip(x, y).allSatisfy { agree($0, $1, within: tolerance) }
        case (.dictionary(let x), .dictionary(let y)):
            return x.count == y.count
                && zip(x, y).allSatisfy {
                    agree($0.key, $1.key) && agree($0.value, $1.value, within: tolerance)
                }
        case (.tensor(let x), .tensor(let y)):
            guard x.dtype == y.dtype, x.shape == y.shape else { return false }
            return zip(x.detach().to(.float64).toArray(Double.self), y.to(.float64).toArray(Double.self))
                .allSatisfy(close)
        default: return false
        }
    }

    // MARK: The network

    static func tensors(_ name: String, _ dtype: DType) -> [Tensor] {
        (optimizers.fields[name] as! [Any]).map {
            guard case .tensor(let tensor) = value($0) else { fatalError("no tensor") }
            return tensor.to(dtype)
        }
    }

    /// y = tanh(x W1' + b1) W2' + b2 with a mean squared loss.
    struct Network {
        let inputs: [Tensor]
        let parameters: [Tensor]

        init(_ dtype: DType) {
            inputs = tensors("data", dtype)
            parameters = tensors("start", dtype).map { $0.clone().requiresGrad_() }
        }

        func loss() -> Tensor {
            let hidden = (inputs[0].matmul(parameters[0].t()) + parameters[1]).tanh()
            return (hidden.matmul(parameters[2].t()) + parameters[3] - inputs[1]).square().mean()
        }

        /// The losses of so many steps.
        func train(_ optimizer: Optimizer, _ steps: Int, maximize: Bool) -> [Double] {
            (0..<steps).map { _ in
                let loss = optimizer.step {
                    // Also those that the optimizer does not have.
                    for parameter in parameters { parameter.grad = nil }
                    let loss = maximize ? -self.loss() : self.loss()
                    loss.backward()
                    return loss
                }
                return loss.item()
            }
        }
    }

    // MARK: Optimizers by name

    static func options<Options: OptimizerOptions>(_ value: StateValue?, _ options: inout Options) {
        for (name, value) in value?.fields ?? [:] {
            let setting = Options.settings.first { $0.name == name }
            precondition(setting?.set(&options, value) == true, "no setting \(name)")
        }
    }

    /// Creates an optimizer by its name; without groups, with one.
    static func make(
        _ name: String, _ parameters: [Tensor], _ settings: StateValue, groups: [StateValue]? = nil
    ) -> Optimizer {
        func make<Options: OptimizerOptions>(_ type: GroupedOptimizer<Options>.Type) -> Optimizer {
            var parts = [ParameterGroup<Options>(parameters)]
            if let groups {
                let lists = [Array(parameters[..<2]), Array(parameters[2...])]
                parts = zip(lists, groups).map { list, own in ParameterGroup(list) { options(own, &$0) } }
            }
            return type.init(parts) { options(settings, &$0) }
        }
        switch name {
        case "SGD": return make(SGD.self)
        case "Adam": return make(Adam.self)
        case "AdamW": return make(AdamW.self)
        case "Adamax": return make(Adamax.self)
        case "NAdam": return make(NAdam.self)
        case "RAdam": return make(RAdam.self)
        case "RMSprop": return make(RMSprop.self)
        case "Adagrad": return make(Adagrad.self)
        case "Adadelta": return make(Adadelta.self)
        case "ASGD": return make(ASGD.self)
        case "Rprop": return make(Rprop.self)
        case "LBFGS": return make(LBFGS.self)
        case "Adafactor": return make(Adafactor.self)
        case "Muon": return make(Muon.self)
        default: fatalError("no optimizer \(name)")
        }
    }

    /// The largest difference, relative to numbers above 1; infinite where there are more of one.
    static func distance(_ got: [Double], _ wanted: [Double]) -> Double {
        guard got.count == wanted.count else { return .infinity }
        let differences = zip(got, wanted).map { abs($0 - $1) / (1 + abs($1)) }
        return differences.contains(where: \.isNaN) ? .infinity : differences.max() ?? 0
    }

    static func close(_ got: [Double], _ wanted: [Double], _ tolerance: Double) -> Bool {
        got.count == wanted.count && zip(got, wanted).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
    }
}
