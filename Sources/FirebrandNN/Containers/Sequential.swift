import FirebrandTensor

/// Layers one after the other. PyTorch: `nn.Sequential`.
/// ```swift
/// let stack = Sequential {
///     Linear(784, 512)
///     ReLU()
///     Linear(512, 10)
/// }
/// ```
public final class Sequential: Module {
    private let layers: [any Layer]

    /// The layers in a list.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The layers one below the other; `if` and `for` may take part.
    public convenience init(@LayerBuilder _ layers: () -> [any Layer]) { self.init(layers()) }

    /// Same as calling the module.
    public func forward(_ input: Tensor) -> Tensor { layers.reduce(input) { run($1, $0) } }

    private func run<L: Layer>(_ layer: L, _ input: Tensor) -> Tensor { layer(input) }

    /// The layers, by position.
    public override var fields: [(key: String, value: Any)] { layers.enumerated().map { ("\($0)", $1) } }

    /// The number of layers.
    public var count: Int { layers.count }

    /// The layer at a position.
    public subscript(index: Int) -> any Layer { layers[index] }
}

/// Collects the layers written inside the braces of a ``Sequential``.
@resultBuilder
public enum LayerBuilder {
    /// One layer.
    public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
    /// Layers in turn.
    public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
    /// Layers that may be left out.
    public static func buildOptional(_ layers: [any Layer]?) -> [any Layer] { layers ?? [] }
    /// One choice.
    public static func buildEither(first layers: [any Layer]) -> [any Layer] { layers }
    /// The other choice.
    public static func buildEither(second layers: [any Layer]) -> [any Layer] { layers }
    /// Repeated layers.
    public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
