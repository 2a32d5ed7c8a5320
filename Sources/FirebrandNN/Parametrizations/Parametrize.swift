import FirebrandTensor

/// A way to compute a parameter from another, unconstrained one. PyTorch: the modules of `torch.nn.utils.parametrize`.
///
/// A subclass says what the parameter is (`forward`), and, where values can be assigned, what original gives one
/// (``rightInverse(_:)``).
/// ```swift
/// final class Symmetric: Parametrization {
///     override func forward(_ originals: [Tensor]) -> Tensor {
///         let upper = originals[0].triu()
///         return upper + originals[0].triu(diagonal: 1).t()
///     }
/// }
/// Parametrize.register(layer, "weight", Symmetric())
/// ```
open class Parametrization: ModuleBase {
    /// The parameter, from its originals: one, or as many as ``rightInverse(_:)`` gives.
    open func forward(_ originals: [Tensor]) -> Tensor { originals[0] }
    /// Originals that give this value. PyTorch: `right_inverse`.
    open func rightInverse(_ value: Tensor) -> [Tensor] { [value] }
    /// Whether the state has several originals, `original0`, `original1`, …, even if there is only one.
    open var hasSeveralOriginals: Bool { false }
}

/// The parametrizations of one parameter, applied in turn. PyTorch: `torch.nn.utils.parametrize.ParametrizationList`.
public final class ParametrizationList: ModuleBase {
    fileprivate private(set) var steps: [Parametrization]
    private var originals: [Parameter<Tensor>]

    fileprivate init(_ first: Parametrization, _ value: Tensor) {
        steps = [first]
        originals = noGrad { first.rightInverse(value).map { Parameter(wrappedValue: $0.detach().clone()) } }
    }

    fileprivate func append(_ step: Parametrization) { steps.append(step) }

    /// The parameter as it is now.
    fileprivate var value: Tensor {
        var value = steps[0].forward(originals.map(\.wrappedValue))
        for step in steps.dropFirst() { value = step.forward([value]) }
        return value
    }

    fileprivate func assign(_ value: Tensor) {
        noGrad {
            var value = value
            for step in steps.dropFirst().reversed() { value = step.rightInverse(value)[0] }
            for (original, new) in zip(originals, steps[0].rightInverse(value)) { original.wrappedValue.copy_(new) }
        }
    }

    /// The first original, which takes the parameter's place again where it is not left parametrized.
    fileprivate var original: Tensor { originals[0].wrappedValue }
    fileprivate var isSingle: Bool { originals.count == 1 && !steps[0].hasSeveralOriginals }

    /// The originals, then the parametrizations by position.
    public override var fields: [(key: String, value: Any)] {
        let keys = isSingle ? ["original"] : originals.indices.map { "original\($0)" }
        return zip(keys, originals).map { ($0, $1) } + steps.enumerated().map { ("\($0)", $1) }
    }
}

/// Parametrizing the parameters of modules. PyTorch: `torch.nn.utils.parametrize`.
public enum Parametrize {
    /// Has a parameter computed from originals at each use; a second registration adds a step. PyTorch:
    /// `register_parametrization`.
    ///
    /// The module's state then has `parametrizations.weight.original` in place of `weight`.
    public static func register(_ module: ModuleBase, _ name: String, _ parametrization: Parametrization) {
        guarded("register_parametrization", [], orElse: ()) { () throws(Misuse) in
            let slot = try module.slot(name)
            if let list = module.parametrizations?[name] {
                list.append(parametrization)
                return
            }
            guard let value = slot.tensor, slot.computed == nil else {
                throw Misuse("Module '\(module.typeName)' does not have a parameter with name '\(name)'")
            }
            let list = ParametrizationList(parametrization, value)
            if let lists = module.parametrizations {
                lists[name] = list
            } else {
                let lists = ModuleDict<ParametrizationList>()
                lists[name] = list
                module.registerModule("parametrizations", lists)
                module.madeExtras.typePrefix = "Parametrized"
            }
            slot.computed = ({ list.value }, { list.assign($0) })
        }
    }

    /// Makes a parameter an ordinary one again: with its present value, or the original where `leaveParametrized` is false.
    /// PyTorch: `remove_parametrizations`.
    public static func remove(_ module: ModuleBase, _ name: String, leaveParametrized: Bool = true) {
        guarded("remove_parametrizations", [], orElse: ()) { () throws(Misuse) in
            let slot = try module.slot(name)
            guard let lists = module.parametrizations, let list = lists[name] else {
                throw Misuse("Module \(module.typeName) does not have a parametrization on \(name)")
            }
            guard leaveParametrized || list.isSingle else {
                throw Misuse(
                    "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
                        + "sequence of tensors.")
            }
            let value = leaveParametrized ? noGrad { list.value.detach().clone() } : list.original
            slot.computed = nil
            slot.set(value)
            lists[name] = nil
            if lists.count == 0 {
                module.registerModule("parametrizations", nil)
                module.madeExtras.typePrefix = ""
            }
        }
    }

    /// Whether the module, or its parameter of this name, is parametrized. PyTorch: `is_parametrized`.
    public static func isParametrized(_ module: ModuleBase, _ name: String? = nil) -> Bool {
        guard let lists = module.parametrizations else { return false }
        return name.map { lists[$0] != nil } ?? true
    }
}

extension ModuleBase {
    fileprivate var parametrizations: ModuleDict<ParametrizationList>? {
        for case ("parametrizations", .module(let module)) in extras?.registered ?? [] {
            return module as? ModuleDict<ParametrizationList>
        }
        return nil
    }

    /// Where the parameter of a name is kept.
    func slot(_ name: String) throws(Misuse) -> ParameterSlot {
        for case (name, let field as any ParameterField) in fields where field.slot.isSet { return field.slot }
        throw Misuse("Module '\(typeName)' does not have a parameter with name '\(name)'")
    }
}
