import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("grad(outputs:inputs:) and higher derivatives")
struct GradFunctionTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

    @Test("It gives gradients and leaves every grad alone")
    func plain() {
        let x = Tensor([2.0], requiresGrad: true)
        let w = Tensor([3.0], requiresGrad: true)
        let y = x * x * w
        let grads = grad(outputs: [y], inputs: [w, x])
        #expect(values(grads[0]) == [4] && values(grads[1]) == [12])
        #expect(x.grad == nil && w.grad == nil)
        #expect(grads.allSatisfy { !$0!.requiresGrad })
    }

    @Test("Inputs may be inside the graph, and outputs several with gradients of their own")
    func inside() {
        let x = Tensor([2.0, 3.0], requiresGrad: true)
        let a = x * x
        let (b, c) = (a * 5, a.sum())
        let grads = grad(outputs: [b, c], inputs: [a, x], gradOutputs: [Tensor([1.0, 2.0]), nil])
        #expect(values(grads[0]) == [6, 11])
        #expect(values(grads[1]) == [24, 66])
    }

    @Test("Outputs may be made of each other, whichever comes first")
    func nested() {
        let x = Tensor([2.0], requiresGrad: true)
        let a = x * x
        let b = a * a
        for outputs in [[a, b], [b, a], [a, b, a]] {
            let grads = grad(outputs: outputs, inputs: [x], retainGraph: true)
            let slopes = outputs.map { $0 === a ? 4.0 : 32.0 }
            #expect(values(grads[0]) == [slopes.reduce(0, +)])
        }
    }

    @Test("An unused input is misuse, unless allowed")
    func unused() {
        let x = Tensor([2.0], requiresGrad: true)
        let other = Tensor([2.0], requiresGrad: true)
        let grads = grad(outputs: [x * 2], inputs: [x, other], allowUnused: true)
        #expect(values(grads[0]) == [2] && grads[1] == nil)
        let error = failure { _ = grad(outputs: [x * 2], inputs: [other]) }
        #expect(
            error?.message.hasPrefix("One of the differentiated Tensors appears to not have been used in the graph")
                == true)
        let frozen = failure { _ = grad(outputs: [x * 2], inputs: [Tensor.ones(1)]) }
        #expect(frozen?.message == "One of the differentiated Tensors does not require grad")
    }

    @Test("createGraph differentiates again: the derivatives of x⁴")
    func fourthPower() {
        for power in [{ (x: Tensor) in x.pow(4) }, { x in x * x * x * x }, { x in (x * x).square() }] {
            let x = Tensor([1.0, 2.0, -3.0], dtype: .float64, requiresGrad: true)
            let first = grad(outputs: [power(x).sum()], inputs: [x], createGraph: true)[0]!
            let second = grad(outputs: [first.sum()], inputs: [x], createGraph: true)[0]!
            let third = grad(outputs: [second.sum()], inputs: [x], createGraph: true)[0]!
            #expect(values(first) == [4, 32, -108])
            #expect(values(second) == [12, 48, 108])
            #expect(values(third) == [24, 48, -72])
            third.sum().backward()
            #expect(values(x.grad) == [24, 24, 24])
        }
    }

    @Test("Rules that save their own result differentiate again: exp, tanh, sigmoid, sqrt")
    func savedResults() {
        let cases: [(String, (Tensor) -> Tensor, (Double) -> Double)] = [
            ("exp", { $0.exp() }, { _ in 1.6487212707001282 }),
            ("tanh", { $0.tanh() }, { _ in -0.7268619813835874 }),
            ("sigmoid", { $0.sigmoid() }, { _ in -0.05755679485 }),
            ("sqrt", { $0.sqrt() }, { -0.25 / ($0 * $0.squareRoot()) }),
        ]
        for (name, function, second) in cases {
            let x = Tensor([0.5], dtype: .float64, requiresGrad: true)
            let first = grad(outputs: [function(x)], inputs: [x], createGraph: true)[0]!
            let again: Double = grad(outputs: [first], inputs: [x])[0]!.item()
            #expect(abs(again - second(0.5)) < 1e-9, "\(name)")
        }
    }

    @Test("A penalty on the gradient trains through it")
    func penalty() {
        // d/dw (d(w x²)/dx)² = d/dw (2 w x)² = 8 w x²
        let x = Tensor([3.0], requiresGrad: true)
        let w = Tensor([0.5], requiresGrad: true)
        let slope = grad(outputs: [w * x * x], inputs: [x], createGraph: true)[0]!
        (slope * slope).backward()
        #expect(values(w.grad) == [36])
    }

    @Test("backward with createGraph leaves gradients that have a graph")
    func backwardWithGraph() {
        let x = Tensor([2.0], requiresGrad: true)
        x.pow(3).backward(createGraph: true)
        let first = x.grad!
        #expect(first.requiresGrad && values(first) == [12])
        x.grad = nil
        first.backward()
        #expect(values(x.grad) == [12])
    }
}
