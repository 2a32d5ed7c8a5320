import FirebrandTensor

/// What a network and its layers are: fields that are found by themselves, and a `forward`.
///
/// ```swift
/// final class NeuralNetwork: Module {
///     let flatten = Flatten()
///     @Key("linear_relu_stack") var stack = Sequential { Linear(784, 512); ReLU(); Linear(512, 10) }
///     func forward(_ x: Tensor) -> Tensor { stack(flatten(x)) }
/// }
/// ```
/// Call it like a function: `model(x)`. PyTorch: `torch.nn.Module`.
public typealias Module = ModuleBase & Forwarding

/// The computation of a module with one input. Several come as a tuple, or see ``PairForwarding``.
public protocol Forwarding<Input, Output> {
    /// What goes in.
    associatedtype Input
    /// What comes out.
    associatedtype Output
    /// Computes the output. Not to be called directly: call the module.
    func forward(_ input: Input) -> Output
}

/// The computation of a module with two inputs, as losses have.
public protocol PairForwarding<First, Second, Output> {
    /// The first input.
    associatedtype First
    /// The second input.
    associatedtype Second
    /// What comes out.
    associatedtype Output
    /// Computes the output. Not to be called directly: call the module.
    func forward(_ first: First, _ second: Second) -> Output
}

/// A layer from a tensor to a tensor: what ``Sequential`` holds.
public typealias Layer = ModuleBase & Forwarding<Tensor, Tensor>

extension Forwarding where Self: ModuleBase {
    /// Runs the module: `model(x)`.
    public func callAsFunction(_ input: Input) -> Output { call(with: input) { forward($0) } }
}

extension PairForwarding where Self: ModuleBase {
    /// Runs the module: `lossFunction(prediction, target)`.
    public func callAsFunction(_ first: First, _ second: Second) -> Output {
        call(with: (first, second)) { forward($0.0, $0.1) }
    }
}

/// The state all modules share. Subclass it through ``Module``.
open class ModuleBase {
    /// Whether the module is being trained (dropout drops, batch norm counts). PyTorch: `training`.
    public private(set) var isTraining = true

    /// A module with no fields of its own.
    public init() {}

    /// What stands between the brackets when the module prints. PyTorch: `extra_repr`.
    open var extraDescription: String { "" }

    /// The module's fields by key. Found by reflection; containers give theirs instead.
    open var fields: [(key: String, value: Any)] { reflectedFields() }

    /// Switches the module and all below it to training, or with `false` to evaluation. PyTorch: `train`.
    @discardableResult
    public func train(_ isTraining: Bool = true) -> Self {
        for module in modules() { module.isTraining = isTraining }
        return self
    }

    /// Switches the module and all below it to evaluation. PyTorch: `eval`.
    @discardableResult
    public func eval() -> Self { train(false) }

    /// Runs `body` as a call of this module, with its place in error messages and its hooks: what the `callAsFunction` of
    /// a module with a signature of its own is made of.
    /// ```swift
    /// func callAsFunction(_ query: Tensor, _ key: Tensor, _ value: Tensor) -> Tensor {
    ///     call(with: (query, key, value)) { attend($0.0, $0.1, $0.2) }
    /// }
    /// ```
    public final func call<Input, Output>(with input: Input, _ body: (Input) -> Output) -> Output {
        _ = ModulePath.isInstalled
        ModuleStack.push(self)
        defer { ModuleStack.pop() }
        return body(input)
    }
}

// MARK: - What a module is made of

extension ModuleBase {
    /// Every parameter by its path, each once. PyTorch: `named_parameters`.
    public func namedParameters() -> [(name: String, parameter: Tensor)] {
        var seen = Set<ObjectIdentifier>()
        var result: [(name: String, parameter: Tensor)] = []
        visit("") { path, member in
            if case .parameter(let tensor) = member, seen.insert(ObjectIdentifier(tensor)).inserted {
                result.append((path, tensor))
            }
        }
        return result
    }

    /// Every parameter, each once: what an optimizer takes. PyTorch: `parameters`.
    public func parameters() -> [Tensor] { namedParameters().map(\.parameter) }

    /// Every buffer by its path, each once. PyTorch: `named_buffers`.
    public func namedBuffers() -> [(name: String, buffer: Tensor)] {
        var seen = Set<ObjectIdentifier>()
        var result: [(name: String, buffer: Tensor)] = []
        visit("") { path, member in
            if case .buffer(let tensor) = member, seen.insert(ObjectIdentifier(tensor)).inserted {
                result.append((path, tensor))
            }
        }
        return result
    }

    /// The modules among the fields, by key. PyTorch: `named_children`.
    public func namedChildren() -> [(name: String, module: ModuleBase)] {
        members().compactMap { key, member in
            if case .module(let module) = member { (key, module) } else { nil }
        }
    }

    /// This module and all below it, by path, each once. PyTorch: `named_modules`.
    public func namedModules() -> [(name: String, module: ModuleBase)] {
        var seen: Set = [ObjectIdentifier(self)]
        var result: [(name: String, module: ModuleBase)] = [("", self)]
        visit("") { path, member in
            if case .module(let module) = member, seen.insert(ObjectIdentifier(module)).inserted {
                result.append((path, module))
            }
        }
        return result
    }

    /// This module and all below it, each once. PyTorch: `modules`.
    public func modules() -> [ModuleBase] { namedModules().map(\.module) }

    /// Moves parameters and buffers to a device, in place: an optimizer that holds them stays right. PyTorch: `to`.
    @discardableResult
    public func to(_ device: Device) -> Self {
        forEachTensor { $0.to(device) }
        return self
    }

    /// Converts floating-point parameters and buffers to another type, in place. PyTorch: `to`.
    @discardableResult
    public func to(_ dtype: DType) -> Self {
        forEachTensor { $0.dtype.isFloatingPoint ? $0.to(dtype) : $0 }
        return self
    }

    private func forEachTensor(_ change: (Tensor) -> Tensor) {
        noGrad {
            for tensor in parameters() + namedBuffers().map(\.buffer) {
                let changed = change(tensor)
                if changed !== tensor { tensor.reseat(changed) }
                if let grad = tensor.grad {
                    let changedGrad = change(grad)
                    if changedGrad !== grad { grad.reseat(changedGrad) }
                }
            }
        }
    }

    /// Whether gradients flow to the parameters, all at once. PyTorch: `requires_grad_`.
    @discardableResult
    public func requiresGrad_(_ requiresGrad: Bool = true) -> Self {
        for parameter in parameters() { parameter.requiresGrad_(requiresGrad) }
        return self
    }

    /// Clears the gradients of all parameters. PyTorch: `zero_grad`.
    public func zeroGrad() {
        for parameter in parameters() { parameter.grad = nil }
    }
}

/// Names the place of a failing operator among the modules being called.
private enum ModulePath {
    static let isInstalled: Bool = {
        ModuleStack.describe = { frames in
            let modules = frames.compactMap { $0 as? ModuleBase }
            guard let outermost = modules.first else { return "" }
            var path = String(describing: type(of: outermost))
            for (parent, child) in zip(modules, modules.dropFirst()) {
                let key = parent.namedModules().first { $0.module === child }?.name
                path += "." + (key ?? String(describing: type(of: child)))
            }
            return path
        }
        return true
    }()
}
