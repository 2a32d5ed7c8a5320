import FirebrandNN
import FirebrandTensor

/// Sets the running moments of a model's batch norms to those of the batches: weights that were averaged have met none.
///
/// The model is run in training mode, without gradients, and left in the mode it was in. Batches are tensors, or are made
/// ones by `input`, as a pair of images and labels is.
/// ```swift
/// updateBatchNorm(loader, averaged.module) { $0.0 }
/// ```
/// PyTorch: `torch.optim.swa_utils.update_bn`.
public func updateBatchNorm<Batches: Sequence>(
    _ batches: Batches, _ model: some Layer, device: Device? = nil, input: (Batches.Element) -> Tensor
) {
    let layers = model.modules().compactMap { $0 as? BatchNormLayer }
    guard !layers.isEmpty else { return }
    let momenta = layers.map(\.momentum)
    let wasTraining = model.isTraining
    model.train()
    for layer in layers {
        layer.resetRunningStats()
        layer.momentum = nil
    }
    noGrad {
        for batch in batches {
            let x = input(batch)
            _ = model(device.map { x.to($0) } ?? x)
        }
    }
    for (layer, momentum) in zip(layers, momenta) { layer.momentum = momentum }
    model.train(wasTraining)
}

/// The same for batches that are tensors. PyTorch: `torch.optim.swa_utils.update_bn`.
public func updateBatchNorm(_ batches: some Sequence<Tensor>, _ model: some Layer, device: Device? = nil) {
    updateBatchNorm(batches, model, device: device) { $0 }
}
