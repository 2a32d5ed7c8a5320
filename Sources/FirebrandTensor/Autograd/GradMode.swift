import CRuntime

/// Whether operators record what they do, on this thread. PyTorch: `torch.is_grad_enabled`.
@inline(__always)
public func isGradEnabled() -> Bool { !fb_thread().pointee.gradientsDisabled }

/// Runs `body` without recording: results do not require gradients. PyTorch: `torch.no_grad`.
/// ```swift
/// let z = noGrad { x.matmul(w) + b }
/// ```
@inline(__always)
public func noGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(false, body) }

/// Runs `body` with recording on, inside ``noGrad(_:)``. PyTorch: `torch.enable_grad`.
public func enableGrad<Result>(_ body: () throws -> Result) rethrows -> Result { try withGradMode(true, body) }

@inline(__always)
package func withGradMode<Result>(_ isEnabled: Bool, _ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    let outer = thread.pointee.gradientsDisabled
    thread.pointee.gradientsDisabled = !isEnabled
    defer { thread.pointee.gradientsDisabled = outer }
    return try body()
}
