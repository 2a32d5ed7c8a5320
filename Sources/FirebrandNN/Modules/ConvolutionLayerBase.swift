import FirebrandTensor

/// What stands around the input of a convolution layer. PyTorch: `padding_mode`.
public enum ConvolutionPaddingMode: String, Sendable, CaseIterable {
    /// Zeros.
    case zeros
    /// The input mirrored at its edge elements, which are not repeated.
    case reflect
    /// The edge elements, repeated.
    case replicate
    /// The input itself, as if it went on periodically.
    case circular
}

/// What all convolution layers share: weight, bias and how windows slide.
///
/// Weight and bias start uniform in ±1/sqrt(fan), fan the weight's elements for one entry of its first dimension, drawn as
/// PyTorch draws them.
public class ConvolutionLayer: ModuleBase {
    /// The windows: (out, in / groups, kernel…), of transposed convolutions (in, out / groups, kernel…).
    @Parameter public var weight: Tensor
    /// What is added, one for each channel of the output; nil where there is none.
    @Parameter public var bias: Tensor?
    /// The channels of the output.
    public let outChannels: Int
    /// The lengths of a window.
    public let kernelSize: [Int]
    /// How far apart windows begin.
    public let stride: [Int]
    /// What stands on both sides of each dimension; nil where a word says it.
    public let padding: [Int]?
    /// How far apart the elements of a window are.
    public let dilation: [Int]
    /// Channels are split into so many groups that know nothing of each other.
    public let groups: Int
    /// What the padding consists of.
    public let paddingMode: ConvolutionPaddingMode
    /// `same` or `valid`, where that was said.
    let paddingWord: String?
    /// Elements at the end that no window of the transposed convolution need reach.
    let outputPadding: [Int]?
    private let generator: Generator

    /// A layer whose weight waits for the number of channels where `inChannels` is nil.
    init(
        _ name: StaticString, _ options: Options, inChannels: Int?, outputPadding: (any PerDimension)? = nil,
        device: Device, dtype: DType?, generator: Generator
    ) {
        guarded(name, [], orElse: ()) { () throws(Misuse) in
            try options.check(name, inChannels, isTransposed: outputPadding != nil)
        }
        outChannels = options.outChannels
        groups = Swift.max(options.groups, 1)
        kernelSize = options.expanded(options.kernelSize)
        stride = options.expanded(options.stride)
        dilation = options.expanded(options.dilation)
        paddingMode = options.paddingMode
        switch options.padding.padding {
        case .lengths(let lengths):
            padding = options.expanded(lengths)
            paddingWord = nil
        case .word(let word):
            padding = nil
            paddingWord = word
        }
        self.outputPadding = outputPadding.map(options.expanded)
        self.generator = generator
        func parameter(_ shape: [Int]?) -> Tensor {
            shape.map { Tensor.empty($0, dtype: dtype, device: device) }
                ?? UninitializedParameter(device: device, dtype: dtype)
        }
        let (outputs, parts, kernel, isTransposed) = (outChannels, groups, kernelSize, outputPadding != nil)
        weight = parameter(
            inChannels.map { ConvolutionLayer.weightShape($0, outputs, parts, kernel, isTransposed: isTransposed) })
        bias = options.bias ? parameter(inChannels.map { _ in [options.outChannels] }) : nil
        super.init()
        if inChannels != nil { resetParameters() }
    }

    private static func weightShape(
        _ inChannels: Int, _ outChannels: Int, _ groups: Int, _ kernel: [Int], isTransposed: Bool
    ) -> [Int] {
        (isTransposed ? [inChannels, outChannels / groups] : [outChannels, inChannels / groups]) + kernel
    }

    /// The channels of the input; 0 where they are not known yet.
    public var inChannels: Int {
        if weight.dim < 2 { return 0 }
        return isTransposed ? weight.shape[0] : weight.shape[1] * groups
    }

    private var isTransposed: Bool { outputPadding != nil }

    /// Draws weight and bias anew. PyTorch: `reset_parameters`.
    public func resetParameters() {
        if weight.numel() == 0 { return }
        Init.kaimingUniform_(weight, a: 5.0.squareRoot(), generator: generator)
        if let bias {
            let bound = 1 / Double(weight.shape.dropFirst().reduce(1, *)).squareRoot()
            noGrad { _ = bias.uniform_(-bound, bound, generator: generator) }
        }
    }

