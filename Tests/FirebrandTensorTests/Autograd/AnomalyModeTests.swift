import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Anomaly mode")
struct AnomalyModeTests {
    @Test("Names the function that made NaN and the call that recorded it")
    func named() {
        let x = Tensor([-1.0, 1.0], requiresGrad: true)
        let error = failure { detectAnomaly { theForwardCall(x).sum().backward() } }
        #expect(error?.message.hasPrefix("Function 'SqrtBackward0' returned nan values in its 0th output.") == true)
        #expect(error?.message.contains("theForwardCall") == true, "\(error?.message ?? "")")
        #expect(x.grad == nil)
    }

    @inline(never)
    private func theForwardCall(_ x: Tensor) -> Tensor { x.sqrt() }

    @Test("The first in backward order is named, and the right output of it")
    func output() {
        let a = Tensor([2.0], requiresGrad: true)
        let b = Tensor([-1.0], requiresGrad: true)
        let error = failure { detectAnomaly { (a.pow(2) * b.pow(Tensor([0.5]))).backward() } }
        #expect(error?.message.hasPrefix("Function 'MulBackward0' returned nan values in its 0th output.") == true)
    }

    @Test("Nothing is checked without NaN, outside, or when asked not to")
    func quiet() {
        let x = Tensor([-1.0, 1.0], requiresGrad: true)
        #expect(failure { detectAnomaly { (x * x).sum().backward() } } == nil)
        #expect(failure { x.sqrt().sum().backward() } == nil)
        #expect(failure { detectAnomaly(checkNaN: false) { x.sqrt().sum().backward() } } == nil)
        #expect(!isAnomalyEnabled() && detectAnomaly { isAnomalyEnabled() })
        setDetectAnomaly(true)
        #expect(isAnomalyEnabled())
        setDetectAnomaly(false)
    }
}
