import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Functional derivatives")
struct FunctionalTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }
    private let x = Tensor([1.0, 2.0, 3.0], dtype: .float64)
    private let y = Tensor([[0.5], [-1.0]], dtype: .float64)

    @Test("jacobian: the output's shape followed by the input's")
    func jacobians() {
        let single = jacobian({ (x: Tensor) in x.pow(2) }, x)
        #expect(single.shape == [3, 3] && values(single) == [2, 0, 0, 0, 4, 0, 0, 0, 6])
        let several = jacobian({ [$0[0] * $0[1], $0[0].sum()] }, [x, y])
        #expect(several.map { $0.map(\.shape) } == [[[2, 3, 3], [2, 3, 2, 1]], [[3], [2, 1]]])
        #expect(values(several[0][1]) == [1, 0, 2, 0, 3, 0, 0, 1, 0, 2, 0, 3])
        #expect(values(several[1][0]) == [1, 1, 1] && values(several[1][1]) == [0, 0])
        let parts = jacobian({ (x: Tensor) -> [Tensor] in [x * 2, x[0]] }, x)
        #expect(parts.map(\.shape) == [[3, 3], [3]])
        #expect(
            jacobian({ (x: [Tensor]) -> Tensor in x[0] * x[1] }, [x, y]).map(\.shape) == [[2, 3, 3], [2, 3, 2, 1]])
        #expect(!single.requiresGrad)
        let input = x.clone().requiresGrad_()
        let kept = jacobian({ (x: Tensor) in x.pow(3) }, input, createGraph: true)
        kept.sum().backward()
        #expect(values(input.grad) == [6, 12, 18])
        #expect(values(jacobian({ (x: Tensor) in Tensor.ones(2) }, x)) == [0, 0, 0, 0, 0, 0])
    }

    @Test("hessian, and the products with it")
    func hessians() {
        func f(_ x: Tensor) -> Tensor { (x.pow(3) * x.flip([0])).sum() }
        let full = hessian(f, x)
        #expect(full.shape == [3, 3])
        let v = Tensor([1.0, -1.0, 0.5], dtype: .float64)
        let expected = values(full.matmul(v))
        #expect(values(hvp(f, x, v).hvp) == expected && values(vhp(f, x, v).vhp) == expected)
        #expect(values(hvp(f, x, v).output) == values(f(x)))
        let blocks = hessian({ ($0[0] * $0[1]).sum() }, [x, y])
        #expect(blocks.map { $0.map(\.shape) } == [[[3, 3], [3, 2, 1]], [[2, 1, 3], [2, 1, 2, 1]]])
        #expect(values(blocks[0][1]) == [1, 1, 1, 1, 1, 1])
    }

    @Test("vjp and jvp agree with the Jacobian")
    func products() {
        func f(_ x: Tensor) -> Tensor { (x.sin() * x.sum()) }
        let (j, v) = (jacobian(f, x), Tensor([1.0, -1.0, 0.5], dtype: .float64))
        let (left, right) = (vjp(f, x, v), jvp(f, x, v))
        #expect(values(left.output) == values(f(x)))
        #expect((left.vjp - v.matmul(j)).abs().max().item() < 1e-12)
        #expect((right.jvp - j.matmul(v)).abs().max().item() < 1e-12)
        #expect(values(vjp({ (x: Tensor) in x.sum() }, x).vjp) == [1, 1, 1])
        let pushed: Tensor? = dualLevel { unpackDual(f(makeDual(x, v))).tangent }
        #expect((pushed! - right.jvp).abs().max().item() < 1e-12)
    }

    @Test("PyTorch's refusals")
    func refusals() {
        let cases: [(String, () -> Void)] = [
            (
                "Output 0 of the user-provided function does not require gradients.",
                { _ = jacobian({ (x: Tensor) in Tensor.ones(2) }, x, strict: true) }
            ),
            (
                "Output 0 of the user-provided function is independent of input 1. This is not allowed in strict mode.",
                { _ = jacobian({ [$0[0] * 2] }, [x, y], strict: true) }
            ),
            (
                "The Tensor returned by the function given to hessian should contain a single element",
                { _ = hessian({ (x: Tensor) in x * 2 }, x) }
            ),
            (
                "While computing the hessian, found that the jacobian of the user-provided function with respect to input 0 "
                    + "is independent of the input.",
                { _ = hvp({ (x: Tensor) in (x * 3).sum() }, x, x, strict: true) }
            ),
            (
                "The vector v can only be None if the user-provided function returns a single Tensor with a single element.",
                { _ = vjp({ (x: Tensor) in x * 2 }, x) }
            ),
            (
                "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
                    + "element.", { _ = jvp({ (x: Tensor) in x * 2 }, x) }
            ),
            (
                "v has invalid size: should be Size([3]) but got Size([2]).",
                { _ = vjp({ (x: Tensor) in x * 2 }, x, Tensor.ones(2)) }
            ),
        ]
        for (message, body) in cases { #expect(failure(body)?.message.hasPrefix(message) == true, "\(message)") }
    }
}
