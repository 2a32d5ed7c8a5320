import FirebrandTensor

// How a module's fields are told apart: `@Parameter` and `@Buffer` mark tensors, modules are plain fields, and anything
// else is none of the module system's business.

/// A tensor that an optimizer changes; or no tensor, where the field is optional and nil.
///
/// Assigning later re-seats the tensor in place, so whoever holds it sees the change. PyTorch: `nn.Parameter`.
/// ```swift
/// @Parameter var weight: Tensor
/// @Parameter("weight_hh_l0") var hidden: Tensor
/// ```
@propertyWrapper
public struct Parameter<Value: OptionalTensor> {
    let key: String?
    /// Shared by copies of the wrapper, so that reflection can reach it.
    let slot = ParameterSlot()

    /// The tensor.
    public var wrappedValue: Value {
        get {
            guard slot.isSet, let value = Value.wrapping(slot.computed?.read() ?? slot.tensor) else {
                return unset(key)
            }
            return value
        }
        nonmutating set {
            if let computed = slot.computed, let new = newValue.tensor {
                computed.write(new)
            } else if let old = slot.tensor, let new = newValue.tensor {
                if old !== new { noGrad { old.reseat(new.detach()) } }
            } else {
                slot.set(newValue.tensor)
            }
        }
    }

    /// Marks a field as a parameter; gradients flow to it from now on.
    public init(wrappedValue: Value) { self.init(wrappedValue: wrappedValue, nil) }

    /// Marks a field as a parameter under a key of its own.
    public init(wrappedValue: Value, _ key: String?) {
        self.key = key
        slot.set(wrappedValue.tensor)
    }

    /// Marks a field that is assigned in `init`, after `super.init()`, as a parameter under a key of its own.
    public init(_ key: String) { self.key = key }
}

/// Where a parameter's tensor is kept; or how it is computed, where it is parametrized or pruned.
final class ParameterSlot {
    private(set) var tensor: Tensor?
    private(set) var isSet = false
    /// Stands for the tensor, which then is kept elsewhere.
    var computed: (read: () -> Tensor, write: (Tensor) -> Void)?

    func set(_ value: Tensor?) {
        tensor = value
        isSet = true
        if let value, value.dtype.isInexact { value.requiresGrad_() }
    }
}

/// A tensor that belongs to the module's state but is not trained. PyTorch: `register_buffer`.
@propertyWrapper
public struct Buffer<Value: OptionalTensor> {
    let key: String?
    let isPersistent: Bool
    fileprivate private(set) var value: Value?

    /// The tensor.
    public var wrappedValue: Value {
        get { value ?? unset(key) }
        set { value = newValue }
    }

    /// Marks a field as a buffer.
    public init(wrappedValue: Value) { self.init(wrappedValue: wrappedValue, nil) }

    /// Marks a field as a buffer under a key of its own. One that is not persistent is left out of the state dictionary.
    public init(wrappedValue: Value, _ key: String? = nil, persistent: Bool = true) {
        self.key = key
        isPersistent = persistent
        value = wrappedValue
    }

    /// Marks a field that is assigned in `init`, after `super.init()`, as a buffer under a key of its own.
    public init(_ key: String, persistent: Bool = true) {
        self.key = key
        isPersistent = persistent
    }
}

/// Gives a field another key than its name: in state dictionaries, paths and when printing.
/// ```swift
/// @Key("linear_relu_stack") var stack = Sequential { Linear(784, 512); ReLU() }
/// @Key("fc") var layer: Linear                              // assigned in init, after super.init()
/// ```
@propertyWrapper
public struct Key<Value> {
    fileprivate let key: String
    fileprivate private(set) var value: Value?

    /// The field's value.
    public var wrappedValue: Value {
        get { value ?? unset(key) }
        set { value = newValue }
    }

    /// Gives the field a key.
    public init(wrappedValue: Value, _ key: String) {
        self.key = key
        value = wrappedValue
    }

    /// Gives a key to a field that is assigned in `init`, after `super.init()`.
    public init(_ key: String) { self.key = key }
}

private func unset<Value>(_ key: String?) -> Value {
    fatalError("the field with the key '\(key ?? "")' is used before it is given a value")
}

/// `Tensor` and `Tensor?`: what parameters and buffers may be.
public protocol OptionalTensor {
    /// The tensor, if there is one.
    var tensor: Tensor? { get }
    /// The value that stands for a tensor or for none; nil where there must be one.
    static func wrapping(_ tensor: Tensor?) -> Self?
}

