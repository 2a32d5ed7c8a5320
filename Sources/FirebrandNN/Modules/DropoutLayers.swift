import FirebrandTensor

// Dropout while training: see the methods of the same names on ``Tensor``.

/// What the dropout layers share. In evaluation they do nothing.
public class DropoutLayer: ModuleBase {
    /// The probability to be dropped.
    public let p: Double
    let inplace: Bool
    let generator: Generator

    /// Drops with probability `p`; with `inplace` the input's memory takes the result.
    public init(_ p: Double = 0.5, inplace: Bool = false, generator: Generator = .default) {
        guarded("Dropout", [], orElse: ()) { () throws(Misuse) in
            guard p >= 0, p <= 1 else {
                throw Misuse("dropout probability has to be between 0 and 1, but got \(p)")
            }
        }
        (self.p, self.inplace, self.generator) = (p, inplace, generator)
    }

    /// `p=0.5, inplace=False`.
    public override var extraDescription: String { "p=\(p), inplace=\(inplace ? "True" : "False")" }
}

/// Zeros in place of elements with probability `p`, the others divided by 1 - `p`. PyTorch: `nn.Dropout`.
public final class Dropout: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.dropout(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

/// Whole channels dropped, of (N, C, L) or (C, L). PyTorch: `nn.Dropout1d`.
public final class Dropout1d: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.dropout1d(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

/// Whole channels dropped, of (N, C, H, W). PyTorch: `nn.Dropout2d`.
public final class Dropout2d: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.dropout2d(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

/// Whole channels dropped, of (N, C, D, H, W) or (C, D, H, W). PyTorch: `nn.Dropout3d`.
public final class Dropout3d: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.dropout3d(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

/// Dropout for networks of ``SELU``: mean and variance are kept. PyTorch: `nn.AlphaDropout`.
public final class AlphaDropout: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.alphaDropout(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

/// ``AlphaDropout`` of whole channels. PyTorch: `nn.FeatureAlphaDropout`.
public final class FeatureAlphaDropout: DropoutLayer, Forwarding {
    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor {
        input.featureAlphaDropout(p: p, training: isTraining, inplace: inplace, generator: generator)
    }
}

let dropoutModules: [ModuleRow] = [
    ModuleRow("nn.Dropout", "p=0.5, inplace=False") { Dropout(try $0.double("p"), inplace: try $0.bool("inplace")) },
    ModuleRow("nn.Dropout1d", "p=0.5, inplace=False") {
        Dropout1d(try $0.double("p"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.Dropout2d", "p=0.5, inplace=False") {
        Dropout2d(try $0.double("p"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.Dropout3d", "p=0.5, inplace=False") {
        Dropout3d(try $0.double("p"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.AlphaDropout", "p=0.5, inplace=False") {
        AlphaDropout(try $0.double("p"), inplace: try $0.bool("inplace"))
    },
    ModuleRow("nn.FeatureAlphaDropout", "p=0.5, inplace=False") {
        FeatureAlphaDropout(try $0.double("p"), inplace: try $0.bool("inplace"))
    },
]
