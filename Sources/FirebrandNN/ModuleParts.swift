import FirebrandTensor

/// A field of a module as a file of a whole model lists it: the empty ones too, and plain values.
package enum ModulePart {
    /// A parameter, or the place of one.
    case parameter(Tensor?)
    /// A buffer, or the place of one.
    case buffer(Tensor?, isPersistent: Bool)
    /// A module.
    case module(ModuleBase)
    /// An array of modules or parameters.
    case list([ModulePart])
    /// A dictionary of modules or parameters.
    case dictionary([(key: String, part: ModulePart)])
    /// A parameter that is computed from others: parametrized or pruned.
    case computed
    /// Anything else.
    case value(Any)

    private var isPlain: Bool { if case .value = self { true } else { false } }

    init(_ value: Any) {
        switch value {
        case let field as any ParameterField:
            self = field.slot.computed == nil ? .parameter(field.slot.tensor) : .computed
        case let field as any BufferField: self = .buffer(field.tensor, isPersistent: field.isPersistent)
        case let module as ModuleBase: self = .module(module)
        default:
            guard let container = Container(value), !container.elements.isEmpty else {
                self = .value(value)
                return
            }
            let parts = container.elements.map { (key: $0.name, part: ModulePart($0.value)) }
            if parts.contains(where: { $0.part.isPlain }) {
                self = .value(value)
                return
            }
            switch container.kind {
            case .optional: self = parts[0].part
            case .list: self = .list(parts.map(\.part))
            case .dictionary: self = .dictionary(parts)
            }
        }
    }

    init(_ member: Member) {
        switch member {
        case .parameter(let tensor): self = .parameter(tensor)
        case .buffer(let tensor, let isPersistent): self = .buffer(tensor, isPersistent: isPersistent)
        case .module(let module): self = .module(module)
        }
    }
}

extension ModuleBase {
    /// The fields by key, then what was registered by name.
    package func parts() -> [(key: String, part: ModulePart)] {
        fields.map { ($0.key, ModulePart($0.value)) }
            + (extras?.registered ?? []).map { ($0.key, ModulePart($0.member)) }
    }

    /// The stored properties by their Swift names, those of the structs and tuples among them that layers keep their
    /// options in included.
    package func storedProperties() -> [String: Any] {
        var result: [String: Any] = [:]
        func add(_ mirror: Mirror, _ depth: Int) {
            for case (let label?, let value) in mirror.children where result[label] == nil {
                result[label] = value
                let inner = Mirror(reflecting: value)
                if depth < 2, inner.displayStyle == .struct || inner.displayStyle == .tuple, !(value is Tensor) {
                    add(inner, depth + 1)
                }
            }
        }
        var mirror: Mirror? = Mirror(reflecting: self)
        while let level = mirror, level.subjectType != ModuleBase.self {
            add(level, 0)
            mirror = level.superclassMirror
        }
        return result
    }

    /// Whether anything is hooked to the module, which no file can hold.
    package var hasHooks: Bool {
        guard let extras else { return false }
        return extras.hasCallHooks || !extras.stateDictPreHooks.isEmpty || !extras.stateDictHooks.isEmpty
            || !extras.loadPreHooks.isEmpty || !extras.loadPostHooks.isEmpty
    }

    /// Puts this very tensor in the place of a parameter, so that modules that shared it share it again; false where
    /// there is no such place.
    ///
    /// `path` has positions behind the key where the field is an array or a dictionary.
    package func replaceParameter(_ path: [String], with tensor: Tensor) -> Bool {
        guard let key = path.first else { return false }
        for (name, value) in fields where name == key {
            guard let slot = Self.slot(value, path.dropFirst()) else { return false }
            slot.set(tensor)
            return true
        }
        guard path.count == 1, let extras,
            let position = extras.registered.firstIndex(where: { $0.key == key })
        else { return false }
        extras.registered[position].member = .parameter(tensor)
        return true
    }

    private static func slot(_ value: Any, _ path: ArraySlice<String>) -> ParameterSlot? {
        if let field = value as? any ParameterField { return path.isEmpty ? field.slot : nil }
        guard let container = Container(value) else { return nil }
        if container.kind == .optional { return container.elements.first.flatMap { slot($0.value, path) } }
        guard let name = path.first, let element = container.elements.first(where: { $0.name == name }) else {
            return nil
        }
        return slot(element.value, path.dropFirst())
    }
}
