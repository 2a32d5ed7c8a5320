import FirebrandTensor

/// Setting the least important parameters to zero, and keeping them there. PyTorch: `torch.nn.utils.prune`.
///
/// A pruned `weight` is `weight_orig`, the parameter that is trained, times `weight_mask`, a buffer. Pruning again chooses
/// among what is left.
/// ```swift
/// Prune.l1Unstructured(layer, "weight", amount: 0.3)     // the smallest 30%
/// Prune.remove(layer, "weight")                          // for good
/// ```
public enum Prune {
    /// How much goes: a fraction of what is left, or a number of entries or channels.
    public enum Amount: Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
        /// A part between 0 and 1.
        case fraction(Double)
        /// A number.
        case count(Int)

        /// A fraction.
        public init(floatLiteral value: Double) { self = .fraction(value) }
        /// A number.
        public init(integerLiteral value: Int) { self = .count(value) }

        fileprivate func number(of total: Int) throws(Misuse) -> Int {
            switch self {
            case .fraction(let part):
                guard (0...1).contains(part) else { throw outOfRange("\(part)") }
                return Int((part * Double(total)).rounded(.toNearestOrEven))
            case .count(let count):
                guard count >= 0 else { throw outOfRange("\(count)") }
                guard count <= total else {
                    throw Misuse("amount=\(count) should be smaller than the number of parameters to prune=\(total)")
                }
                return count
            }
        }

