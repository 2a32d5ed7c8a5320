import FirebrandNN
import FirebrandTensor
import Synchronization

/// Says which Python class one of your own modules is, so that whole models with it can be saved and loaded.
///
/// ```swift
/// registerModule(NeuralNetwork.self, name: "__main__.NeuralNetwork") { NeuralNetwork() }
/// try save(model, to: "model.pth")
/// let model = try load("model.pth", as: NeuralNetwork.self)
/// ```
/// Python reads the file with a class of that name whose fields have the same names. On loading, `make` makes a module,
/// and the file's parameters, buffers and modes replace its own; a file that does not fit throws. Names without a module
/// are looked for in `__main__`.
public func registerModule<M: ModuleBase>(
    _ type: M.Type, name: String, _ make: @escaping @Sendable () throws -> M
) {
    ModuleRegistry.shared.register(type, name, needsChildren: false) { _ in try make() }
}

/// Says which Python class one of your own modules is, and makes it from what the file says of it.
///
/// ```swift
/// registerModule(Block.self, name: "blocks.Block") { Block(width: try $0.int("width")) }
/// ```
/// What Swift calls `hiddenSize` is `hidden_size` in the file.
public func registerModule<M: ModuleBase>(
    _ type: M.Type, name: String, _ make: @escaping @Sendable (ModuleAttributes) throws -> M
) {
    ModuleRegistry.shared.register(type, name, needsChildren: true, make)
}

/// A module of a library on top of this one that stands for a Python class.
package protocol PythonModule: ModuleBase {
    /// The class with its module: `torchvision.models.vgg.VGG`.
    static var pythonName: String { get }
    /// A module from what a file says of it.
    static func make(_ attributes: ModuleAttributes) throws -> Self
}

/// The classes that files of whole models may name beside PyTorch's own layers.
final class ModuleRegistry: Sendable {
    static let shared = ModuleRegistry()

    struct Registration: Sendable {
        let type: ObjectIdentifier
        /// Whether ``make`` is given the modules below too.
        let needsChildren: Bool
        let make: @Sendable (ModuleAttributes) throws -> ModuleBase
    }

    private struct Table {
        var byName: [String: Registration] = [:]
        var names: [ObjectIdentifier: String] = [:]
    }
    private let table = Mutex(Table())

    /// Classes of this package's upper layers by the Python class they stand for: this layer cannot name them, but finds
    /// them where the program has them. The values are Swift's mangled names.
    private static let upperLayers = ["torchvision.models.vgg.VGG": "15FirebrandVision3VGGC"]

    func register(
        _ type: ModuleBase.Type, _ name: String, needsChildren: Bool,
        _ make: @escaping @Sendable (ModuleAttributes) throws -> ModuleBase
    ) {
        let name = name.contains(".") ? name : "__main__." + name
        precondition(
            name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f },
            "the name of a Python class has no spaces: '\(name)'")
        table.withLock {
            $0.byName[name] = Registration(type: ObjectIdentifier(type), needsChildren: needsChildren, make: make)
            $0.names[ObjectIdentifier(type)] = name
        }
    }

    func register(_ type: any PythonModule.Type) {
        register(type, type.pythonName, needsChildren: true) { try type.make($0) }
    }

    /// The registration of a Python class.
    func find(_ global: PickleGlobal) -> Registration? {
        let name = global.description
        if let found = table.withLock({ $0.byName[name] }) { return found }
        guard let mangled = Self.upperLayers[name], let type = _typeByName(mangled) as? any PythonModule.Type else {
            return nil
        }
        register(type)
        return table.withLock { $0.byName[name] }
    }

    /// The Python class of a type.
    func global(of type: ModuleBase.Type) -> PickleGlobal? {
        let own = (type as? any PythonModule.Type)?.pythonName
        guard let name = own ?? table.withLock({ $0.names[ObjectIdentifier(type)] }),
            let dot = name.lastIndex(of: ".")
        else { return nil }
        return PickleGlobal(String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    /// The error for a class of the user's that Python's name is not known of.
    static func unregistered(_ type: ModuleBase.Type, path: String) -> FirebrandError {
        let name = String(describing: type)
        return FirebrandError(
            .unsupportedFormat,
            "'\(name)' is none of PyTorch's layers, and which Python class it is has not been said", path: path,
            remedy:
                "register it before saving: registerModule(\(name).self, name: \"__main__.\(name)\") { \(name)(…) }; "
                + "or save the model's state dict")
    }

    /// The error for a class that a file names and nothing stands for.
    static func unknown(_ global: PickleGlobal, path: String) -> FirebrandError {
        FirebrandError(
            .unsupportedFormat, "holds a model of the class \(global), and nothing says what that is in Swift",
            path: path,
            remedy: "write the class as a Module and register it before loading: "
                + "registerModule(\(global.name).self, name: \"\(global)\") { \(global.name)(…) }; "
                + "or save the model's state dict in Python")
    }
}

/// What a file of a whole model says of one module: plain values by name, and the modules below it.
public struct ModuleAttributes {
    /// The Python class: `__main__.NeuralNetwork`.
    public let className: String
    let values: [String: SerializedValue]
    let children: [(name: String, module: Result<ModuleBase, any Error>)]
    let path: String

    /// The names of the plain values, in alphabetical order.
    public var names: [String] { values.keys.sorted() }

    /// The value of a name, if there is one.
    public subscript(name: String) -> SerializedValue? { values[name] }

    /// An integer; throws a ``FirebrandError`` where there is none of this name.
    public func int(_ name: String) throws -> Int { try value(name, "an integer", \.int) }
    /// A number.
    public func double(_ name: String) throws -> Double { try value(name, "a number", \.double) }
    /// A Boolean.
    public func bool(_ name: String) throws -> Bool { try value(name, "a Boolean", \.bool) }
    /// A text.
    public func string(_ name: String) throws -> String { try value(name, "a text", \.string) }
    /// A list or tuple of integers.
    public func ints(_ name: String) throws -> [Int] {
        try value(name, "a list of integers") {
            guard let numbers = $0.elements?.map(\.int), !numbers.contains(nil) else { return nil }
            return numbers.compactMap { $0 }
        }
    }

    /// A module below this one, with its weights; throws where there is none of this name or type.
    public func module<M>(_ name: String, as type: M.Type) throws -> M {
        guard let module = try children.first(where: { $0.name == name })?.module.get() else {
            throw mismatch("has no module '\(name)'")
        }
        guard let module = module as? M else {
            throw mismatch("has a \(module.typeName) as '\(name)', not a \(M.self)")
        }
        return module
    }

    private func value<Value>(
        _ name: String, _ kind: String, _ get: (SerializedValue) -> Value?
    ) throws -> Value {
        guard let found = values[name] else { throw mismatch("has no value '\(name)'") }
        guard let value = get(found) else { throw mismatch("has \(found.kind) as '\(name)', not \(kind)") }
        return value
    }

    private func mismatch(_ what: String) -> FirebrandError {
        FirebrandError(.stateMismatch, "\(className) in the file \(what)", path: path)
    }
}