    /// Gives weight and bias their shapes and first values, by an input of the layer.
    func takeShape(of input: Tensor, _ name: StaticString) {
        guarded(name, [input], orElse: ()) { () throws(Misuse) in
            let spatial = kernelSize.count
            guard input.dim == spatial + 1 || input.dim == spatial + 2 else {
                throw Misuse(
                    "Expected \(spatial + 1)D (unbatched) or \(spatial + 2)D (batched) input to \(name), but got input of "
                        + "size: \(input.shape)")
            }
            let channels = input.shape[input.dim - spatial - 1]
            guard channels % groups == 0 else { throw Misuse("in_channels must be divisible by groups") }
            weight.materialize(
                ConvolutionLayer.weightShape(channels, outChannels, groups, kernelSize, isTransposed: isTransposed))
            bias?.materialize([outChannels])
            resetParameters()
        }
    }

    /// The input, with what is to stand around it unless that is zeros; and the padding that is left to do.
    func padded(_ input: Tensor) -> (input: Tensor, padding: any ConvolutionPadding) {
        let rest: any ConvolutionPadding = padding ?? paddingWord ?? ""
        let mode: PaddingMode
        switch paddingMode {
        case .zeros: return (input, rest)
        case .reflect: mode = .reflect
        case .replicate: mode = .replicate
        case .circular: mode = .circular
        }
        // The last dimension first; where both sides cannot be the same, there is one more behind.
        let sides = kernelSize.indices.reversed().flatMap { dimension -> [Int] in
            if let padding { return [padding[dimension], padding[dimension]] }
            let total = paddingWord == "same" ? dilation[dimension] * (kernelSize[dimension] - 1) : 0
            return [total / 2, total - total / 2]
        }
        return (Functional.pad(input, sides, mode: mode), 0)
    }

    /// `3, 64, kernel_size=(3, 3), stride=(1, 1)`, and what else is not as usual.
    public override var extraDescription: String {
        var text =
            "\(inChannels), \(outChannels), kernel_size=\(kernelSize.perDimensionText), "
            + "stride=\(stride.perDimensionText)"
        if let paddingWord {
            text += ", padding=\(paddingWord)"
        } else if let padding, padding.contains(where: { $0 != 0 }) {
            text += ", padding=\(padding.perDimensionText)"
        }
        if dilation.contains(where: { $0 != 1 }) { text += ", dilation=\(dilation.perDimensionText)" }
        if let outputPadding, outputPadding.contains(where: { $0 != 0 }) {
            text += ", output_padding=\(outputPadding.perDimensionText)"
        }
        if groups != 1 { text += ", groups=\(groups)" }
        if bias == nil { text += ", bias=False" }
        if paddingMode != .zeros { text += ", padding_mode=\(paddingMode.rawValue)" }
        return text
    }

    /// The arguments of a layer but for the channels of its input.
    struct Options {
        var spatial: Int
        var outChannels: Int
        var kernelSize: any PerDimension
        var stride: any PerDimension
        var padding: any ConvolutionPadding
        var dilation: any PerDimension
        var groups: Int
        var bias: Bool
        var paddingMode: ConvolutionPaddingMode

        func expanded(_ lengths: any PerDimension) -> [Int] {
            let lengths = lengths.lengths
            return lengths.count == 1 ? Array(repeating: lengths[0], count: spatial) : lengths
        }

        func check(_ name: StaticString, _ inChannels: Int?, isTransposed: Bool) throws(Misuse) {
            guard groups > 0 else { throw Misuse("groups must be a positive integer") }
            if let inChannels, inChannels % groups != 0 { throw Misuse("in_channels must be divisible by groups") }
            guard outChannels % groups == 0 else { throw Misuse("out_channels must be divisible by groups") }
            if case .word(let word) = padding.padding {
                guard word == "same" || word == "valid" else {
                    throw Misuse("Invalid padding string '\(word)', should be one of {'valid', 'same'}")
                }
                guard word == "valid" || stride.lengths.allSatisfy({ $0 == 1 }) else {
                    throw Misuse("padding='same' is not supported for strided convolutions")
                }
            }
            guard !isTransposed || paddingMode == .zeros else {
                throw Misuse("Only \"zeros\" padding mode is supported for \(name)")
            }
        }
    }
}
