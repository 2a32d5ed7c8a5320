import FirebrandTensor

// Padding made of the input's own elements.

/// Signals with their own elements, mirrored at the edges, around them. PyTorch: `nn.ReflectionPad1d`.
public final class ReflectionPad1d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 1)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .reflect) }

    /// `(1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Images with their own elements, mirrored at the edges, around them. PyTorch: `nn.ReflectionPad2d`.
public final class ReflectionPad2d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 2)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .reflect) }

    /// `(1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Volumes with their own elements, mirrored at the edges, around them. PyTorch: `nn.ReflectionPad3d`.
public final class ReflectionPad3d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 3)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .reflect) }

    /// `(1, 1, 1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Signals with their edge elements repeated around them. PyTorch: `nn.ReplicationPad1d`.
public final class ReplicationPad1d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 1)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .replicate) }

    /// `(1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Images with their edge elements repeated around them. PyTorch: `nn.ReplicationPad2d`.
public final class ReplicationPad2d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 2)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .replicate) }

    /// `(1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Volumes with their edge elements repeated around them. PyTorch: `nn.ReplicationPad3d`.
public final class ReplicationPad3d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 3)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .replicate) }

    /// `(1, 1, 1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Signals with their own elements around them, as if they went on periodically. PyTorch: `nn.CircularPad1d`.
public final class CircularPad1d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 1)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .circular) }

    /// `(1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Images with their own elements around them, as if they went on periodically. PyTorch: `nn.CircularPad2d`.
public final class CircularPad2d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 2)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .circular) }

    /// `(1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

/// Volumes with their own elements around them, as if they went on periodically. PyTorch: `nn.CircularPad3d`.
public final class CircularPad3d: Module {
    private let padding: [Int]

    /// How much on each side; negative numbers cut off.
    public init(_ padding: any PerDimension) {
        self.padding = sides(padding, 3)
    }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { Functional.pad(input, padding, mode: .circular) }

    /// `(1, 1, 1, 1, 1, 1)`.
    public override var extraDescription: String { padding.perDimensionText }
}

let edgePaddingModules: [ModuleRow] = [
    ModuleRow("nn.ReflectionPad1d", "padding") { ReflectionPad1d(try $0.perDimension("padding")) },
    ModuleRow("nn.ReflectionPad2d", "padding") { ReflectionPad2d(try $0.perDimension("padding")) },
    ModuleRow("nn.ReflectionPad3d", "padding") { ReflectionPad3d(try $0.perDimension("padding")) },
    ModuleRow("nn.ReplicationPad1d", "padding") { ReplicationPad1d(try $0.perDimension("padding")) },
    ModuleRow("nn.ReplicationPad2d", "padding") { ReplicationPad2d(try $0.perDimension("padding")) },
    ModuleRow("nn.ReplicationPad3d", "padding") { ReplicationPad3d(try $0.perDimension("padding")) },
    ModuleRow("nn.CircularPad1d", "padding") { CircularPad1d(try $0.perDimension("padding")) },
    ModuleRow("nn.CircularPad2d", "padding") { CircularPad2d(try $0.perDimension("padding")) },
    ModuleRow("nn.CircularPad3d", "padding") { CircularPad3d(try $0.perDimension("padding")) },
]
