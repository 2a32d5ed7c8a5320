import FirebrandTensor

/// The average of each window of signals. PyTorch: `nn.AvgPool1d`.
///
/// Shapes: (N, C, L) or (C, L).
public final class AvgPool1d: Module {
    private let kernelSize, stride, padding: any PerDimension
    private let ceilMode, countIncludePad: Bool

    /// Padding counts as zeros, or with `countIncludePad` false not at all.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        ceilMode: Bool = false, countIncludePad: Bool = true
    ) {
        self.kernelSize = listed(kernelSize)
        self.stride = listed(stride ?? kernelSize)
        self.padding = listed(padding)
        self.ceilMode = ceilMode
        self.countIncludePad = countIncludePad
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.avgPool1d(
            input, kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad)
    }

    /// `kernel_size=(2,), stride=(2,), padding=(0,)`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

/// As a list of one: PyTorch prints the sizes of signals so.
private func listed(_ sizes: any PerDimension) -> any PerDimension { sizes.numbers(1) ?? sizes }

/// The average of each window of images. PyTorch: `nn.AvgPool2d`.
///
/// Shapes: (N, C, H, W) or (C, H, W).
public final class AvgPool2d: Module {
    private let kernelSize, stride, padding: any PerDimension
    private let ceilMode, countIncludePad: Bool
    private let divisorOverride: Int?

    /// Padding counts as zeros, or with `countIncludePad` false not at all; `divisorOverride` divides each window's sum
    /// instead of its size.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
    ) {
        self.kernelSize = kernelSize
        self.stride = stride ?? kernelSize
        self.padding = padding
        self.ceilMode = ceilMode
        self.countIncludePad = countIncludePad
        self.divisorOverride = divisorOverride
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.avgPool2d(
            input, kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
            divisorOverride: divisorOverride)
    }

    /// `kernel_size=2, stride=2, padding=0`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

/// The average of each window of volumes. PyTorch: `nn.AvgPool3d`.
///
/// Shapes: (N, C, D, H, W) or (C, D, H, W).
public final class AvgPool3d: Module {
    private let kernelSize, stride, padding: any PerDimension
    private let ceilMode, countIncludePad: Bool
    private let divisorOverride: Int?

    /// Padding counts as zeros, or with `countIncludePad` false not at all; `divisorOverride` divides each window's sum
    /// instead of its size.
    public init(
        _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil, padding: any PerDimension = 0,
        ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
    ) {
        self.kernelSize = kernelSize
        self.stride = stride ?? kernelSize
        self.padding = padding
        self.ceilMode = ceilMode
        self.countIncludePad = countIncludePad
        self.divisorOverride = divisorOverride
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.avgPool3d(
            input, kernelSize, stride: stride, padding: padding, ceilMode: ceilMode, countIncludePad: countIncludePad,
            divisorOverride: divisorOverride)
    }

    /// `kernel_size=2, stride=2, padding=0`.
    public override var extraDescription: String {
        "kernel_size=\(kernelSize.perDimensionText), stride=\(stride.perDimensionText), "
            + "padding=\(padding.perDimensionText)"
    }
}

/// The `normType`-norm of each window of signals. PyTorch: `nn.LPPool1d`.
public final class LPPool1d: Module {
    private let normType: Scalar
    private let kernelSize: Int
    private let stride: (any PerDimension)?
    private let ceilMode: Bool

    /// With `normType` 1 the sum of each window; the larger it is, the nearer to its largest element.
    public init(
        _ normType: any TensorScalar, _ kernelSize: Int, stride: (any PerDimension)? = nil, ceilMode: Bool = false
    ) {
        self.normType = normType.scalar
        self.kernelSize = kernelSize
        self.stride = stride
        self.ceilMode = ceilMode
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.lpPool1d(input, normType, kernelSize, stride: stride, ceilMode: ceilMode)
    }

    /// `norm_type=2, kernel_size=3, stride=None, ceil_mode=False`.
    public override var extraDescription: String {
        "norm_type=\(normType.pythonText), kernel_size=\(kernelSize.perDimensionText), "
            + "stride=\(stride?.perDimensionText ?? "None"), ceil_mode=\(ceilMode ? "True" : "False")"
    }
}

