import FirebrandTensor

/// Modules in a list, each a part of the module that holds it. PyTorch: `nn.ModuleList`.
///
/// A plain array of modules in a field is found, named and printed in the same way; this one is shared where it is passed on.
/// ```swift
/// let layers = ModuleList((0..<3).map { _ in Linear(8, 8) })
/// let y = layers.reduce(x) { $1($0) }
/// ```
public final class ModuleList<Element: ModuleBase>: ModuleBase, RandomAccessCollection, ExpressibleByArrayLiteral {
    private var modules: [Element]

    /// A list of modules.
    public init(_ modules: [Element] = []) { self.modules = modules }
    /// A list of modules.
    public init(arrayLiteral elements: Element...) { modules = elements }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of modules.
    public var endIndex: Int { modules.count }
    /// The module at a position.
    public subscript(position: Int) -> Element {
        get { modules[position] }
        set { modules[position] = newValue }
    }
    /// Adds a module at the end. PyTorch: `append`.
    public func append(_ module: Element) { modules.append(module) }
    /// Adds modules at the end. PyTorch: `extend`.
    public func extend(_ others: some Sequence<Element>) { modules.append(contentsOf: others) }
    /// Puts a module before the one at a position. PyTorch: `insert`.
    public func insert(_ position: Int, _ module: Element) { modules.insert(module, at: position) }
    /// Takes a module out. PyTorch: `pop`.
    @discardableResult
    public func pop(_ position: Int = -1) -> Element {
        modules.remove(at: position < 0 ? modules.count + position : position)
    }

    /// The modules by position.
    public override var fields: [(key: String, value: Any)] { modules.enumerated().map { ("\($0)", $1) } }
    override var joinsEqualLines: Bool { true }
}

/// Modules by name, in the order they were added in. PyTorch: `nn.ModuleDict`.
/// ```swift
/// let heads = ModuleDict(["class": Linear(8, 10), "box": Linear(8, 4)])
/// ```
public final class ModuleDict<Element: ModuleBase>: ModuleBase, ExpressibleByDictionaryLiteral {
    private var entries: [(key: String, module: Element)]

    /// A dictionary of modules, in this order.
    public init(_ entries: KeyValuePairs<String, Element> = [:]) { self.entries = entries.map { ($0.key, $0.value) } }
    /// A dictionary of modules, in this order.
    public init(dictionaryLiteral elements: (String, Element)...) {
        entries = elements.map { (key: $0.0, module: $0.1) }
    }

    /// The keys, in order.
    public var keys: [String] { entries.map(\.key) }
    /// The modules, in order.
    public var values: [Element] { entries.map(\.module) }
    /// The number of modules.
    public var count: Int { entries.count }
    /// The module of a name; nil takes it out.
    public subscript(name: String) -> Element? {
        get { entries.first { $0.key == name }?.module }
        set {
            let position = entries.firstIndex { $0.key == name }
            switch (position, newValue) {
            case (let position?, let module?): entries[position].module = module
            case (let position?, nil): entries.remove(at: position)
            case (nil, let module?): entries.append((name, module))
            case (nil, nil): break
            }
        }
    }

    /// The modules by name.
    public override var fields: [(key: String, value: Any)] { entries.map { ($0.key, $0.module) } }
}
