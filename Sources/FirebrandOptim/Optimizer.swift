import FirebrandTensor

/// What changes parameters by their gradients. PyTorch: `torch.optim.Optimizer`.
/// ```swift
/// loss.backward()
/// optimizer.step()
/// optimizer.zeroGrad()
/// ```
public protocol Optimizer: AnyObject {
    /// The parameters, in groups with settings of their own.
    associatedtype Options
    /// The groups.
    var groups: [ParameterGroup<Options>] { get set }
    /// Changes every parameter that has a gradient.
    func step()
}

/// Parameters that share an optimizer's settings. PyTorch: an entry of `param_groups`.
public struct ParameterGroup<Options> {
    /// The parameters.
    public var parameters: [Tensor]
    /// Their settings.
    public var options: Options

    /// Parameters with their settings.
    public init(_ parameters: [Tensor], _ options: Options) {
        self.parameters = parameters
        self.options = options
    }
}

extension Optimizer {
    /// Clears the gradients: drops them, or with `setToNone: false` fills them with zeros. PyTorch: `zero_grad`.
    public func zeroGrad(setToNone: Bool = true) {
        if hasFailed { return }
        for group in groups {
            for parameter in group.parameters {
                if setToNone { parameter.grad = nil } else { _ = parameter.grad?.detach_().zero_() }
            }
        }
    }
}
