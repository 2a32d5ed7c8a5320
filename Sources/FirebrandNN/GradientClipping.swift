import FirebrandTensor

/// Scales the gradients down together until their norm is at most `maxNorm`; returns the norm they had. PyTorch:
/// `torch.nn.utils.clip_grad_norm_`.
/// ```swift
/// loss.backward()
/// clipGradNorm_(model.parameters(), maxNorm: 1)
/// optimizer.step()
/// ```
/// With `errorIfNonfinite` a norm that is NaN or infinite is misuse.
@discardableResult
public func clipGradNorm_(
    _ parameters: [Tensor], maxNorm: Double, normType: Double = 2, errorIfNonfinite: Bool = false
) -> Tensor {
    guarded("clip_grad_norm_", [], orElse: Tensor.placeholder()) { () throws(Misuse) in
        let norm = try totalNorm(parameters.compactMap(\.grad), normType, errorIfNonfinite)
        scaleDown(parameters, maxNorm, norm)
        return norm
    }
}

/// The norm of all elements of the tensors together. PyTorch: `torch.nn.utils.get_total_norm`.
///
/// With `errorIfNonfinite` a norm that is NaN or infinite is misuse.
public func getTotalNorm(_ tensors: [Tensor], normType: Double = 2, errorIfNonfinite: Bool = false) -> Tensor {
    guarded("get_total_norm", tensors, orElse: Tensor.placeholder()) { () throws(Misuse) in
        try totalNorm(tensors, normType, errorIfNonfinite)
    }
}

/// Scales the gradients down by the norm given, as ``clipGradNorm_(_:maxNorm:normType:errorIfNonfinite:)`` does. PyTorch:
/// `torch.nn.utils.clip_grads_with_norm_`.
public func clipGradsWithNorm_(_ parameters: [Tensor], maxNorm: Double, totalNorm: Tensor) {
    guarded("clip_grads_with_norm_", [], orElse: ()) { () throws(Misuse) in scaleDown(parameters, maxNorm, totalNorm) }
}

/// Limits each element of the gradients to -`clipValue` to `clipValue`. PyTorch: `torch.nn.utils.clip_grad_value_`.
public func clipGradValue_(_ parameters: [Tensor], clipValue: Double) {
    if hasFailed { return }
    noGrad { for gradient in parameters.compactMap(\.grad) { gradient.clamp_(min: -clipValue, max: clipValue) } }
}

private func totalNorm(_ tensors: [Tensor], _ normType: Double, _ errorIfNonfinite: Bool) throws(Misuse) -> Tensor {
    guard let first = tensors.first else { return Tensor.zeros([]) }
    let total = noGrad {
        // Norms of one kind combine as if they were elements, except the number of elements that are not 0, which PyTorch
        // treats alike all the same.
        let norms = tensors.map { Linalg.vectorNorm($0.detach(), ord: normType).to(first.device) }
        let type = norms.reduce(norms[0].dtype) { $0.promoted(with: $1.dtype) }
        return Linalg.vectorNorm(stack(norms.map { $0.to(type) }), ord: normType)
    }
    if errorIfNonfinite, total.device != .meta, !(total.to(.float64).item() as Double).isFinite {
        throw Misuse(
            "The total norm of order \(normType) for gradients from `parameters` is non-finite, so it cannot be clipped. "
                + "To disable this error and scale the gradients by the non-finite norm anyway, set "
                + "`error_if_nonfinite=False`")
    }
    return total
}

private func scaleDown(_ parameters: [Tensor], _ maxNorm: Double, _ totalNorm: Tensor) {
    noGrad {
        let factor = (maxNorm / (totalNorm.detach() + 1e-6)).clamp(max: 1)
        // Most steps need no clipping: the gradients' memory is left alone then.
        if factor.device != .meta, factor.to(.float64).item() as Double == 1 { return }
        for gradient in parameters.compactMap(\.grad) { gradient.mul_(factor.to(gradient.device)) }
    }
}
