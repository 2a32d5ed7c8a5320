import FirebrandNN
import FirebrandTensor

/// Saves a whole model: its structure, its parameters and its buffers.
///
/// Of PyTorch's layers the file is the one that `torch.save(model, path)` writes, and
/// `torch.load(path, weights_only=False)` reads it. Your own classes go under the name they are registered with; without
/// one, a ``FirebrandError`` says what to register. On any failure an older file stays as it was.
/// ```swift
/// try save(model, to: "model.pth")
/// let model = try load("model.pth", as: NeuralNetwork.self)
/// ```
/// PyTorch: `torch.save`.
public func save(_ model: ModuleBase, to path: String) throws { try save(.module(model), to: path) }

/// Loads a whole model that PyTorch or Firebrand saved.
///
/// No code of the file is run: PyTorch's own layers are made anew from what the file says of them, and your own classes
/// by what you registered for them (``registerModule(_:name:_:)-(_,_,()->M)``). Each module keeps the mode (training or evaluation)
/// it was saved in. Where the class does not matter, ask for any layer:
/// ```swift
/// let model = try load("model.pth", as: Sequential.self)
/// let model = try load("model.pth", as: (any Layer).self)
/// let y = model(x)
/// ```
/// Throws a ``FirebrandError`` where the file holds something else or names a class that is not registered.
/// PyTorch: `torch.load(path, weights_only=False)`.
public func load<M>(_ path: String, as type: M.Type, mmap: Bool = false) throws -> M {
    if let type = type as? any PythonModule.Type { ModuleRegistry.shared.register(type) }
    let value = try load(path, mmap: mmap)
    guard let module = value.module else {
        throw FirebrandError(
            .stateMismatch, "holds \(value.kind), not a whole model", path: path,
            remedy: value.stateDict == nil
                ? "see what load(_:) returns"
                : "it is a state dict: make the model and call model.loadStateDict(loadStateDict(\"\(path)\"))")
    }
    guard let model = module as? M else {
        throw FirebrandError(.stateMismatch, "holds a \(module.typeName), not a \(M.self)", path: path)
    }
    return model
}

extension ModuleBase {
    /// Copies the tensors of a state dict that was loaded as a value: `model.loadStateDict(load("model_weights.pth"))`.
    ///
    /// As ``loadStateDict(_:strict:assign:)``; throws a ``FirebrandError`` too where the value is no state dict.
    public func loadStateDict(_ value: SerializedValue, strict: Bool = true, assign: Bool = false) throws {
        guard let state = value.stateDict else {
            throw FirebrandError(
                .stateMismatch, "\(value.kind) is no state dict",
                remedy: value.pairs == nil
                    ? nil : "if it is a checkpoint, take the state dict out of it: checkpoint[\"model_state_dict\"]")
        }
        try loadStateDict(state, strict: strict, assign: assign)
    }
}

/// The names in a pickle that are not on the list of harmless ones.
///
/// They are only names, of which nothing is ever run. Those of a whole model's classes are looked up later; anything
/// else, where it is met, is an error.
final class ForeignNames {
    private var names: [PickleGlobal] = []

    /// Whether the unpickler may go on.
    func isAllowed(_ global: PickleGlobal) -> Bool {
        if !PickleGlobals.isHarmless(global), names.last != global { names.append(global) }
        return true
    }

    /// Refuses the names where the file holds no model that they could belong to.
    func check(_ document: PickleDocument, path: String) throws {
        guard let first = names.first, !document.nodes.contains(where: document.isModule) else { return }
        throw PickleGlobals.refusal(first, path: path)
    }
}

extension PickleDocument {
    /// Whether an object is a Python module: it has the attributes that `torch.nn.Module` keeps its content in.
    func isModule(_ object: PickleNode) -> Bool {
        guard object.kind == .object, object.isNew, let state = object.state.flatMap(node), state.kind == .dictionary
        else { return false }
        var found = 0
        for position in stride(from: 0, to: state.items.count, by: 2) {
            if case .string(let key) = state.items[position], key == "_parameters" || key == "_modules" { found += 1 }
        }
        return found == 2
    }
}
