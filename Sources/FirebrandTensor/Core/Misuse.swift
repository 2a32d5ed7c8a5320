import CRuntime

/// An operator was called with operands it cannot take: shapes, types, an index out of range.
///
/// Stops the program, unless the call is inside ``recovering(_:)``, which throws it. The description names the operator,
/// the operands' types and shapes and the module it happened in, and explains in PyTorch's words.
public struct OperatorError: Error, Sendable, CustomStringConvertible {
    /// The operator, by PyTorch's name.
    public var name: String
    /// PyTorch's explanation.
    public var message: String
    /// The operands, as `float32[2, 3]`.
    public var operands: [String]
    /// The path of the module being called, if any: `NeuralNetwork.linear_relu_stack.0`.
    public var modulePath: String?
    /// The position of the sample that a data loader was loading, if any.
    public var sample: Int?

    /// All of it on one line.
    public var description: String {
        // Many of PyTorch's messages begin with the name themselves, as `add() takes …`.
        let call =
            operands.isEmpty && message.hasPrefix("\(name)(") ? "" : "\(name)(\(operands.joined(separator: ", "))): "
        return call + message + (modulePath.map { " (in \($0))" } ?? "")
            + (sample.map { " (while loading sample \($0))" } ?? "")
    }
}

/// What a check throws; the public surface of the operator turns it into an ``OperatorError``.
package struct Misuse: Error {
    package let message: String
    package init(_ message: String) { self.message = message }
}

/// Runs `body`; misuse of an operator inside it is thrown at the closing brace instead of stopping the program.
///
/// After the first failure the operators in the rest of the scope do nothing: they hand on placeholders (`item()` is NaN
/// or 0), and in-place writes, backward and optimizer steps leave everything as it was. Swift's own traps, such as an
/// array index out of range, are not covered.
/// ```swift
/// do { try recovering { print(a + b) } } catch { print(error) }
/// ```
@discardableResult
public func recovering<Result>(_ body: () throws -> Result) throws -> Result {
    let thread = fb_thread()!
    let scope = RecoveryScope()
    let (outerScope, outerFailed) = (thread.pointee.recoveryScope, thread.pointee.hasFailed)
    thread.pointee.recoveryScope = Unmanaged.passUnretained(scope).toOpaque()
    thread.pointee.hasFailed = false
    defer {
        thread.pointee.recoveryScope = outerScope
        thread.pointee.hasFailed = outerFailed
    }
    let result = try withExtendedLifetime(scope) { try body() }
    if let failure = scope.failure { throw failure }
    return result
}

/// The same for calls by name: misuse, thrown or reported inside `body`, is thrown as an ``OperatorError``.
package func throwingMisuse<Result>(
    of name: String, _ operands: @autoclosure () -> [Tensor], _ body: () throws -> Result
) throws -> Result {
    do {
        return try recovering(body)
    } catch let misuse as Misuse {
        throw OperatorError(name: name, message: misuse.message, operands: operands().map(\.signature))
    }
}

private final class RecoveryScope {
    var failure: OperatorError?
}

/// Whether a failure was recorded in the scope of `recovering` that the thread is in.
@inline(__always)
package var hasFailed: Bool { fb_thread().pointee.hasFailed }

/// The public surface of an operator: runs `body`, whose checks throw, and decides what a failure does.
@inline(__always)
package func guarded<Result>(
    _ name: StaticString, _ operands: @autoclosure () -> [Tensor], orElse placeholder: @autoclosure () -> Result,
    _ body: () throws(Misuse) -> Result
) -> Result {
    if fb_thread().pointee.hasFailed { return placeholder() }
    do {
        return try body()
    } catch {
        report(error, name.description, operands())
        return placeholder()
    }
}

/// The same for operators whose result is one tensor.
@inline(__always)
package func guarded(
    _ name: StaticString, _ operands: @autoclosure () -> [Tensor], _ body: () throws(Misuse) -> Tensor
) -> Tensor {
    guarded(name, operands(), orElse: Tensor.placeholder(), body)
}

/// Records the failure in the enclosing scope of `recovering`, which keeps its first, or stops the program.
@inline(never)
package func report(_ misuse: Misuse, _ name: String, _ operands: [Tensor]) {
    if hasFailed { return }
    report(
        OperatorError(
            name: name, message: misuse.message, operands: operands.map(\.signature), modulePath: ModuleStack.path(),
            sample: LoadingScope.current?.sample))
}

/// The same for a failure that another thread ran into.
package func report(_ error: OperatorError) {
    if hasFailed { return }
    guard let scope = fb_thread().pointee.recoveryScope else { fatalError(error.description) }
    Unmanaged<RecoveryScope>.fromOpaque(scope).takeUnretainedValue().failure = error
    fb_thread().pointee.hasFailed = true
}

/// The modules being called on this thread, outermost first: what an error's path is made of.
package enum ModuleStack {
    private final class Frames {
        var modules: [AnyObject] = []
    }

    /// Turns the stack into a path; set by the layer that knows modules.
    nonisolated(unsafe) package static var describe: (([AnyObject]) -> String)?

    package static func push(_ module: AnyObject) {
        if let pointer = fb_thread().pointee.moduleStack {
            Unmanaged<Frames>.fromOpaque(pointer).takeUnretainedValue().modules.append(module)
        } else {
            let frames = Frames()
            frames.modules.append(module)
            fb_thread().pointee.moduleStack = Unmanaged.passRetained(frames).toOpaque()
        }
    }

    package static func pop() {
        guard let pointer = fb_thread().pointee.moduleStack else { return }
        let frames = Unmanaged<Frames>.fromOpaque(pointer)
        frames.takeUnretainedValue().modules.removeLast()
        if frames.takeUnretainedValue().modules.isEmpty {
            frames.release()
            fb_thread().pointee.moduleStack = nil
        }
    }

    static func path() -> String? {
        guard let pointer = fb_thread().pointee.moduleStack, let describe else { return nil }
        return describe(Unmanaged<Frames>.fromOpaque(pointer).takeUnretainedValue().modules)
    }
}
