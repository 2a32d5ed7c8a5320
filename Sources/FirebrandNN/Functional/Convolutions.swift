import FirebrandTensor

/// How much stands around the input of a convolution: numbers as in ``PerDimension``, `"same"` or `"valid"`.
public protocol ConvolutionPadding: Sendable {
    /// The padding.
    var padding: ConvolutionPaddingKind { get }
}

/// What a ``ConvolutionPadding`` says.
public enum ConvolutionPaddingKind: Sendable, Hashable {
    /// On both sides of every dimension, or of each.
    case lengths([Int])
    /// A word: `same` keeps the spatial lengths, `valid` is none.
    case word(String)
}

extension Int: ConvolutionPadding {
    /// On both sides of every dimension.
    public var padding: ConvolutionPaddingKind { .lengths([self]) }
}

extension Array: ConvolutionPadding where Element == Int {
    /// On both sides of each dimension.
    public var padding: ConvolutionPaddingKind { .lengths(self) }
}

extension String: ConvolutionPadding {
    /// `same` or `valid`.
    public var padding: ConvolutionPaddingKind { .word(self) }
}

extension Functional {
    /// Slides windows over signals: a sum of products at each place. PyTorch: `F.conv1d`.
    ///
    /// Shapes: input (N, C, L) or (C, L), weight (out, C / groups, K), bias (out), result (N, out, L').
    public static func conv1d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1, groups: Int = 1
    ) -> Tensor {
        convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)
    }

    /// Slides windows over images: a sum of products at each place. PyTorch: `F.conv2d`.
    ///
    /// Shapes: input (N, C, H, W) or (C, H, W), weight (out, C / groups, K, K), bias (out), result (N, out, H', W'),
    /// H' = (H + 2 padding - dilation (K - 1) - 1) / stride + 1. Where input or weight are in channels-last format, so is
    /// the result. Gradients: of all three, and theirs in turn.
    /// ```swift
    /// Functional.conv2d(images, weight, bias, stride: 2, padding: [1, 1])
    /// Functional.conv2d(images, weight, padding: "same")
    /// ```
    public static func conv2d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1, groups: Int = 1
    ) -> Tensor {
        convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)
    }

    /// Slides windows over volumes: a sum of products at each place. PyTorch: `F.conv3d`.
    ///
    /// Shapes: as ``conv2d(_:_:_:stride:padding:dilation:groups:)`` with a depth before the height.
    public static func conv3d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any ConvolutionPadding = 0, dilation: any PerDimension = 1, groups: Int = 1
    ) -> Tensor {
        convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)
    }

    /// The transpose of ``conv1d(_:_:_:stride:padding:dilation:groups:)`` as a linear map. PyTorch: `F.conv_transpose1d`.
    ///
    /// Shapes: input (N, C, L) or (C, L), weight (C, out / groups, K), bias (out), result (N, out, L').
    public static func convTranspose1d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any PerDimension = 0,
        outputPadding: any PerDimension = 0, groups: Int = 1, dilation: any PerDimension = 1
    ) -> Tensor {
        convolveTransposed("conv_transpose1d", 1, input, weight, bias, stride, padding, outputPadding, groups, dilation)
    }

    /// The transpose of ``conv2d(_:_:_:stride:padding:dilation:groups:)`` as a linear map: each element adds a window to the
    /// result. PyTorch: `F.conv_transpose2d`.
    ///
    /// Shapes: input (N, C, H, W) or (C, H, W), weight (C, out / groups, K, K), bias (out), result (N, out, H', W'),
    /// H' = (H - 1) stride - 2 padding + dilation (K - 1) + outputPadding + 1.
    public static func convTranspose2d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any PerDimension = 0,
        outputPadding: any PerDimension = 0, groups: Int = 1, dilation: any PerDimension = 1
    ) -> Tensor {
        convolveTransposed("conv_transpose2d", 2, input, weight, bias, stride, padding, outputPadding, groups, dilation)
    }

    /// The transpose of ``conv3d(_:_:_:stride:padding:dilation:groups:)`` as a linear map. PyTorch: `F.conv_transpose3d`.
    ///
    /// Shapes: as ``convTranspose2d(_:_:_:stride:padding:outputPadding:groups:dilation:)`` with a depth before the height.
    public static func convTranspose3d(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: any PerDimension = 1,
        padding: any PerDimension = 0,
        outputPadding: any PerDimension = 0, groups: Int = 1, dilation: any PerDimension = 1
    ) -> Tensor {
        convolveTransposed("conv_transpose3d", 3, input, weight, bias, stride, padding, outputPadding, groups, dilation)
    }

    // MARK: - One for all ranks

    private static func convolve(
        _ name: StaticString, _ spatial: Int, _ input: Tensor, _ weight: Tensor, _ bias: Tensor?,
        _ stride: any PerDimension, _ padding: any ConvolutionPadding, _ dilation: any PerDimension, _ groups: Int
    ) -> Tensor {
        guarded(name, [input, weight] + (bias.map { [$0] } ?? [])) { () throws(Misuse) in
            let check = ConvolutionCheck(name, spatial, input, weight, bias, groups: groups, isTransposed: false)
            try check.ranks(stride.lengths)
            var windows = SlidingWindows(
                stride: try check.expanded(stride.lengths, "stride"),
                dilation: try check.expanded(dilation.lengths, "dilation"), padding: [], groups: groups)
            var shape: Size?
            switch padding.padding {
            case .lengths(let lengths): windows.padding = try check.expanded(lengths, "padding")
            case .word("valid"): windows.padding = Size(Array(repeating: 0, count: spatial))
            case .word("same"):
                guard windows.stride.allSatisfy({ $0 == 1 }) else {
                    throw Misuse("padding='same' is not supported for strided convolutions")
                }
                // Where it cannot be the same on both sides, there is one more behind.
                let reach = (0..<spatial).map { windows.reach($0, weight.shape[2 + $0]) }
                windows.padding = Size(reach.map { ($0 - 1) / 2 })
                shape = Size(
                    [input.dim == spatial + 2 ? input.shape[0] : 1, weight.shape[0]] + input.shape.suffix(spatial))
            case .word(let word): throw Misuse("Invalid padding string: '\(word)'")
            }
            try check.types()
            try check.shapes(windows, isSame: shape != nil)
            if input.dim == spatial + 1 {
                return try run(input.unsqueeze(0), weight, bias, windows, shape).squeeze(0)
            }
            return try run(input, weight, bias, windows, shape)
        }
    }

    private static func run(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor?, _ windows: SlidingWindows, _ shape: Size?
    ) throws(Misuse) -> Tensor {
        if input.dtype.isComplex {
            return try byParts(input, weight, bias) { (x, w) throws(Misuse) in try run(x, w, nil, windows, shape) }
        }
        let convolution = Convolution(windows: windows, isChannelsLast: isChannelsLast(input, weight))
        if let shape { return try convolution.result(input, weight, bias, shape) }
        return try convolution.result(input, weight, bias)
    }

    private static func convolveTransposed(
        _ name: StaticString, _ spatial: Int, _ input: Tensor, _ weight: Tensor, _ bias: Tensor?,
        _ stride: any PerDimension, _ padding: any PerDimension, _ outputPadding: any PerDimension, _ groups: Int,
        _ dilation: any PerDimension
    ) -> Tensor {
        guarded(name, [input, weight] + (bias.map { [$0] } ?? [])) { () throws(Misuse) in
            let check = ConvolutionCheck(name, spatial, input, weight, bias, groups: groups, isTransposed: true)
            try check.ranks(stride.lengths)
            let windows = SlidingWindows(
                stride: try check.expanded(stride.lengths, "stride"),
                dilation: try check.expanded(dilation.lengths, "dilation"),
                padding: try check.expanded(padding.lengths, "padding"), groups: groups)
            let more = try check.expanded(outputPadding.lengths, "output_padding")
            try check.types()
            try check.shapes(windows, isSame: false)
            let lengths = try check.transposedLengths(windows, more)
            let batch = input.dim == spatial + 2 ? input : input.unsqueeze(0)
            let shape = Size([batch.shape[0], weight.shape[1] * groups] + lengths)
            let result = try runTransposed(batch, weight, bias, windows, shape)
            return input.dim == spatial + 2 ? result : result.squeeze(0)
        }
    }

    private static func runTransposed(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor?, _ windows: SlidingWindows, _ shape: Size
    ) throws(Misuse) -> Tensor {
        if input.dtype.isComplex {
            return try byParts(input, weight, bias) { (x, w) throws(Misuse) in
                try runTransposed(x, w, nil, windows, shape)
            }
        }
        return Convolution(windows: windows, isChannelsLast: isChannelsLast(input, weight))
            .sourceGradient(weight, input, shape, bias)
    }

    /// As PyTorch: where either operand is in a channels-last format; volumes only where oneDNN takes them.
    private static func isChannelsLast(_ input: Tensor, _ weight: Tensor) -> Bool {
        guard input.suggestsChannelsLast || weight.suggestsChannelsLast else { return false }
        return input.dim == 4 || input.dtype == .float32 || input.dtype.isReducedFloatingPoint
    }

    /// A bilinear function of complex numbers from that of real ones.
    private static func byParts(
        _ input: Tensor, _ weight: Tensor, _ bias: Tensor?, _ body: (Tensor, Tensor) throws(Misuse) -> Tensor
    ) throws(Misuse) -> Tensor {
        let real = try body(input.real, weight.real).sub(try body(input.imag, weight.imag))
        let imag = try body(input.real, weight.imag).add(try body(input.imag, weight.real))
        let product = complex(real, imag)
        guard let bias else { return product }
        return product.add(bias.reshape([bias.count] + Array(repeating: 1, count: input.dim - 2)))
    }
}

