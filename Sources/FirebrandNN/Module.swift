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
    /// Hooks and what was registered by name, which most modules have none of.
    var extras: ModuleExtras?

    /// A module with no fields of its own.
    public init() {}

    /// What stands between the brackets when the module prints. PyTorch: `extra_repr`.
    open var extraDescription: String { "" }

    /// What the module is called when it prints: its type, without generic arguments.
    open var typeName: String { String(String(describing: type(of: self)).prefix { $0 != "<" }) }

    /// The module's fields by key. Found by reflection; containers give theirs instead.
    open var fields: [(key: String, value: Any)] { reflectedFields() }

    /// Whether equal neighbours among the modules print in one line.
    var joinsEqualLines: Bool { false }

    /// Switches the module and all below it to training, or with `false` to evaluation. PyTorch: `train`.
    @discardableResult
    public func train(_ isTraining: Bool = true) -> Self {
        for module in modules() { module.isTraining = isTraining }
        return self
    }

    /// Switches the module and all below it to evaluation. PyTorch: `eval`.
    @discardableResult
    public func eval() -> Self { train(false) }

    /// Switches this module alone, whatever is below it: each module of a file has a mode of its own.
    package func setOwnMode(isTraining: Bool) { self.isTraining = isTraining }

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
        guard let extras, extras.hasCallHooks else { return body(input) }
        return callWithHooks(extras, input, body)
    }
}

// MARK: - What a module is made of

extension ModuleBase {
    /// Every parameter by its path, each once; with `recurse: false` only the module's own. PyTorch: `named_parameters`.
    public func namedParameters(recurse: Bool = true) -> [(name: String, parameter: Tensor)] {
        var seen = Set<ObjectIdentifier>()
        var result: [(name: String, parameter: Tensor)] = []
        visit("", recurse: recurse) { path, member in
            if case .parameter(let tensor) = member, seen.insert(ObjectIdentifier(tensor)).inserted {
                result.append((path, tensor))
            }
        }
        return result
    }

    /// Every parameter, each once: what an optimizer takes. PyTorch: `parameters`.
    public func parameters(recurse: Bool = true) -> [Tensor] { namedParameters(recurse: recurse).map(\.parameter) }

    /// Every buffer, each once. PyTorch: `buffers`.
    public func buffers(recurse: Bool = true) -> [Tensor] { namedBuffers(recurse: recurse).map(\.buffer) }

    /// Every buffer by its path, each once; with `recurse: false` only the module's own. PyTorch: `named_buffers`.
    public func namedBuffers(recurse: Bool = true) -> [(name: String, buffer: Tensor)] {
        var seen = Set<ObjectIdentifier>()
        var result: [(name: String, buffer: Tensor)] = []
        visit("", recurse: recurse) { path, member in
            if case .buffer(let tensor, _) = member, seen.insert(ObjectIdentifier(tensor)).inserted {
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

    /// The modules among the fields. PyTorch: `children`.
    public func children() -> [ModuleBase] { namedChildren().map(\.module) }

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

    /// Calls `body` with every module below, children before parents, and with this one last. PyTorch: `apply`.
    /// ```swift
    /// model.apply { if let layer = $0 as? Linear { Init.xavierUniform_(layer.weight) } }
    /// ```
    @discardableResult
    public func apply(_ body: (ModuleBase) throws -> Void) rethrows -> Self {
        for child in children() { try child.apply(body) }
        try body(self)
        return self
    }

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

    /// Moves and converts at once. PyTorch: `to`.
    @discardableResult
    public func to(_ device: Device, _ dtype: DType) -> Self { to(device).to(dtype) }

    /// Converts to float32. PyTorch: `float`.
    @discardableResult
    public func float() -> Self { to(.float32) }

    /// Converts to float64. PyTorch: `double`.
    @discardableResult
    public func double() -> Self { to(.float64) }

    /// Converts to float16. PyTorch: `half`.
    @discardableResult
    public func half() -> Self { to(.float16) }

    /// Converts to bfloat16. PyTorch: `bfloat16`.
    @discardableResult
    public func bfloat16() -> Self { to(.bfloat16) }

    private func forEachTensor(_ change: (Tensor) -> Tensor) {
        noGrad {
            for tensor in parameters() + buffers() {
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

    /// Clears the gradients of all parameters, or with `setToNone: false` fills them with zeros. PyTorch: `zero_grad`.
    public func zeroGrad(setToNone: Bool = true) {
        for parameter in parameters() {
            if setToNone { parameter.grad = nil } else { parameter.grad?.detach().zero_() }
        }
    }
}

/// Names the place of a failing operator among the modules being called.
private enum ModulePath {
    static let isInstalled: Bool = {
        ModuleStack.describe = { frames in
            let modules = frames.compactMap { $0 as? ModuleBase }
            guard let outermost = modules.first else { return "" }
            var path = outermost.typeName
            for (parent, child) in zip(modules, modules.dropFirst()) {
                let key = parent.namedModules().first { $0.module === child }?.name
                path += "." + (key ?? child.typeName)
            }
            return path
        }
        return true
    }()
}
