import FirebrandTensor

/// The settings of a group of parameters: a structure with a field for each, and their names in PyTorch.
public protocol OptimizerOptions: Sendable {
    /// PyTorch's defaults.
    init()
    /// The learning rate: how far a step goes.
    var lr: Double { get set }
    /// The settings by PyTorch's names, in its order: what is saved, loaded and printed.
    static var settings: [Setting<Self>] { get }
    /// PyTorch's explanation of what is wrong with these settings, if anything is.
    var problem: String? { get }
}

extension OptimizerOptions {
    /// Nothing is wrong.
    public var problem: String? { nil }
}

/// One setting by its name in PyTorch.
public struct Setting<Options> {
    /// PyTorch's name.
    public let name: String
    package let get: (Options) -> StateValue
    /// False where the value is of another kind.
    package let set: (inout Options, StateValue) -> Bool
    /// Whether it has no effect here: it is kept as it was loaded, so that PyTorch finds it again.
    let isUnused: Bool

    /// A setting read and written by the functions given; `set` returns false for a value it has no use for.
    public init(
        _ name: String, get: @escaping (Options) -> StateValue, set: @escaping (inout Options, StateValue) -> Bool
    ) {
        self.init(name, isUnused: false, get: get, set: set)
    }

    private init(
        _ name: String, isUnused: Bool, get: @escaping (Options) -> StateValue,
        set: @escaping (inout Options, StateValue) -> Bool
    ) {
        self.name = name
        self.get = get
        self.set = set
        self.isUnused = isUnused
    }

    /// A number.
    public static func number(_ name: String, _ path: WritableKeyPath<Options, Double>) -> Setting {
        Setting(name, get: { .double($0[keyPath: path]) }, set: { assign(&$0[keyPath: path], $1.number) })
    }

    /// A number that Python writes without a fraction where it is whole, as its default there is an integer.
    public static func wholeNumber(_ name: String, _ path: WritableKeyPath<Options, Double>) -> Setting {
        Setting(name, get: { .wholeOrDouble($0[keyPath: path]) }, set: { assign(&$0[keyPath: path], $1.number) })
    }

    /// An integer.
    public static func integer(_ name: String, _ path: WritableKeyPath<Options, Int>) -> Setting {
        Setting(name, get: { .int($0[keyPath: path]) }, set: { assign(&$0[keyPath: path], $1.integer) })
    }

    /// A truth value.
    public static func flag(_ name: String, _ path: WritableKeyPath<Options, Bool>) -> Setting {
        Setting(name, get: { .bool($0[keyPath: path]) }, set: { assign(&$0[keyPath: path], $1.flag) })
    }

    /// A pair of numbers.
    public static func pair(_ name: String, _ path: WritableKeyPath<Options, (Double, Double)>) -> Setting {
        Setting(
            name, get: { .tuple([.double($0[keyPath: path].0), .double($0[keyPath: path].1)]) },
            set: { options, value in
                guard let numbers = value.numbers, numbers.count == 2 else { return false }
                options[keyPath: path] = (numbers[0], numbers[1])
                return true
            })
    }

    /// A setting of PyTorch's that has no effect here, with its default.
    public static func unused(_ name: String, _ value: StateValue = .none) -> Setting where Options: Sendable {
        Setting(name, isUnused: true, get: { _ in value }, set: { _, _ in true })
    }
}

/// Assigns the value if there is one.
private func assign<Value>(_ target: inout Value, _ value: Value?) -> Bool {
    guard let value else { return false }
    target = value
    return true
}
