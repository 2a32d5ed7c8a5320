import FirebrandTensor

/// What the modules of the Transformer share.
enum Transformers {
    /// A mask that keeps each position from those after it: -infinity above the diagonal, else 0.
    static func causalMask(_ size: Int, device: Device = .cpu, dtype: DType? = nil) -> Tensor {
        Tensor.full([size, size], -Double.infinity, dtype: dtype ?? .default, device: device).triu(diagonal: 1)
    }

    /// Whether a mask is the causal one, where it is not said.
    static func isCausal(_ mask: Tensor?, _ said: Bool?, _ length: Int) -> Bool {
        if let said { return said }
        guard let mask, mask.device.kind != .meta, mask.shape.suffix(2).elementsEqual([length, length]), mask.dim == 2
        else { return false }
        let causal = causalMask(length, device: mask.device, dtype: mask.dtype)
        return noGrad { mask.detach().eq(causal).all().item() }
    }

    /// The length of a sequence, with or without a batch.
    static func length(_ x: Tensor, batchFirst: Bool) -> Int {
        x.dim == 2 ? x.shape[0] : x.dim < 2 ? 0 : x.shape[batchFirst ? 1 : 0]
    }

    /// Masks as numbers to add, `true` being -infinity.
    static func additive(_ mask: Tensor?, _ name: String, _ dtype: DType) throws(Misuse) -> Tensor? {
        guard let mask else { return nil }
        return try Functional.canonicalMask(mask, name, dtype)
    }

    /// Gives `copy` the parameters of `original`: values, and which of them are trained.
    static func copyState<M: ModuleBase>(of original: M, to copy: M) -> M {
        noGrad {
            for (from, to) in zip(original.parameters(), copy.parameters()) where from !== to {
                to.reseat(from.detach().clone())
                to.requiresGrad_(from.requiresGrad)
            }
        }
        return copy.train(original.isTraining)
    }
}
