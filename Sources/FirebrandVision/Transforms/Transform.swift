import FirebrandTensor

/// A step from what a dataset reads to what a network takes. PyTorch: the callables of `torchvision.transforms`.
public protocol Transform<Input, Output>: Sendable {
    /// What goes in.
    associatedtype Input
    /// What comes out.
    associatedtype Output
    /// Applies the step.
    func callAsFunction(_ input: Input) throws -> Output
}

/// A transform that can take a stack of images at once, with the same result.
package protocol BatchTransform: Transform {
    /// Rows of a uint8 tensor of images (N, H, W) as the batch of what the transform makes of each.
    func batch(_ images: Tensor, rows: ArraySlice<Int>) -> Tensor
}

/// A function as a transform. PyTorch: `transforms.Lambda`.
/// ```swift
/// Lambda { (y: Int) in Tensor.zeros(10).scatter_(0, Tensor([y]), value: 1) }
/// ```
public struct Lambda<Input, Output>: Transform {
    private let function: @Sendable (Input) throws -> Output

    /// Wraps a function.
    public init(_ function: @escaping @Sendable (Input) throws -> Output) { self.function = function }

    /// Applies the function.
    public func callAsFunction(_ input: Input) throws -> Output { try function(input) }
}

/// Transforms one after the other. PyTorch: `transforms.Compose`.
/// ```swift
/// Compose { ToTensor(); Lambda { (x: Tensor) in (x - 0.5) / 0.5 } }
/// ```
public struct Compose<Input, Output>: Transform {
    private let function: @Sendable (Input) throws -> Output

    /// The transforms one below the other; each takes what the one above gives.
    public init(@TransformBuilder _ transforms: () -> Compose<Input, Output>) { self = transforms() }

    fileprivate init(function: @escaping @Sendable (Input) throws -> Output) { self.function = function }

    /// Applies them in turn.
    public func callAsFunction(_ input: Input) throws -> Output { try function(input) }
}

/// Chains the transforms written inside the braces of a ``Compose``.
@resultBuilder
public enum TransformBuilder {
    /// The first transform.
    public static func buildPartialBlock<T: Transform>(first: T) -> Compose<T.Input, T.Output> {
        Compose(function: { try first($0) })
    }

    /// A further transform.
    public static func buildPartialBlock<Input, T: Transform>(
        accumulated: Compose<Input, T.Input>, next: T
    ) -> Compose<Input, T.Output> {
        Compose(function: { try next(accumulated($0)) })
    }
    /// ``ToTensor`` behind a transform of tensors, such as ``Resize``.
    public static func buildPartialBlock<Input>(accumulated: Compose<Input, Tensor>, next: ToTensor) -> Compose<
        Input, Tensor
    > {
        Compose(function: { next(try accumulated($0)) as Tensor })
    }
}
