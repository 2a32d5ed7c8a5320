import FirebrandTensor

/// An optimizer that treats every element alike: one kernel does all parameters of a group in one pass over the memory,
/// on all threads.
public class PointwiseOptimizer<Options: OptimizerOptions>: GroupedOptimizer<Options> {
    /// The kernel.
    class var kernel: UpdateKernel { fatalError("an optimizer without a kernel") }

    /// Counts the step and gives its numbers; makes the tensors that the kernel is to find in `state`.
    func prepare(_ state: ParameterState, _ options: Options) -> UpdateNumbers { .plain }

    override final func change(_ group: ParameterGroup<Options>) throws(Misuse) {
        var updates: [ParameterUpdate] = []
        updates.reserveCapacity(group.parameters.count)
        var copies: [(original: Tensor, copy: Tensor)] = []
        for original in group.parameters {
            guard let slope = original.grad else { continue }
            guard slope.shape == original.shape else {
                throw Misuse(
                    "the gradient of a parameter of shape \(original.shape.list) has the shape \(slope.shape.list)")
            }
            let state = state(of: original)
            let numbers = prepare(state, group.options)
            var parameter = original
            if !original.isDense {
                parameter = original.contiguous()
                copies.append((original, parameter))
            }
            updates.append(
                ParameterUpdate(
                    parameter, gradient: ParameterState.arranged(slope, like: parameter),
                    state: (state.kernelTensor(0), state.kernelTensor(1), state.kernelTensor(2)), numbers))
        }
        // Devices do not mix in practice; where they do, each runs its own.
        var rest = updates[...]
        while let backend = rest.first?.parameter.backend, let device = rest.first?.parameter.device {
            let own = rest.prefix { $0.parameter.device == device }
            rest = rest.dropFirst(own.count)
            for update in own { update.parameter.storage.version += 1 }
            try backend.update(Self.kernel, own.count == updates.count ? updates : Array(own))
        }
        for (original, copy) in copies { original.copy_(copy) }
    }
}
