import FirebrandTensor

/// A loss between each input and its target: computed and reduced in one pass, its gradient in another.
///
/// The slopes say the same in public operators; they are what differentiates again.
struct PairLoss {
    let kernel: PairLossKernel
    var parameter = 0.0
    /// d loss / d input.
    let slope: (Tensor, Tensor) -> Tensor
    /// d loss / d target; minus the other where it is nil.
    var targetSlope: ((Tensor, Tensor) -> Tensor)?
    let isTargetDifferentiable: Bool

    init(
        _ kernel: PairLossKernel, parameter: Double = 0, isTargetDifferentiable: Bool = true,
        slope: @escaping (Tensor, Tensor) -> Tensor, targetSlope: ((Tensor, Tensor) -> Tensor)? = nil
    ) {
        self.kernel = kernel
        self.parameter = parameter
        self.isTargetDifferentiable = isTargetDifferentiable
        self.slope = slope
        self.targetSlope = targetSlope
    }

    /// The loss of floating-point operands, which broadcast.
    func callAsFunction(
        _ name: StaticString, _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, reduction: LossReduction
    ) throws(Misuse) -> Tensor {
        let type = resultType(input, target)
        let shape = try broadcastShapes(input.shape, target.shape)
        func operand(_ tensor: Tensor) -> Tensor {
            let typed = tensor.dtype == type ? tensor : tensor.to(type)
            return typed.shape == shape ? typed : typed.expand(shape)
        }
        let result = noGrad { () -> Tensor in
            let (x, y) = (operand(input.detach()), operand(target.detach()))
            guard reduction == .none || weight != nil else {
                let total = Tensor(emptyOf: [], type, on: x.device)
                x.backend.pairLoss(
                    kernel, x, y, parameter: parameter, divisor: reduction == .mean ? Double(x.count) : 1, into: total)
                return total
            }
            let each = Tensor(emptyOf: shape, type, on: x.device)
            x.backend.pairLoss(kernel, x, y, parameter: parameter, divisor: nil, into: each)
            return reduction.apply(weight.map { each.mul($0) } ?? each)
        }
        if hasFailed { return result }
        let inputs = isTargetDifferentiable ? [input, target] : [input]
        result.record(name, inputs) { node in
            let (a, b) = (node.save(input), node.save(target))
            let (shapes, types) = ((input.shape, target.shape), (input.dtype, target.dtype))
            let count = shape.reduce(1, *)
            return { node, grad in
                let (x, y) = (operand(a.value(node)), operand(b.value(node)))
                var each = reduction.spread(grad, count)
                if let weight { each = each.mul(weight) }
                let (wantsX, wantsY) = (node.needs(0), isTargetDifferentiable && node.needs(1))
                var slope: Tensor?
                if wantsX || targetSlope == nil {
                    slope = isGradEnabled() ? each.mul(self.slope(x, y)) : gradient(each, x, y)
                }
                var gradY: Tensor?
                if wantsY { gradY = targetSlope.map { each.mul($0(x, y)) } ?? slope?.neg() }
                return Gradients(
                    wantsX ? slope?.unbroadcast(to: shapes.0, types.0) : nil,
                    gradY?.unbroadcast(to: shapes.1, types.1))
            }
        }
        return result
    }

    private func gradient(_ each: Tensor, _ x: Tensor, _ y: Tensor) -> Tensor {
        let result = Tensor(emptyOf: x.shape, x.dtype, on: x.device)
        let grad = each.count == 1 || each.shape == x.shape ? each : each.expand(x.shape)
        x.backend.pairLossGradient(kernel, grad: grad, x, y, parameter: parameter, into: result)
        return result
    }
}
