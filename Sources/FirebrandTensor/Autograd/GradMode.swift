import CRuntime

/// Whether operators record what they do, on this thread. PyTorch: `torch.is_grad_enabled`.
@inline(__always)
public func isGradEnabled() -> Bool { !fb_thread().pointee.gradientsDisabled }

/// Runs `body` without recording: results do not require gradients. PyTorch: `torch.no_grad`.
/// ```swift
/// let z = noGrad { x.matmul(w) + b }
/// noGrad { weight.sub_(step) }
/// ```
@discardableResult
@inline(__always)
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(false, body) }

/// Runs `body` with recording on, inside ``noGrad(_:)``; inside ``inferenceMode(_:_:)`` nothing is recorded all the same.
/// PyTorch: `torch.enable_grad`.
@discardableResult
public func enableGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(true, body) }

/// Runs `body` with recording on or off. PyTorch: `with torch.set_grad_enabled(mode)`.
/// ```swift
/// let outputs = setGradEnabled(isTraining) { model(x) }
/// ```
@discardableResult
public func setGradEnabled<Result>(_ mode: Bool, _ body: () throws -> Result) rethrows -> Result {
    try withGradMode(mode, body)
}

/// Turns recording on or off for this thread from here on. PyTorch: `torch.set_grad_enabled(mode)`.
public func setGradEnabled(_ mode: Bool) {
    fb_thread().pointee.gradientsDisabled = !mode || fb_thread().pointee.isInferenceMode
}

@inline(__always)
package func withGradMode<Result>(_ isEnabled: Bool, _ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    let outer = thread.pointee.gradientsDisabled
    thread.pointee.gradientsDisabled = !isEnabled || thread.pointee.isInferenceMode
    defer { thread.pointee.gradientsDisabled = outer }
    return try body()
}

/// Runs `body` without recording, and makes what it creates inference tensors, which never take part in a graph.
///
/// Stricter than ``noGrad(_:)``: outside, an inference tensor cannot be changed in place, be saved for backward or
/// require gradients; a `clone()` of it can. `inferenceMode(false)` inside is ordinary mode again.
/// ```swift
/// let scores = inferenceMode { model(x) }
/// scores.isInference     // true
/// ```
/// PyTorch: `torch.inference_mode`.
@discardableResult
public func inferenceMode<Result>(_ mode: Bool = true, _ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    let outer = (thread.pointee.isInferenceMode, thread.pointee.gradientsDisabled)
    thread.pointee.isInferenceMode = mode
    thread.pointee.gradientsDisabled = mode
    defer { (thread.pointee.isInferenceMode, thread.pointee.gradientsDisabled) = outer }
    return try body()
}

/// Whether this thread is inside ``inferenceMode(_:_:)``. PyTorch: `torch.is_inference_mode_enabled`.
public func isInferenceModeEnabled() -> Bool { fb_thread().pointee.isInferenceMode }

extension Tensor {
    /// Whether the elements were made inside ``inferenceMode(_:_:)``. PyTorch: `Tensor.is_inference()`.
    public var isInference: Bool { storage.isInference }
}