extension Tensor: OptionalTensor {
    /// Itself.
    public var tensor: Tensor? { self }
    /// Itself.
    public static func wrapping(_ tensor: Tensor?) -> Tensor? { tensor }
}

extension Tensor?: OptionalTensor {
    /// Itself.
    public var tensor: Tensor? { self }
    /// Itself.
    public static func wrapping(_ tensor: Tensor?) -> Tensor?? { .some(tensor) }
}

// MARK: - Reflection

protocol ParameterField {
    var key: String? { get }
    var slot: ParameterSlot { get }
}

protocol BufferField {
    var key: String? { get }
    var isPersistent: Bool { get }
    var tensor: Tensor? { get }
}

private protocol KeyedField {
    var key: String { get }
    var anyValue: Any { get }
}

extension Parameter: ParameterField {}

extension Buffer: BufferField {
    var tensor: Tensor? { value?.tensor }
}

extension Key: KeyedField {
    fileprivate var anyValue: Any { value as Any }
}

/// A field that matters to a module.
enum Member {
    case parameter(Tensor)
    case buffer(Tensor, isPersistent: Bool = true)
    case module(ModuleBase)
}

/// What can stand between a field and the members it holds.
struct Container {
    enum Kind { case optional, list, dictionary }
    let kind: Kind
    /// Position or key, and the value there. A dictionary has no order of its own; by key is at least always the same.
    let elements: [(name: String, value: Any)]

    init?(_ value: Any) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            kind = .optional
            elements = mirror.children.map { ("", $0.value) }
        case .collection:
            kind = .list
            elements = mirror.children.enumerated().map { ("\($0)", $1.value) }
        case .dictionary:
            kind = .dictionary
            elements = mirror.children.compactMap { child -> (String, Any)? in
                let pair = Array(Mirror(reflecting: child.value).children)
                return pair.count == 2 ? ("\(pair[0].value)", pair[1].value) : nil
            }
            .sorted { $0.0 < $1.0 }
        default: return nil
        }
    }

    /// The path of an element of the field under `key`.
    func path(_ key: String, _ name: String) -> String { kind == .optional ? key : "\(key).\(name)" }
}

extension ModuleBase {
    /// Stored properties by key, those of superclasses first.
    final func reflectedFields() -> [(key: String, value: Any)] {
        var result: [(key: String, value: Any)] = []
        func collect(_ mirror: Mirror) {
            if let parent = mirror.superclassMirror { collect(parent) }
            guard mirror.subjectType != ModuleBase.self else { return }
            for (label, value) in mirror.children {
                guard let label else { continue }
                // The storage behind a property wrapper is the property's name with an underscore.
                let name = label.hasPrefix("_") ? String(label.dropFirst()) : label
                switch value {
                case let field as any KeyedField: result.append((field.key, field.anyValue))
                case let field as any ParameterField: result.append((field.key ?? name, value))
                case let field as any BufferField: result.append((field.key ?? name, value))
                default: result.append((label, value))
                }
            }
        }
        collect(Mirror(reflecting: self))
        return result
    }

    /// Parameters, buffers and modules among the fields, looked for inside optionals, arrays and dictionaries.
    final func members() -> [(key: String, member: Member)] {
        var result: [(key: String, member: Member)] = []
        func add(_ key: String, _ value: Any) {
            switch value {
            case let field as any ParameterField:
                if field.slot.computed == nil, let tensor = field.slot.tensor {
                    result.append((key, .parameter(tensor)))
                }
            case let field as any BufferField:
                if let tensor = field.tensor {
                    result.append((key, .buffer(tensor, isPersistent: field.isPersistent)))
                }
            case let module as ModuleBase: result.append((key, .module(module)))
            case is Tensor: break
            default:
                guard let container = Container(value) else { break }
                for (name, element) in container.elements { add(container.path(key, name), element) }
            }
        }
        for (key, value) in fields { add(key, value) }
        return result + (extras?.registered ?? [])
    }

    /// Calls `body` with every member below: a module's parameters, then its buffers, then its children, as PyTorch.
    final func visit(_ prefix: String, recurse: Bool = true, _ body: (String, Member) -> Void) {
        let all = members()
        for (key, member) in all {
            if case .parameter = member { body(prefix + key, member) }
        }
        for (key, member) in all {
            if case .buffer = member { body(prefix + key, member) }
        }
        for (key, member) in all where recurse {
            guard case .module(let module) = member else { continue }
            body(prefix + key, member)
            module.visit(prefix + key + ".", body)
        }
    }
}
