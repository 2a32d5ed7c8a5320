import CRuntime
import Glibc

/// Runs `body` in anomaly mode: backward stops at the first operation whose gradient is NaN, and names it and the call
/// that recorded it.
///
/// Both the forward calls and the backward pass must be inside. For debugging only: every operation remembers its call
/// stack, and every gradient is searched.
/// ```swift
/// try recovering {
///     detectAnomaly { loss(x).backward() }
/// }
/// // Function 'SqrtBackward0' returned nan values in its 0th output.
/// ```
/// PyTorch: `torch.autograd.detect_anomaly`.
@discardableResult
public func detectAnomaly<Result>(checkNaN: Bool = true, _ body: () throws -> Result) rethrows -> Result {
    let thread = fb_thread()!
    let outer = (thread.pointee.detectsAnomalies, thread.pointee.checksForNaN)
    setDetectAnomaly(true, checkNaN: checkNaN)
    defer { (thread.pointee.detectsAnomalies, thread.pointee.checksForNaN) = outer }
    return try body()
}

/// Turns anomaly mode on or off for this thread from here on. PyTorch: `torch.autograd.set_detect_anomaly`.
public func setDetectAnomaly(_ mode: Bool, checkNaN: Bool = true) {
    fb_thread().pointee.detectsAnomalies = mode
    fb_thread().pointee.checksForNaN = mode && checkNaN
}

/// Whether this thread is in anomaly mode. PyTorch: `torch.is_anomaly_enabled`.
public func isAnomalyEnabled() -> Bool { fb_thread().pointee.detectsAnomalies }

/// The call that recorded a node, as anomaly mode remembers it: return addresses, turned into names when asked for.
final class ForwardCall {
    private let addresses: [UnsafeMutableRawPointer?]
    private let modulePath: String?

    init() {
        addresses = Array(unsafeUninitializedCapacity: 64) { buffer, count in
            count = Int(fb_call_stack(buffer.baseAddress, 64))
        }
        modulePath = ModuleStack.path()
    }

    /// Looks for NaN in what a node's rule returned.
    func check(_ gradients: Gradients, of node: Node) {
        guard fb_thread().pointee.checksForNaN else { return }
        for (index, gradient) in gradients.all.enumerated() where node.edgeIsPresent(index) {
            guard let gradient, gradient.dtype.isInexact, gradient.device != .meta else { continue }
            let isNaN = noGrad { gradient.detach().isnan() }
            if !isNaN.backend.anyNonzero(isNaN) { continue }
            report(
                Misuse(
                    "Function '\(node.name)' returned nan values in its \(index)th output.\n"
                        + "Error detected in \(node.name). Call stack of the forward call that caused the error:\n"
                        + description), node.name, [gradient])
            return
        }
    }

    /// One line for each function, innermost first, and the module it happened in.
    private var description: String {
        var lines: [String] = []
        for address in addresses {
            guard let name = functionName(address) else { continue }
            // What records says nothing about who called.
            if lines.isEmpty, ["ForwardCall", "4NodeC", "6record", "madeExtras"].contains(where: { name.contains($0) })
            {
                continue
            }
            lines.append("  \(demangled(name))")
            if name == "main" || lines.count == 24 { break }
        }
        if let modulePath { lines.insert("  in module \(modulePath)", at: 0) }
        return lines.joined(separator: "\n")
    }
}

extension Node {
    fileprivate func edgeIsPresent(_ index: Int) -> Bool { index < edgeCount && edge(index).isPresent }
}

private func functionName(_ address: UnsafeMutableRawPointer?) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
        fb_function_name(address, buffer.baseAddress, 4096) ? String(cString: buffer.baseAddress!) : nil
    }
}

// The runtime's own demangler, found in the standard library every program has.
@_silgen_name("swift_demangle")
private func swiftDemangle(
    _ name: UnsafePointer<CChar>, _ length: Int, _ output: UnsafeMutablePointer<CChar>?,
    _ outputLength: UnsafeMutablePointer<Int>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

private func demangled(_ name: String) -> String {
    guard let text = name.withCString({ swiftDemangle($0, strlen($0), nil, nil, 0) }) else { return name }
    defer { free(text) }
    return String(cString: text)
}
