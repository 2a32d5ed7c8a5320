import FirebrandTensor
import Glibc

/// Steps along the gradient divided by an estimate of its root mean square that takes little memory: of a matrix only the
/// averages of squares in each row and column are kept. PyTorch: `torch.optim.Adafactor`.
///
/// `lr` bounds the relative size of a step, which falls as one over the root of the number of steps. Shazeer and Stern,
/// "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018.
/// ```swift
/// let optimizer = Adafactor(model.parameters())
/// ```
public final class Adafactor: GroupedOptimizer<Adafactor.Options> {
    /// The settings of a group.
    public struct Options: OptimizerOptions {
        /// The largest relative size of a step.
        public var lr: Double = 1e-2
        /// How the averages come to keep more: at step t they keep 1 - t to this power.
        public var beta2Decay: Double = -0.8
        /// The least divisor (nil: the smallest step of the parameter's type at 1), and the least scale of a parameter.
        public var eps: (Double?, Double) = (nil, 1e-3)
        /// Steps whose root mean square is above this are shortened to it.
        public var d: Double = 1
        /// How strongly parameters are pulled to zero.
        public var weightDecay: Double = 0
        /// Climb instead of descend.
        public var maximize: Bool = false

        /// PyTorch's defaults.
        public init() {}

        /// PyTorch's names.
        public static var settings: [Setting<Self>] {
            [
                .number("lr", \.lr), .number("beta2_decay", \.beta2Decay), epsilons, .number("d", \.d),
                .number("weight_decay", \.weightDecay), .unused("foreach"), .flag("maximize", \.maximize),
            ]
        }

        private static var epsilons: Setting<Self> {
            Setting(
                "eps", get: { .tuple([$0.eps.0.map(StateValue.double) ?? .none, .double($0.eps.1)]) },
                set: { options, value in
                    guard let elements = value.elements, elements.count == 2, let second = elements[1].number else {
                        return false
                    }
                    options.eps = (elements[0].number, second)
                    return true
                })
        }

        /// PyTorch's explanation of what is wrong, if anything is.
        public var problem: String? {
            firstProblem(
                (lr >= 0, "Learning rate should be >= 0 but is: \(lr)"),
                (beta2Decay <= 0, "beta2_decay should be <= 0 but is: \(beta2Decay)"),
                ((eps.0 ?? 0) >= 0, "epsilon1 should be >= 0 but is: \(eps.0 ?? 0)"),
                (eps.1 >= 0, "epsilon2 should be >= 0 but is: \(eps.1)"),
                (d >= 1, "Clipping threshold d should be >= 1 but is: \(d)"),
                (weightDecay >= 0, "weight_decay should be >= 0 but is: \(weightDecay)"))
        }
    }

    /// One group of parameters. Settings out of range are misuse.
    public convenience init(
        _ parameters: [Tensor], lr: Double = 1e-2, beta2Decay: Double = -0.8, eps: (Double?, Double) = (nil, 1e-3),
        d: Double = 1, weightDecay: Double = 0, maximize: Bool = false
    ) {
        var options = Options()
        options.lr = lr
        options.beta2Decay = beta2Decay
        options.eps = eps
        options.d = d
        options.weightDecay = weightDecay
        options.maximize = maximize
        self.init(parameters, defaults: options)
    }

    /// What is kept for each parameter: the first two of matrices and more dimensions, the last of vectors.
    override public class var stateFields: [StateField] {
        [.step, .tensor("row_var"), .tensor("col_var"), .tensor("variance")]
    }

    override func shape(ofState index: Int, _ parameter: Tensor) -> Size {
        var shape = parameter.shape
        if index < 2, shape.count > 1 { shape[shape.count - 1 - index] = 1 }
        return shape
    }

    override func change(_ group: ParameterGroup<Options>) throws(Misuse) {
        for parameter in group.parameters {
            guard let gradient = parameter.grad else { continue }
            if parameter.dtype.isComplex { throw Misuse("Adafactor does not support complex parameters") }
            let state = state(of: parameter)
            if parameter.dtype.isReducedFloatingPoint || parameter.count == 0 {
                change(parameter, gradient, state, group.options)
            } else {
                try fused(parameter, gradient, state, group.options)
            }
        }
    }

