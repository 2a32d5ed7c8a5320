import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Forward mode")
struct ForwardModeTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }
    private let x = Tensor([1.0, 2.0, 3.0], dtype: .float64)
    private let v = Tensor([1.0, 0.5, -1.0], dtype: .float64)

    @Test("Tangents follow the operators, in noGrad too, and end with the level")
    func level() {
        var kept: Tensor?
        dualLevel {
            let dual = makeDual(x, v)
            #expect(values(unpackDual(dual).tangent) == [1, 0.5, -1] && values(unpackDual(dual).primal) == [1, 2, 3])
            #expect(values(unpackDual(dual * dual).tangent) == [2, 2, -6])
            #expect(noGrad { values(unpackDual(dual * 3).tangent) } == [3, 1.5, -3])
            #expect(unpackDual(x * 2).tangent == nil && unpackDual(dual.detach()).tangent == nil)
            #expect(values(unpackDual(dual.floor()).tangent) == [0, 0, 0] && unpackDual(dual .> 1).tangent == nil)
            #expect(values(unpackDual(dual[1...]).tangent) == [0.5, -1])
            #expect(values(unpackDual(cat([x, dual])).tangent) == [0, 0, 0, 1, 0.5, -1])
            #expect(values(unpackDual(dual.max(dim: 0).values).tangent) == [-1])
            #expect(!(dual * dual).requiresGrad && !unpackDual(dual * dual).tangent!.requiresGrad)
            kept = dual
        }
        #expect(unpackDual(kept!).tangent == nil)
        dualLevel { #expect(unpackDual(kept! * 2).tangent == nil) }
    }

    @Test("In-place changes carry tangents, through views and back")
    func inPlace() {
        dualLevel {
            let base = makeDual(Tensor.ones(4, dtype: .float64), Tensor([1.0, 2.0, 3.0, 4.0], dtype: .float64))
            let (front, back) = (base[..<2], base[2...])
            front.mul_(3)
            #expect(values(unpackDual(base).tangent) == [3, 6, 3, 4] && values(base) == [3, 3, 1, 1])
            #expect(values(unpackDual(front).tangent) == [3, 6] && values(unpackDual(back).tangent) == [3, 4])
            base[3] = 5
            #expect(values(unpackDual(base).tangent) == [3, 6, 3, 0])
            let sum = Tensor.zeros(2, dtype: .float64)
            sum.add_(front)
            #expect(values(unpackDual(sum).tangent) == [3, 6])
            sum.zero_()
            #expect(values(unpackDual(sum).tangent) ?? [0, 0] == [0, 0])
        }
    }

    @Test("Forward over reverse and reverse over forward give the product with the Hessian")
    func mixed() {
        func f(_ x: Tensor) -> Tensor { (x.pow(3) * x.exp()).sum() + x.tanh().prod(dim: 0) }
        let expected = hvp(f, x, v).hvp
        let input = x.clone().requiresGrad_()
        let forwardOverReverse = dualLevel { () -> Tensor in
            let dual = makeDual(input, v)
            return unpackDual(grad(outputs: [f(dual)], inputs: [dual], createGraph: true)[0]!).tangent!
        }
        #expect((forwardOverReverse - expected).abs().max().item() < 1e-9)
        let reverseOverForward = dualLevel { () -> Tensor in
            let slope = unpackDual(f(makeDual(input, v))).tangent!
            return grad(outputs: [slope], inputs: [input])[0]!
        }
        #expect((reverseOverForward - expected).abs().max().item() < 1e-9)
        // The tangent itself may be what is differentiated.
        let direction = v.clone().requiresGrad_()
        let slope = dualLevel { unpackDual((x.pow(2) * 3).dot(makeDual(x, direction))).tangent! }
        slope.backward()
        #expect(values(direction.grad) == [3, 12, 27])
    }

    @Test("A long chain costs one small pass for each operation")
    func chain() {
        let input = Tensor([1.0], dtype: .float64, requiresGrad: true)
        dualLevel {
            var y = makeDual(input, Tensor([1.0], dtype: .float64))
            for _ in 0..<3000 { y = y * 1 + 0.5 }
            #expect(values(unpackDual(y).tangent) == [1])
        }
    }

    @Test("PyTorch's refusals")
    func refusals() {
        #expect(
            failure { _ = makeDual(x, v) }?.message
                == "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
        let inside: [(String, () -> Void)] = [
            (
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
                    + "supported. Tensor is of size [3] while the given forward gradient is of size [2].",
                { _ = makeDual(x, Tensor.ones(2)) }
            ),
            ("Nested forward mode AD is not supported at the moment", { dualLevel {} }),
            (
                "Expected primal to be floating point or complex, but got: torch.int64",
                { _ = makeDual(Tensor([1, 2]), Tensor.ones(2)) }
            ),
            (
                "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
                    + "supported.", { _ = makeDual(makeDual(x, v), v) }
            ),
        ]
        for (message, body) in inside { #expect(failure { dualLevel(body) }?.message == message) }
        #expect(unpackDual(x).tangent == nil)
    }
}
