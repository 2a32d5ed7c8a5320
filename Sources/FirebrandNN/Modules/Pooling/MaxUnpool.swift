import FirebrandTensor

/// Signals with each element back at the place it was pooled from, among zeros. PyTorch: `nn.MaxUnpool1d`.
///
/// Called with what ``MaxPool1d/withIndices(_:)`` gives, and with the size to restore where several pool to this one.
public final class MaxUnpool1d: Module {
    private let kernelSize, stride, padding: any PerDimension

    /// The numbers the pooling was made with.
    public init(_ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0) {
        self.kernelSize = kernelSize.numbers(1) ?? kernelSize
        self.stride = (stride ?? kernelSize).numbers(1) ?? stride ?? kernelSize
        self.padding = padding.numbers(1) ?? padding
    }

    /// Same as calling the module: the elements, their places and the size.
    public func forward(_ input: (Tensor, Tensor, [Int]?)) -> Tensor {
        Functional.maxUnpool1d(
            input.0, input.1, kernelSize, stride: stride, padding: padding, outputSize: input.2)
    }

    /// Runs the module.
    public func callAsFunction(_ input: Tensor, _ indices: Tensor, outputSize: [Int]? = nil) -> Tensor {
        self((input, indices, outputSize))
    }

    /// `kernel_size=(2,), stride=(2,), padding=(0,)`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

/// Images with each element back at the place it was pooled from, among zeros. PyTorch: `nn.MaxUnpool2d`.
///
/// Called with what ``MaxPool2d/withIndices(_:)`` gives, and with the size to restore where several pool to this one.
public final class MaxUnpool2d: Module {
    private let kernelSize, stride, padding: any PerDimension

    /// The numbers the pooling was made with.
    public init(_ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0) {
        self.kernelSize = kernelSize.numbers(2) ?? kernelSize
        self.stride = (stride ?? kernelSize).numbers(2) ?? stride ?? kernelSize
        self.padding = padding.numbers(2) ?? padding
    }

    /// Same as calling the module: the elements, their places and the size.
    public func forward(_ input: (Tensor, Tensor, [Int]?)) -> Tensor {
        Functional.maxUnpool2d(
            input.0, input.1, kernelSize, stride: stride, padding: padding, outputSize: input.2)
    }

    /// Runs the module.
    public func callAsFunction(_ input: Tensor, _ indices: Tensor, outputSize: [Int]? = nil) -> Tensor {
        self((input, indices, outputSize))
    }

    /// `kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

/// Volumes with each element back at the place it was pooled from, among zeros. PyTorch: `nn.MaxUnpool3d`.
///
/// Called with what ``MaxPool3d/withIndices(_:)`` gives, and with the size to restore where several pool to this one.
public final class MaxUnpool3d: Module {
    private let kernelSize, stride, padding: any PerDimension

    /// The numbers the pooling was made with.
    public init(_ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0) {
        self.kernelSize = kernelSize.numbers(3) ?? kernelSize
        self.stride = (stride ?? kernelSize).numbers(3) ?? stride ?? kernelSize
        self.padding = padding.numbers(3) ?? padding
    }

    /// Same as calling the module: the elements, their places and the size.
    public func forward(_ input: (Tensor, Tensor, [Int]?)) -> Tensor {
        Functional.maxUnpool3d(
            input.0, input.1, kernelSize, stride: stride, padding: padding, outputSize: input.2)
    }

    /// Runs the module.
    public func callAsFunction(_ input: Tensor, _ indices: Tensor, outputSize: [Int]? = nil) -> Tensor {
        self((input, indices, outputSize))
    }

    /// `kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=(0, 0, 0)`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

let unpoolModules: [ModuleRow] = [
    ModuleRow(
        "nn.MaxUnpool1d", "kernel_size, stride=None, padding=0", forward: "input, indices, output_size=None"
    ) {
        MaxUnpool1d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"))
    } call: { module, arguments in
        module(
            try arguments.input, try arguments.tensor("indices"), outputSize: try arguments.optionalInts("output_size"))
    },
    ModuleRow(
        "nn.MaxUnpool2d", "kernel_size, stride=None, padding=0", forward: "input, indices, output_size=None"
    ) {
        MaxUnpool2d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"))
    } call: { module, arguments in
        module(
            try arguments.input, try arguments.tensor("indices"), outputSize: try arguments.optionalInts("output_size"))
    },
    ModuleRow(
        "nn.MaxUnpool3d", "kernel_size, stride=None, padding=0", forward: "input, indices, output_size=None"
    ) {
        MaxUnpool3d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"))
    } call: { module, arguments in
        module(
            try arguments.input, try arguments.tensor("indices"), outputSize: try arguments.optionalInts("output_size"))
    },
]
