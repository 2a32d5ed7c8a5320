import FirebrandNN
import FirebrandTensor

/// The running average of a model's parameters: stochastic weight averaging, or an exponential moving average. PyTorch:
/// `torch.optim.swa_utils.AveragedModel`.
///
/// An object cannot be copied by itself, so the average lives in a second model of the same make, whose parameters and
/// buffers are overwritten.
/// ```swift
/// let averaged = AveragedModel(of: model, in: NeuralNetwork(), averaging: .exponential(decay: 0.999))
/// for epoch in 0..<epochs {
///     train(model)
///     averaged.updateParameters(model)
/// }
/// let prediction = averaged(x)
/// ```
/// Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018.
public final class AveragedModel<Model: Module>: ModuleBase, Forwarding {
    /// How the new parameters come into the average.
    public enum Averaging {
        /// All count alike. PyTorch: `get_swa_multi_avg_fn`.
        case equal
        /// The average keeps the part `decay`. PyTorch: `get_ema_multi_avg_fn`.
        case exponential(decay: Double = 0.999)
        /// A function of the average, the model's parameter and the number of models averaged. PyTorch: `avg_fn`.
        case function((_ averaged: Tensor, _ new: Tensor, _ count: Int) -> Tensor)
    }

    /// The number of models averaged.
    @Buffer("n_averaged") public var averagedCount = Tensor(0)
    /// The model with the averages.
    public let module: Model
    private let averaging: Averaging
    private let useBuffers: Bool

    /// Begins with the parameters and buffers of `model`; with `useBuffers` buffers are averaged too, and not copied.
    public init(of model: Model, in copy: Model, averaging: Averaging = .equal, useBuffers: Bool = false) {
        module = copy
        self.averaging = averaging
        self.useBuffers = useBuffers
        super.init()
        guarded("AveragedModel", [], orElse: ()) { () throws(Misuse) in
            if case .exponential(let decay) = averaging, !(0...1 ~= decay) {
                throw Misuse("Invalid decay value \(decay) provided. Please provide a value in [0,1] range.")
            }
            if copy === model { throw Misuse("the averages need a model of their own") }
            let pairs = pairs(model, true)
            guard copy.stateDict().keys == model.stateDict().keys, pairs.allSatisfy({ $0.shape == $1.shape }) else {
                throw Misuse("the model for the averages is not of the same make as the one to average")
            }
            noGrad { for (averaged, new) in pairs { averaged.copy_(new) } }
        }
    }

    /// Runs the averaged model.
    public func forward(_ input: Model.Input) -> Model.Output { module(input) }

    /// Takes the model's present parameters into the average. PyTorch: `update_parameters`.
    public func updateParameters(_ model: Model) {
        guarded("AveragedModel.update_parameters", [], orElse: ()) { () throws(Misuse) in
            let count: Int = averagedCount.item()
            let pairs = pairs(model, useBuffers)
            let wasEnabled = isGradEnabled()
            setGradEnabled(false)
            defer { setGradEnabled(wasEnabled) }
            if count == 0 {
                for (averaged, new) in pairs { averaged.copy_(new) }
            } else {
                try average(pairs, count)
            }
            if !useBuffers {
                for (averaged, new) in zip(module.namedBuffers(), model.namedBuffers()) {
                    averaged.buffer.copy_(new.buffer)
                }
            }
            averagedCount.add_(1)
        }
    }

    private func pairs(_ model: Model, _ withBuffers: Bool) -> [(Tensor, Tensor)] {
        var pairs = Array(zip(module.parameters(), model.parameters()))
        if withBuffers { pairs += zip(module.namedBuffers().map(\.buffer), model.namedBuffers().map(\.buffer)) }
        return pairs
    }

    private func average(_ pairs: [(Tensor, Tensor)], _ count: Int) throws(Misuse) {
        let weight: Double
        switch averaging {
        case .equal: weight = 1 / Double(count + 1)
        case .exponential(let decay): weight = 1 - decay
        case .function(let function):
            for (averaged, new) in pairs {
                averaged.copy_(function(averaged.detach(), new.detach().to(averaged.device), count))
            }
            return
        }
        var numbers = UpdateNumbers.plain
        numbers.scale = weight
        var updates: [ParameterUpdate] = []
        for (averaged, new) in pairs {
            if averaged.dtype.isInexact, averaged.isDense, averaged.device == module.parameters().first?.device {
                updates.append(
                    ParameterUpdate(averaged, gradient: ParameterState.arranged(new, like: averaged), numbers))
                averaged.storage.version += 1
            } else {
                let change = new.to(averaged.device).sub(averaged).to(.float64).mul(weight)
                averaged.copy_(averaged.to(.float64).add(change))
            }
        }
        try updates.first?.parameter.backend.update(.average, updates)
    }
}
