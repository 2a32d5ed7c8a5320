import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Doubles its argument, with whatever rule a test gives it.
private struct Doubling: AutogradFunction {
    var back: (Tensor) -> Tensor?
    func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] { [inputs[0] * 2] }
    func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] { [back(gradients[0]!)] }
}

@Suite("gradcheck and gradgradcheck")
struct GradcheckTests {
    private let x = Tensor([1.0, 2.0], dtype: .float64, requiresGrad: true)

    @Test("Right gradients pass, of strided inputs and several outputs too")
    func passes() throws {
        #expect(try gradcheck({ $0.exp() }, x, checkForwardAD: true))
        let strided = Tensor.rand([3, 2], dtype: .float64).t().detach().requiresGrad_()
        let body: ([Tensor]) -> [Tensor] = { [$0[0].matmul($0[1]), $0[0].sum(dim: 1), $0[1] .> 0] }
        let other = Tensor.rand([3, 2], dtype: .float64).requiresGrad_()
        #expect(try gradcheck(body, [strided, other], checkForwardAD: true))
        #expect(try gradgradcheck(body, [strided, other], checkFwdOverRev: true))
        #expect(try gradcheck({ _ in Tensor.ones(2, dtype: .float64) }, x))
    }

    @Test("A wrong gradient is thrown with both Jacobians, or gives false")
    func wrong() throws {
        let tripled = Doubling(back: { $0 * 3 })
        #expect {
            try gradcheck({ tripled.apply($0) }, x)
        } throws: {
            "\($0)"
                == "Jacobian mismatch for output 0 with respect to input 0,\n"
                + "numerical:tensor([[2.0000, 0.0000],\n        [0.0000, 2.0000]], dtype=float64)\n"
                + "analytical:tensor([[3., 0.],\n        [0., 3.]], dtype=float64)\n"
        }
        #expect(try !gradcheck({ tripled.apply($0) }, x, raiseException: false))
        #expect(try !gradcheck({ Doubling(back: { _ in nil }).apply($0) }, x, raiseException: false))
        // Right itself, but cut off from what it was computed from.
        let cut = Doubling(back: { $0.detach() * 2 })
        #expect(try gradcheck({ cut.apply($0) }, x))
        #expect(try !gradgradcheck({ cut.apply($0) }, x, raiseException: false))
    }

    @Test("Complex inputs and results count as pairs of real numbers")
    func complex() throws {
        let parts = Tensor([[0.5, -1.0], [1.5, 0.3]], dtype: .float64)
        let z = parts.viewAsComplex().clone().detach().requiresGrad_()
        let bodies: [(Tensor) -> Tensor] = [
            { $0 * $0 }, { $0.abs() }, { $0.viewAsReal().sum(dim: 1) }, { $0.conj() * $0.exp() },
        ]
        for body in bodies {
            #expect(try gradcheck(body, z, checkForwardAD: true))
            #expect(try gradgradcheck(body, z))
        }
        #expect(try gradcheck({ $0.viewAsComplex() * 2 }, parts.clone().requiresGrad_(), checkForwardAD: true))
    }

    @Test("A rule that gives another answer each time is found out")
    func nondeterminism() throws {
        let random = Doubling(back: { $0 * 2 * (1 + Tensor.rand([], dtype: .float64) * 1e-5) })
        #expect {
            try gradcheck({ random.apply($0) }, x)
        } throws: {
            "\($0)".hasPrefix("Backward is not reentrant")
        }
        #expect(try gradcheck({ random.apply($0) }, x, nondetTol: 1e-3))
    }

    @Test("Inputs must require gradients, and misuse inside is thrown")
    func misuse() {
        #expect {
            try gradcheck({ $0 * 2 }, Tensor.ones(2))
        } throws: {
            ($0 as? FirebrandError)?.message.hasPrefix("gradcheck expects at least one input tensor") == true
        }
        #expect(throws: OperatorError.self) { try gradcheck({ $0 + Tensor.ones(3) }, x) }
    }
}
