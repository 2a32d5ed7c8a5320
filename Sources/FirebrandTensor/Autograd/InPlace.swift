import CRuntime

// What every in-place change goes through: the refusals, the count of changes, and the new history.

/// Checks that `target` may be changed in place, and counts the change.
package func willChangeInPlace(_ target: Tensor) throws(Misuse) {
    try target.checkInPlace(isRecorded: target.tracksGrad)
    if target.hasRepeatedElements {
        throw Misuse(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                + "location. Please clone() the tensor before performing the operation.")
    }
    target.storage.version += 1
}

extension Tensor {
    /// Refuses in-place changes that would falsify gradients. `isRecorded`: gradients flow to this tensor or to what is
    /// written.
    @inline(__always)
    fileprivate func checkInPlace(isRecorded: Bool) throws(Misuse) {
        if storage.isInference || base != nil || isRecorded { try checkInPlaceClosely(isRecorded) }
    }

    @inline(never)
    private func checkInPlaceClosely(_ isRecorded: Bool) throws(Misuse) {
        if storage.isInference, !fb_thread().pointee.isInferenceMode {
            throw Misuse(
                "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a "
                    + "normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more "
                    + "details.")
        }
        guard isGradEnabled() else { return }
        if let base, dtype.isInexact, isRecorded || base.tracksGrad {
            if viewKind != .plain { throw refusal(isIndirect: false) }
            if base.isGradRequired, base.isLeaf {
                throw Misuse("a view of a leaf Variable that requires grad is being used in an in-place operation.")
            }
        }
        if isGradRequired, isLeaf {
            throw Misuse("a leaf Variable that requires grad is being used in an in-place operation.")
        }
    }

    /// Whether an in-place change of this tensor by `others` has to be recorded, for gradients or for tangents.
    private func recordsChange(_ others: [Tensor]) -> Bool {
        if isGradEnabled(), tracksGrad || others.contains(where: \.tracksGrad) || (base?.tracksGrad ?? false) {
            return true
        }
        return isDualLevelOpen && ([self] + others).contains { $0.tangent != nil }
    }

    /// An in-place operator. Where gradients flow, `recorded` runs on a copy of the old value and its result is taken
    /// over, with its place in the graph; else `direct` computes into this tensor's memory.
    package func inPlace(
        _ name: StaticString, _ others: [Tensor] = [], recorded: (Tensor) -> Tensor,
        direct: (Tensor) throws(Misuse) -> Void
    ) -> Tensor {
        guarded(name, [self] + others) { () throws(Misuse) in
            guard recordsChange(others) else {
                try direct(self)
                return self
            }
            // Integers have no history to change; `direct` says what does not fit.
            guard dtype.isInexact else {
                try direct(self)
                return self
            }
            try checkInPlace(isRecorded: true)
            let before = noGrad { contiguousClone() }
            before.node = node
            before.outputIndex = outputIndex
            if isDualLevelOpen { before.tangent = tangent }
            let result = recorded(before)
            if hasFailed { return self }
            guard result.shape == shape else {
                throw Misuse(
                    "output with shape \(shape.list) doesn't match the broadcast shape \(result.shape.list)")
            }
            if result.dtype.isComplex, !dtype.isComplex {
                throw Misuse(
                    "result type \(result.dtype.scalarTypeName) can't be cast to the desired output type "
                        + "\(dtype.scalarTypeName)")
            }
            try willChangeInPlace(self)
            backend.copy(result, into: self)
            takeOver(history: result, before: before, name)
            return self
        }
    }

    /// Makes the place in the graph of `result`, whose elements were just written here, this tensor's own.
    func takeOver(history result: Tensor, before: Tensor, _ name: StaticString) {
        if isGradEnabled(), before.tracksGrad, !result.tracksGrad {
            // The old value is gone: its gradient is zero.
            let node = Node("Backward0")
            node.madeExtras.name = backwardName(name.description)
            node.edge0 = Edge(to: before)
            node.rule = { _, grad in Gradients(Tensor.zerosLike(grad)) }
            let constant = result.alias()
            constant.node = node
            return takeOver(history: constant, before: before, name)
        }
        if let base {
            rebase(base, written: result)
            return
        }
        if isGradEnabled() {
            recordedNode = result.node
            outputIndex = result.outputIndex
        }
        if isDualLevelOpen { tangent = result.tangent }
        historyVersion &+= 1
        if extras?.retainsGrad != nil { keepGrad() }
    }

    /// After elements were overwritten with what depends on nothing (random numbers): the gradient of the old value is
    /// zero, and so is the tangent.
    package func forgetHistory(_ name: StaticString) {
        guard dtype.isInexact, recordsChange([]) else { return }
        let before = alias()
        before.node = node
        before.outputIndex = outputIndex
        takeOver(history: alias(), before: before, name)
    }

    /// An in-place operator made of the out-of-place one: computes the new value, then copies it here.
    package func overwrite(_ name: StaticString, _ others: [Tensor] = [], _ forward: (Tensor) -> Tensor) -> Tensor {
        inPlace(name, others, recorded: forward) { (target) throws(Misuse) in
            let result = noGrad { forward(target) }
            if hasFailed { return }
            guard result.shape == target.shape else {
                throw Misuse(
                    "output with shape \(target.shape.list) doesn't match the broadcast shape \(result.shape.list)")
            }
            _ = try write(into: target, result.shape, result.dtype) { (target) throws(Misuse) in
                target.backend.copy(result, into: target)
            }
        }
    }
}

/// `fill_` as `FillBackward0`, `logical_and_` as `LogicalAndBackward0`.
private func backwardName(_ operation: String) -> String {
    operation.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Backward0"
}
