import FirebrandTensor
import Testing

/// Long expressions of tensors and numbers must type-check at once. To check by hand, build this target with
/// `-Xswiftc -Xfrontend -Xswiftc -warn-long-expression-type-checking=500`: no warning may name this file.
@Suite("Type checking")
struct TypeCheckTests {
    @Test("GELU's approximation in one line compiles, and gives PyTorch's numbers")
    func gelu() {
        let x = Tensor([-2.0, -0.5, 0.0, 1.0, 3.0])
        let y = 0.5 * x * (1 + (0.79788456 * (x + 0.044715 * x * x * x)).tanh())
        #expect(
            zip(y.toArray(Double.self), [-0.0454023, -0.1542860, 0, 0.8411920, 2.9963627]).allSatisfy {
                abs($0 - $1) < 1e-6
            })
    }

    @Test("So do mixtures of integers, floats, variables, comparisons and parts")
    func mixtures() {
        let (x, y) = (Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
        let (a, n) = (0.5, 3)
        let z = 2 * x * x + 3 * x * y - y * y / 2 + a * (x - 1) * (y + 2.5) / (1 + x * x) - n * -x
        #expect(z.shape == [2])
        let w = (x - x.mean()) / (x.var() + 1e-5).sqrt() * y + (1 - a) * x[0] + a * y[1] * 2
        #expect(w.shape == [2])
        let loss = ((x * y - 1).pow(2) + 0.01 * (x.pow(2).sum() + y.pow(2).sum())).mean() / (2 * x.std() + 1)
        #expect(loss.shape == [])
        let mask = (x .> 1) .== (2 * y - 1 .< 10 - x)
        #expect(mask.toArray(Bool.self) == [false, true])
    }

    @Test("A literal alone is not a tensor, so numbers stay numbers")
    func literals() {
        let sum = 1 + 2.5
        #expect(sum == 3.5)
        var t = Tensor([1.0])
        t += 5
        t -= 1.5
        t *= 2
        t /= 3
        #expect(t.item() == 3.0)
    }
}
