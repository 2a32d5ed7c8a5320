import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

extension Row {
    /// The rows of one list in a fixture of this target.
    static func all(_ list: String, of fixture: String) -> [Row] { all(list, of: fixture, in: .module) }
}

/// The tutorial's network, narrower.
final class NeuralNetwork: Module {
    let flatten = Flatten()
    @Key("linear_relu_stack") var stack: Sequential

    init(_ inputs: Int = 28 * 28, hidden: Int = 512) {
        super.init()
        stack = Sequential {
            Linear(inputs, hidden)
            ReLU()
            Linear(hidden, hidden)
            ReLU()
            Linear(hidden, 10)
        }
    }

    func forward(_ x: Tensor) -> Tensor { stack(flatten(x)) }
}

/// Modules in arrays, dictionaries and optionals.
final class Block: Module {
    let layers: [any Layer] = [Linear(2, 2), Linear(2, 2), ReLU(), Linear(2, 1)]
    let heads: [String: any Layer] = [
        "b": Sequential {
            Linear(1, 1)
            ReLU()
        }, "a": Linear(1, 3),
    ]
    let extra: Tanh? = Tanh()
    let missing: Linear? = nil
    let name = "none of the module system's business"
    let constant = Tensor([1.0])

    func forward(_ x: Tensor) -> Tensor { x }
}

/// Fields in another order than that of the state.
final class Ordered: Module {
    let inner = Linear(1, 1)
    @Buffer var count = Tensor.zeros([1])
    @Parameter var scale = Tensor.ones([1])
    let shared: Linear

    override init() { shared = inner }

    override var extraDescription: String { "scale=1" }
    func forward(_ x: Tensor) -> Tensor { shared(inner(x)) }
}

/// Fields inherited from a module that has some itself, under keys of their own.
class Base: ModuleBase {
    @Parameter("w") var weight = Tensor.ones([2])
    let first = Linear(1, 1)
}

final class Derived: Base, Forwarding {
    @Parameter var bias: Tensor? = nil
    @Buffer("running_mean") var mean: Tensor? = Tensor.zeros([2])
    @Key("second") var other = Linear(1, 2, bias: false)

    func forward(_ x: Tensor) -> Tensor { x * weight }
}

/// The first loss that is not within the tolerance, if any.
func firstDifference(_ got: [Double], _ wanted: [Double], relative: Double, absolute: Double = 0) -> String? {
    guard got.count == wanted.count else { return "\(got.count) values instead of \(wanted.count)" }
    for (position, (a, b)) in zip(got, wanted).enumerated() {
        if a == b || a.isNaN && b.isNaN { continue }
        if !(abs(a - b) <= absolute + relative * abs(b)) { return "\(position): \(a) instead of \(b)" }
    }
    return nil
}
