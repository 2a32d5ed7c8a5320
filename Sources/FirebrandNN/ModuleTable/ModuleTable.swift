import FirebrandTensor

/// Modules by name: what replaying, reading whole models and documentation walk.
///
/// ```swift
/// let layer = try modules.make("torch.nn.Linear", [.int(784), .int(512)])
/// ```
public struct ModuleTable: Sendable {
    /// The rows, in the order they were joined in.
    public let rows: [ModuleRow]
    private let positions: [String: Int]

    /// A table of these rows; of equal names the first counts.
    public init(_ rows: [ModuleRow]) {
        self.rows = rows
        positions = Dictionary(zip(rows.map(\.name), rows.indices)) { first, _ in first }
    }

    /// The row of a name, with or without `torch.` in front; nil where there is none.
    public func find(_ name: String) -> ModuleRow? {
        // Where PyTorch keeps the class is no part of its name: torch.nn.modules.linear.Linear.
        let parts = name.split(separator: ".")
        let own = name.hasPrefix("torch.nn.modules.") ? "nn.\(parts.last ?? "")" : name
        return positions[own.hasPrefix("torch.") ? String(own.dropFirst(6)) : own].map { rows[$0] }
    }

    /// Makes a module by name. Misuse is thrown.
    public func make(
        _ name: String, _ arguments: [OperatorValue] = [], _ named: [String: OperatorValue] = [:]
    ) throws -> ModuleBase {
        guard let row = find(name) else {
            throw FirebrandError(
                .invalidArgument, "there is no module '\(name)'",
                remedy: "modules go by PyTorch's names, such as 'nn.Linear'")
        }
        return try row(arguments, named)
    }
}

/// Every module of this layer by PyTorch's name.
public let modules = ModuleTable(nnModules)

/// The rows of this layer's modules: what a table of them is made of.
let nnModules: [ModuleRow] = Array(
    [
        linearModules,
        convolutionModules,
        transposedConvolutionModules,
        columnModules,
        activationModules,
        normalisationModules,
        dropoutModules,
        distanceModules,
        lossModules,
        maxPoolModules,
        averagePoolModules,
        adaptivePoolModules,
        fractionalPoolModules,
        unpoolModules,
        constantPaddingModules,
        edgePaddingModules,
        resizingModules,
        embeddingModules,
        recurrentModules,
        recurrentCellModules,
        transformerModules,
    ].joined())

extension Arguments {
    /// A module, made from the class and the arguments that stand for it.
    package func module(_ name: String) throws -> ModuleBase {
        guard case .module(let type, let arguments, let named) = value(name) else {
            throw Misuse("argument '\(name)' must be Module, not \((value(name) ?? .none).kindName)")
        }
        return try modules.make(type, arguments, named)
    }

    /// A module, or nil for `None`.
    package func optionalModule(_ name: String) throws -> ModuleBase? { has(name) ? try module(name) : nil }
}