// MARK: - Rows

extension Arguments {
    /// Numbers or a word.
    func convolutionPadding(_ name: String = "padding") throws(Misuse) -> any ConvolutionPadding {
        if case .string(let word) = value(name) { return word }
        return try ints(name)
    }
}

private typealias Convolve =
    @Sendable (
        Tensor, Tensor, Tensor?, any PerDimension, any ConvolutionPadding, any PerDimension, Int
    ) -> Tensor
private typealias ConvolveTransposed =
    @Sendable (
        Tensor, Tensor, Tensor?, any PerDimension, any PerDimension, any PerDimension, Int, any PerDimension
    ) -> Tensor

private func row(_ name: String, _ body: @escaping Convolve) -> OperatorRow {
    OperatorRow(
        "nn.functional.\(name)", .convolution, dtypes: .numbers,
        "input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1", aliases: [name]
    ) {
        body(
            try $0.input, try $0.tensor("weight"), try $0.optionalTensor("bias"), try $0.ints("stride"),
            try $0.convolutionPadding(), try $0.ints("dilation"), try $0.int("groups"))
    }
}

private func transposedRow(_ name: String, _ body: @escaping ConvolveTransposed) -> OperatorRow {
    OperatorRow(
        "nn.functional.\(name)", .convolution, dtypes: .inexact.union(.only(.int64)),
        "input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1", aliases: [name]
    ) {
        body(
            try $0.input, try $0.tensor("weight"), try $0.optionalTensor("bias"), try $0.ints("stride"),
            try $0.ints("padding"), try $0.ints("output_padding"), try $0.int("groups"), try $0.ints("dilation"))
    }
}

let convolutionOperators: [OperatorRow] = [
    row("conv1d") { Functional.conv1d($0, $1, $2, stride: $3, padding: $4, dilation: $5, groups: $6) },
    row("conv2d") { Functional.conv2d($0, $1, $2, stride: $3, padding: $4, dilation: $5, groups: $6) },
    row("conv3d") { Functional.conv3d($0, $1, $2, stride: $3, padding: $4, dilation: $5, groups: $6) },
    transposedRow("conv_transpose1d") {
        Functional.convTranspose1d($0, $1, $2, stride: $3, padding: $4, outputPadding: $5, groups: $6, dilation: $7)
    },
    transposedRow("conv_transpose2d") {
        Functional.convTranspose2d($0, $1, $2, stride: $3, padding: $4, outputPadding: $5, groups: $6, dilation: $7)
    },
    transposedRow("conv_transpose3d") {
        Functional.convTranspose3d($0, $1, $2, stride: $3, padding: $4, outputPadding: $5, groups: $6, dilation: $7)
    },
]
