import FirebrandTensor

/// What batch norm and instance norm share: weight, bias and running moments by channel.
public class RunningNormLayer: ModuleBase {
    /// The options of such a layer.
    struct Options {
        var eps: Double
        var momentum: Double?
        var affine: Bool
        var trackRunningStats: Bool
        var bias: Bool
    }

    /// What each channel is multiplied by; nil without `affine`.
    @Parameter public var weight: Tensor?
    /// What is added to each channel.
    @Parameter public var bias: Tensor?
    /// The means met so far; nil where none are tracked.
    @Buffer("running_mean") public var runningMean: Tensor?
    /// The unbiased variances met so far.
    @Buffer("running_var") public var runningVar: Tensor?
    /// How many batches were met.
    @Buffer("num_batches_tracked") public var numBatchesTracked: Tensor?
    /// The number of channels; 0 for a lazy layer before its first input.
    public private(set) var numFeatures: Int
    private(set) var options: Options
    /// The share of each batch in the running moments; nil for the mean of all batches.
    public var momentum: Double? {
        get { options.momentum }
        set { options.momentum = newValue }
    }
    private let name: String

    /// Without `numFeatures`, the parameters wait for the first input.
    init(_ name: String, _ numFeatures: Int?, _ options: Options, device: Device, dtype: DType?) {
        self.name = name
        self.numFeatures = numFeatures ?? 0
        self.options = options
        func made(_ isPresent: Bool) -> Tensor? {
            guard isPresent else { return nil }
            guard let numFeatures else { return UninitializedParameter(device: device, dtype: dtype) }
            return Tensor.empty([numFeatures], dtype: dtype, device: device)
        }
        weight = made(options.affine)
        bias = made(options.affine && options.bias)
        super.init()
        runningMean = made(options.trackRunningStats)
        runningVar = made(options.trackRunningStats)
        numBatchesTracked = options.trackRunningStats ? Tensor.zeros([], dtype: .int64, device: device) : nil
        if numFeatures != nil { resetParameters() }
    }

    /// Running means to 0, variances to 1, and no batch counted. PyTorch: `reset_running_stats`.
    public func resetRunningStats() {
        noGrad {
            _ = runningMean?.zero_()
            _ = runningVar?.fill_(1)
            _ = numBatchesTracked?.zero_()
        }
    }

    /// Weights to 1, biases to 0, and the running moments to their start. PyTorch: `reset_parameters`.
    public func resetParameters() {
        resetRunningStats()
        noGrad {
            _ = weight?.fill_(1)
            _ = bias?.zero_()
        }
    }

    /// Gives the waiting tensors of a lazy layer the shape of the input's channels.
    func takeShape(of input: Tensor) {
        guarded(StaticString("initialize_parameters"), [input], orElse: ()) { () throws(Misuse) in
            guard input.dim >= 2 else { throw Misuse("expected at least 2D input (got \(input.dim)D input)") }
            numFeatures = input.shape[1]
            for tensor in [weight, bias, runningMean, runningVar] { tensor?.materialize([numFeatures]) }
            resetParameters()
        }
    }

    /// Refuses inputs of other numbers of dimensions than these.
    func check(_ input: Tensor, _ ranks: ClosedRange<Int>) throws(Misuse) {
        guard ranks.contains(input.dim) else {
            let expected =
                ranks.count == 1 ? "\(ranks.lowerBound)D" : "\(ranks.lowerBound)D or \(ranks.upperBound)D"
            throw Misuse("expected \(expected) input (got \(input.dim)D input)")
        }
    }

    /// `3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True`.
    public override var extraDescription: String {
        func text(_ flag: Bool) -> String { flag ? "True" : "False" }
        return "\(numFeatures), eps=\(options.eps), momentum=\(options.momentum.map { "\($0)" } ?? "None"), "
            + "affine=\(text(options.affine)), bias=\(text(bias != nil)), "
            + "track_running_stats=\(text(options.trackRunningStats))"
    }

    /// The class; a lazy one's name until it has its shapes.
    public override var typeName: String {
        let isLazy = [weight, runningMean].contains { $0?.isUninitialized ?? false }
        return isLazy ? "Lazy\(name)" : name
    }
}