/// The `normType`-norm of each window of images. PyTorch: `nn.LPPool2d`.
public final class LPPool2d: Module {
    private let normType: Scalar
    private let kernelSize: any PerDimension
    private let stride: (any PerDimension)?
    private let ceilMode: Bool

    /// With `normType` 1 the sum of each window; the larger it is, the nearer to its largest element.
    public init(
        _ normType: any TensorScalar, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        ceilMode: Bool = false
    ) {
        self.normType = normType.scalar
        self.kernelSize = kernelSize
        self.stride = stride
        self.ceilMode = ceilMode
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.lpPool2d(input, normType, kernelSize, stride: stride, ceilMode: ceilMode)
    }

    /// `norm_type=2, kernel_size=3, stride=None, ceil_mode=False`.
    public override var extraDescription: String {
        "norm_type=\(normType.pythonText), kernel_size=\(kernelSize.perDimensionText), "
            + "stride=\(stride?.perDimensionText ?? "None"), ceil_mode=\(ceilMode ? "True" : "False")"
    }
}

/// The `normType`-norm of each window of volumes. PyTorch: `nn.LPPool3d`.
public final class LPPool3d: Module {
    private let normType: Scalar
    private let kernelSize: any PerDimension
    private let stride: (any PerDimension)?
    private let ceilMode: Bool

    /// With `normType` 1 the sum of each window; the larger it is, the nearer to its largest element.
    public init(
        _ normType: any TensorScalar, _ kernelSize: any PerDimension, stride: (any PerDimension)? = nil,
        ceilMode: Bool = false
    ) {
        self.normType = normType.scalar
        self.kernelSize = kernelSize
        self.stride = stride
        self.ceilMode = ceilMode
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        Functional.lpPool3d(input, normType, kernelSize, stride: stride, ceilMode: ceilMode)
    }

    /// `norm_type=2, kernel_size=3, stride=None, ceil_mode=False`.
    public override var extraDescription: String {
        "norm_type=\(normType.pythonText), kernel_size=\(kernelSize.perDimensionText), "
            + "stride=\(stride?.perDimensionText ?? "None"), ceil_mode=\(ceilMode ? "True" : "False")"
    }
}

extension Scalar {
    /// As Python prints it: `2`, `3.5`, `True`.
    var pythonText: String {
        switch self {
        case .bool(let value): value ? "True" : "False"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .complex: "\(self)"
        }
    }
}

private let window = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True"

let averagePoolModules: [ModuleRow] = [
    ModuleRow("nn.AvgPool1d", window) {
        AvgPool1d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"))
    },
    ModuleRow("nn.AvgPool2d", window + ", divisor_override=None") {
        AvgPool2d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"),
            divisorOverride: try $0.optionalInt("divisor_override"))
    },
    ModuleRow("nn.AvgPool3d", window + ", divisor_override=None") {
        AvgPool3d(
            try $0.perDimension("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            padding: try $0.perDimension("padding"), ceilMode: try $0.bool("ceil_mode"),
            countIncludePad: try $0.bool("count_include_pad"),
            divisorOverride: try $0.optionalInt("divisor_override"))
    },
    ModuleRow("nn.LPPool1d", "norm_type, kernel_size, stride=None, ceil_mode=False") {
        LPPool1d(
            try $0.scalar("norm_type"), try $0.int("kernel_size"), stride: try $0.optionalPerDimension("stride"),
            ceilMode: try $0.bool("ceil_mode"))
    },
    ModuleRow("nn.LPPool2d", "norm_type, kernel_size, stride=None, ceil_mode=False") {
        LPPool2d(
            try $0.scalar("norm_type"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"),
            ceilMode: try $0.bool("ceil_mode"))
    },
    ModuleRow("nn.LPPool3d", "norm_type, kernel_size, stride=None, ceil_mode=False") {
        LPPool3d(
            try $0.scalar("norm_type"), try $0.perDimension("kernel_size"),
            stride: try $0.optionalPerDimension("stride"),
            ceilMode: try $0.bool("ceil_mode"))
    },
]
