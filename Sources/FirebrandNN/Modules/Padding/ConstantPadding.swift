import FirebrandTensor

// Each takes one number for all sides, or two for each dimension: before and after, the last dimension first.

/// A number for each side.
func sides(_ padding: any PerDimension, _ count: Int) -> [Int] { padding.numbers(2 * count) ?? [] }

/// Signals with a number around them. PyTorch: `nn.ConstantPad1d`.
public final class ConstantPad1d: Module {
    private let padding: [Int]
    private let value: Scalar

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension, _ value: any TensorScalar) {
        self.padding = sides(padding, 1)
        self.value = value.scalar
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, value: value) }

    /// `padding=(1, 1), value=3.5`.
    public override var extraDescription: String { "padding=\(padding.perDimensionText), value=\(value.pythonText)" }
}

/// Images with a number around them. PyTorch: `nn.ConstantPad2d`.
public final class ConstantPad2d: Module {
    private let padding: [Int]
    private let value: Scalar

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension, _ value: any TensorScalar) {
        self.padding = sides(padding, 2)
        self.value = value.scalar
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, value: value) }

    /// `padding=(1, 1, 1, 1), value=3.5`.
    public override var extraDescription: String { "padding=\(padding.perDimensionText), value=\(value.pythonText)" }
}

/// Volumes with a number around them. PyTorch: `nn.ConstantPad3d`.
public final class ConstantPad3d: Module {
    private let padding: [Int]
    private let value: Scalar

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension, _ value: any TensorScalar) {
        self.padding = sides(padding, 3)
        self.value = value.scalar
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, value: value) }

    /// `padding=(1, 1, 1, 1, 1, 1), value=3.5`.
    public override var extraDescription: String { "padding=\(padding.perDimensionText), value=\(value.pythonText)" }
}

/// Signals with zeros around them. PyTorch: `nn.ZeroPad1d`.
public final class ZeroPad1d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 1)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding) }

    /// `(1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Images with zeros around them. PyTorch: `nn.ZeroPad2d`.
public final class ZeroPad2d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 2)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding) }

    /// `(1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Volumes with zeros around them. PyTorch: `nn.ZeroPad3d`.
public final class ZeroPad3d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 3)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding) }

    /// `(1, 1, 1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

let constantPaddingModules: [ModuleRow] = [
    ModuleRow("nn.ConstantPad1d", "padding, value") {
        ConstantPad1d(try $0.perDimension("padding"), try $0.scalar("value"))
    },
    ModuleRow("nn.ConstantPad2d", "padding, value") {
        ConstantPad2d(try $0.perDimension("padding"), try $0.scalar("value"))
    },
    ModuleRow("nn.ConstantPad3d", "padding, value") {
        ConstantPad3d(try $0.perDimension("padding"), try $0.scalar("value"))
    },
    ModuleRow("nn.ZeroPad1d", "padding") { ZeroPad1d(try $0.perDimension("padding")) },
    ModuleRow("nn.ZeroPad2d", "padding") { ZeroPad2d(try $0.perDimension("padding")) },
    ModuleRow("nn.ZeroPad3d", "padding") { ZeroPad3d(try $0.perDimension("padding")) },
]
