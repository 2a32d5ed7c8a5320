import CKernels

/// An activation of networks, or its gradient.
package typealias ActivationKernel = fb_activation_op

/// The constants of an activation: a slope, a threshold.
package struct ActivationNumbers: Sendable {
    let first, second, third: Double

    package init(_ first: Double = 0, _ second: Double = 0, _ third: Double = 0) {
        self.first = first
        self.second = second
        self.third = third
    }

    func withPointer(_ body: (UnsafePointer<Double>) -> Void) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 3) { numbers in
            _ = numbers.initialize(fromContentsOf: [first, second, third])
            body(numbers.baseAddress!)
        }
    }
}

/// What activations ask of a device.
package protocol ActivationBackend {
    /// out = op(a, b, c) with the constants; all of one floating-point type, operands broadcast to the shape of `out`.
    func activation(
        _ op: ActivationKernel, _ operands: [Tensor], _ numbers: ActivationNumbers, into out: Tensor) throws(Misuse)
}

extension ActivationKernel {
    package static var threshold: Self { FB_THRESHOLD }
    package static var hardtanh: Self { FB_HARDTANH }
    package static var hardswish: Self { FB_HARDSWISH }
    package static var hardsigmoid: Self { FB_HARDSIGMOID }
    package static var hardshrink: Self { FB_HARDSHRINK }
    package static var softshrink: Self { FB_SOFTSHRINK }
    package static var leakyReLU: Self { FB_LEAKY_RELU }
    package static var elu: Self { FB_ELU }
    package static var softplus: Self { FB_SOFTPLUS }
    package static var logSigmoid: Self { FB_LOG_SIGMOID }
    package static var silu: Self { FB_SILU }
    package static var mish: Self { FB_MISH }
    package static var gelu: Self { FB_GELU }
    package static var geluTanh: Self { FB_GELU_TANH }
    package static var softsign: Self { FB_SOFTSIGN }
    package static var tanhshrink: Self { FB_TANHSHRINK }
    package static var prelu: Self { FB_PRELU }
    package static var preluGradientA: Self { FB_PRELU_GRAD_A }
    package static var preluGradientB: Self { FB_PRELU_GRAD_B }
    package static var glu: Self { FB_GLU }
    package static var gluGradientA: Self { FB_GLU_GRAD_A }
    package static var gluGradientB: Self { FB_GLU_GRAD_B }

    /// The gradient of an activation of one operand: of (gradient, operand).
    package var gradient: Self { Self(rawValue: rawValue + 1) }

    /// Elements from which a second thread pays: those with exponentials take some ten times as long as the others.
    var grain: Int { rawValue < FB_ELU.rawValue ? pointwiseGrain : pointwiseGrain / 8 }
}