        private func outOfRange(_ amount: String) -> Misuse {
            Misuse("amount=\(amount) should either be a float in the range [0, 1] or a non-negative integer")
        }
    }

    /// How entries are chosen.
    public enum Method: Sendable {
        /// Those of the smallest magnitude (or importance). PyTorch: `L1Unstructured`.
        case l1Unstructured
        /// Any. PyTorch: `RandomUnstructured`.
        case randomUnstructured
    }

    // MARK: Single entries

    /// Zeroes the entries of the smallest magnitude, or of the smallest `importanceScores`. PyTorch: `l1_unstructured`.
    @discardableResult
    public static func l1Unstructured<M: ModuleBase>(
        _ module: M, _ name: String, amount: Amount, importanceScores: Tensor? = nil
    ) -> M {
        pruned("l1_unstructured", module, name, importanceScores) { scores, mask throws(Misuse) in
            try entries(.l1Unstructured, amount, scores, mask)
        }
    }

    /// Zeroes entries at random. PyTorch: `random_unstructured`.
    @discardableResult
    public static func randomUnstructured<M: ModuleBase>(
        _ module: M, _ name: String, amount: Amount, generator: Generator = .default
    ) -> M {
        pruned("random_unstructured", module, name) { scores, mask throws(Misuse) in
            try entries(.randomUnstructured, amount, scores, mask, generator)
        }
    }

    /// Zeroes entries of several parameters, chosen among all of them together. PyTorch: `global_unstructured`.
    public static func globalUnstructured(
        _ parameters: [(module: ModuleBase, name: String)], _ method: Method = .l1Unstructured, amount: Amount
    ) {
        guarded("global_unstructured", [], orElse: ()) { () throws(Misuse) in
            var slots: [ParameterSlot] = []
            for (module, name) in parameters { slots.append(try module.slot(name)) }
            let values = zip(parameters, slots).map { parameter, slot in present(parameter.module, parameter.name, slot)
            }
            let scores = cat(values.map { $0.value.flatten() })
            let mask = try entries(method, amount, scores, cat(values.map { $0.mask.flatten() }))
            var start = 0
            for ((module, name), (value, _)) in zip(parameters, values) {
                let part = mask.narrow(0, start, value.count).reshape(value.shape.map { $0 })
                customFromMask(module, name, mask: part)
                start += value.count
            }
        }
    }

    /// Ones, but 0 at the entries chosen among those the mask has left.
    private static func entries(
        _ method: Method, _ amount: Amount, _ scores: Tensor, _ mask: Tensor, _ generator: Generator = .default
    ) throws(Misuse) -> Tensor {
        let flat = mask.flatten().clone()
        let left = flat.eq(1).nonzero().squeeze(1)
        let count = try amount.number(of: left.count)
        if count == 0 { return mask }
        let chosen: Tensor
        switch method {
        case .l1Unstructured: chosen = scores.flatten().indexSelect(0, left).abs().neg()
        case .randomUnstructured: chosen = Tensor.rand([left.count], generator: generator, dtype: scores.dtype)
        }
        let positions = left.indexSelect(0, chosen.topk(count).indices)
        return flat.indexFill_(0, positions, 0).reshape(mask.shape.map { $0 })
    }

    // MARK: Channels

    /// Zeroes the channels along `dim` of the smallest norm of order `n`. PyTorch: `ln_structured`.
    @discardableResult
    public static func lnStructured<M: ModuleBase>(
        _ module: M, _ name: String, amount: Amount, n: Double, dim: Int, importanceScores: Tensor? = nil
    ) -> M {
        pruned("ln_structured", module, name, importanceScores) { scores, mask throws(Misuse) in
            try channels(amount, dim, mask) { channels, others in
                let norms = Linalg.vectorNorm(scores.indexSelect(others.kept, channels), ord: n, dim: others.reduced)
                return { norms.topk(channels.count - $0).indices }
            }
        }
    }

    /// Zeroes channels along `dim` at random. PyTorch: `random_structured`.
    @discardableResult
    public static func randomStructured<M: ModuleBase>(
        _ module: M, _ name: String, amount: Amount, dim: Int, generator: Generator = .default
    ) -> M {
        pruned("random_structured", module, name) { _, mask throws(Misuse) in
            try channels(amount, dim, mask) { channels, _ in
                { count in
                    let drawn = Tensor.rand([channels.count], generator: generator)
                    return drawn.gt(drawn.kthvalue(count).values).nonzero().squeeze(1)
                }
            }
        }
    }

    /// The mask without the channels that are not kept, chosen among those that are not gone altogether.
    private static func channels(
        _ amount: Amount, _ dim: Int, _ mask: Tensor,
        _ choose: (_ channels: Tensor, _ dims: (kept: Int, reduced: [Int])) -> (_ count: Int) -> Tensor
    ) throws(Misuse) -> Tensor {
        guard mask.dim > 1 else {
            throw Misuse(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                    + "\(mask.shape) with \(mask.dim) dims")
        }
        guard (-mask.dim..<mask.dim).contains(dim) else {
            throw Misuse("Invalid index \(dim) for tensor of size \(mask.shape)")
        }
        let kept = dim < 0 ? dim + mask.dim : dim
        let reduced = (0..<mask.dim).filter { $0 != kept }
        let left = mask.sum(dim: reduced).ne(0).nonzero().squeeze(1)
        let count = try amount.number(of: left.count)
        if count == 0 { return mask }
        let staying = left.indexSelect(0, choose(left, (kept, reduced))(count))
        var shape = [Int](repeating: 1, count: mask.dim)
        shape[kept] = -1
        let channelMask = Tensor.zeros([mask.shape[kept]], dtype: mask.dtype).indexFill_(0, staying, 1)
        return mask.mul(channelMask.reshape(shape))
    }

    // MARK: Masks

    /// Puts the reparametrization in place without zeroing anything. PyTorch: `identity`.
    @discardableResult
    public static func identity<M: ModuleBase>(_ module: M, _ name: String) -> M {
        pruned("identity", module, name) { _, mask in mask }
    }

    /// Zeroes where the mask is 0, and where the parameter was pruned already. PyTorch: `custom_from_mask`.
    @discardableResult
    public static func customFromMask<M: ModuleBase>(_ module: M, _ name: String, mask: Tensor) -> M {
        pruned("custom_from_mask", module, name) { _, old throws(Misuse) in
            guard mask.shape == old.shape else {
                throw Misuse("mask must have the shape \(old.shape), not \(mask.shape)")
            }
            return old.mul(mask.to(old.dtype))
        }
    }

    /// Makes a pruned parameter an ordinary one, its zeros included. PyTorch: `remove`.
    @discardableResult
    public static func remove<M: ModuleBase>(_ module: M, _ name: String) -> M {
        guarded("prune.remove", [], orElse: module) { () throws(Misuse) in
            let slot = try module.slot(name)
            guard let original = module.getParameter(name + "_orig"), let mask = module.getBuffer(name + "_mask") else {
                throw Misuse(
                    "Parameter '\(name)' of module \(module.typeName) has to be pruned before pruning can be removed")
            }
            slot.computed = nil
            noGrad { _ = original.mul_(mask) }
            slot.set(original)
            module.registerParameter(name + "_orig", nil)
            module.registerBuffer(name + "_mask", nil)
            return module
        }
    }

    /// Whether the module or one below it is pruned. PyTorch: `is_pruned`.
    public static func isPruned(_ module: ModuleBase) -> Bool {
        module.modules().contains { module in
            module.namedBuffers(recurse: false).contains { buffer in
                buffer.name.hasSuffix("_mask") && module.getParameter(buffer.name.dropLast(5) + "_orig") != nil
            }
        }
    }

    /// A parameter's value and mask, pruned or not.
    private static func present(
        _ module: ModuleBase, _ name: String, _ slot: ParameterSlot
    ) -> (value: Tensor, mask: Tensor) {
        let value = (module.getParameter(name + "_orig") ?? slot.computed?.read() ?? slot.tensor!).detach()
        return (value, module.getBuffer(name + "_mask") ?? Tensor.onesLike(value))
    }

    /// Chooses a new mask from the values (or `importance`) and the old one, and puts it in place.
    private static func pruned<M: ModuleBase>(
        _ operation: StaticString, _ module: M, _ name: String, _ importance: Tensor? = nil,
        _ choose: (_ scores: Tensor, _ mask: Tensor) throws(Misuse) -> Tensor
    ) -> M {
        guarded(operation, [], orElse: module) { () throws(Misuse) in
            let slot = try module.slot(name)
            let (value, oldMask) = present(module, name, slot)
            if let importance, importance.shape != value.shape {
                throw Misuse("importance_scores should have the same shape as parameter \(name) of \(module.typeName)")
            }
            let mask = try choose(importance ?? value, oldMask)
            if module.getBuffer(name + "_mask") == nil {
                guard let original = slot.tensor, slot.computed == nil else {
                    throw Misuse("\(name) of \(module.typeName) is parametrized and cannot be pruned")
                }
                module.registerParameter(name + "_orig", original)
                slot.computed = (
                    { [unowned module] in
                        module.getParameter(name + "_orig")!.mul(module.getBuffer(name + "_mask")!)
                    },
                    { [unowned module] value in noGrad { _ = module.getParameter(name + "_orig")!.copy_(value) } }
                )
            }
            module.registerBuffer(name + "_mask", mask)
            return module
        }
    }
}