    /// In three passes over the memory.
    private func fused(
        _ parameter: Tensor, _ gradient: Tensor, _ state: ParameterState, _ options: Options
    ) throws(Misuse) {
        guard gradient.shape == parameter.shape else {
            throw Misuse(
                "the gradient of a parameter of shape \(parameter.shape.list) has the shape \(gradient.shape.list)")
        }
        let isSame = gradient.dtype == parameter.dtype && gradient.device == parameter.device
        let slope = (isSame ? gradient : gradient.to(parameter.device, parameter.dtype)).contiguous()
        let target = parameter.contiguous()
        state.step += 1
        let isMatrix = parameter.dim > 1
        let length = min(options.lr, 1 / state.step.squareRoot())
        try parameter.backend.update(
            AdafactorUpdate(
                target, gradient: slope, rows: isMatrix ? average(state, 0) : nil,
                columns: isMatrix ? average(state, 1) : state.tensor(2),
                weight: pow(state.step, options.beta2Decay), least: options.eps.0 ?? parameter.dtype.finfo.eps,
                leastSize: options.eps.1, length: options.maximize ? -length : length, limit: options.d,
                shrink: 1 - options.lr * options.weightDecay))
        if target !== parameter { parameter.copy_(target) } else { parameter.storage.version += 1 }
    }

    /// Composed of operators, each of which rounds to the parameter's 16 bits as PyTorch's do.
    private func change(_ parameter: Tensor, _ gradient: Tensor, _ state: ParameterState, _ options: Options) {
        let isSame = gradient.dtype == parameter.dtype && gradient.device == parameter.device
        var slope = isSame ? gradient : gradient.to(parameter.device, parameter.dtype)
        if options.maximize { slope = slope.neg() }
        state.step += 1
        let weight = pow(state.step, options.beta2Decay)
        let least = options.eps.0 ?? parameter.dtype.finfo.eps
        let size = rootMeanSquare(parameter)
        let length = max(options.eps.1, size) * min(options.lr, 1 / state.step.squareRoot())
        if options.weightDecay != 0 { parameter.mul_(1 - options.lr * options.weightDecay) }
        let divisor: Tensor
        if slope.dim > 1 {
            let rows = average(state, 0, slope, dim: -1, weight)
            let columns = average(state, 1, slope, dim: -2, weight)
            divisor = rows.matmul(columns).div_(rows.mean(dim: [-2], keepdim: true).clamp_(min: least))
        } else {
            let variance = state.tensor(2).lerp_(slope.square(), weight)
            divisor = variance.clone()
        }
        let step = divisor.clamp_(min: least * least).rsqrt_().mul_(slope)
        let excess = max(1, rootMeanSquare(step) / options.d)
        parameter.add_(step, alpha: .double(-length / excess))
    }

    /// The running average of the mean square along `dim`, brought up to date.
    private func average(
        _ state: ParameterState, _ index: Int, _ slope: Tensor, dim: Int, _ weight: Double
    ) -> Tensor {
        let mean = slope.norm(2, dim: [dim], keepdim: true).square_().div_(Double(slope.size(dim)))
        return average(state, index).lerp_(mean, weight)
    }

    /// The running average of rows (0) or columns (1), in the parameter's type, on its device and without gaps.
    private func average(_ state: ParameterState, _ index: Int) -> Tensor {
        let parameter = state.parameter
        let shape = shape(ofState: index, parameter)
        if let kept = state.tensors[index], kept.shape == shape {
            let isSame = kept.dtype == parameter.dtype && kept.device == parameter.device
            let ready = (isSame ? kept : kept.to(parameter.device, parameter.dtype)).contiguous()
            if ready !== kept { state.tensors[index] = ready }
            return ready
        }
        let new = Tensor.zeros(shape, dtype: parameter.dtype, device: parameter.device)
        state.tensors[index] = new
        return new
    }

    private func rootMeanSquare(_ tensor: Tensor) -> Double {
        guard tensor.device != .meta else { return 1 }
        let norm: Double = tensor.norm().to(.float64).item()
        return norm / Double(tensor.count).squareRoot()
    }
}
