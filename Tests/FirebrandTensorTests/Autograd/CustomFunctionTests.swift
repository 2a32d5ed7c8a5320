import FirebrandTensor
import FirebrandTestSupport
import Testing

/// x³, with its rule written out.
private struct Cube: AutogradFunction {
    func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] {
        context.saveForBackward(inputs)
        return [inputs[0].pow(3)]
    }
    func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] {
        [gradients[0]! * context.savedTensors[0].pow(2) * 3]
    }
}

/// Whatever a test wants.
private struct Made: AutogradFunction {
    var name = "MyFn"
    var isOnceDifferentiable = false
    var ahead: (FunctionContext, [Tensor]) -> [Tensor] = { _, x in [x[0] * 2] }
    var back: (FunctionContext, [Tensor?]) -> [Tensor?] = { _, g in [g[0]! * 2] }
    func forward(_ context: FunctionContext, _ inputs: [Tensor]) -> [Tensor] { ahead(context, inputs) }
    func backward(_ context: FunctionContext, _ gradients: [Tensor?]) -> [Tensor?] { back(context, gradients) }
}

@Suite("Custom functions")
struct CustomFunctionTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }
    private func leaf() -> Tensor { Tensor([1.0, 2.0, -3.0], dtype: .float64, requiresGrad: true) }

    @Test("A rule of one's own, printed under its name, differentiates again and forward")
    func cube() throws {
        let x = leaf()
        let y = Cube().apply(x)
        #expect(y.gradFn?.description == "<CubeBackward>")
        #expect(y.description == "tensor([  1.,   8., -27.], dtype=float64, grad_fn=<CubeBackward>)")
        y.sum().backward()
        #expect(values(x.grad) == [3, 12, 27])
        try gradcheck({ Cube().apply($0) }, x, checkForwardAD: true)
        try gradgradcheck({ Cube().apply($0) }, x)
        #expect(!noGrad { Cube().apply(x) }.requiresGrad)
        let error = failure { y.sum().backward() }
        #expect(error?.message.hasPrefix("Trying to backward through the graph a second time") == true)
    }

    @Test("A result saved for its own rule makes no cycle")
    func savedResult() throws {
        let exp = Made(
            ahead: { context, x in
                let y = x[0].exp()
                context.saveForBackward(y)
                return [y]
            }, back: { context, g in [g[0]! * context.savedTensors[0]] })
        weak var node: Node?
        do {
            let x = leaf()
            let y = exp.apply(x)
            node = y.gradFn
            try gradgradcheck({ exp.apply($0) }, x)
            withExtendedLifetime(y) {}
        }
        #expect(node == nil)
    }

    @Test("Gradients of results nobody used are zeros, or nil where asked for; needsInputGrad says which count")
    func materialised() {
        for materialises in [true, false] {
            nonisolated(unsafe) var seen: [Bool] = []
            nonisolated(unsafe) var needs: [Bool] = []
            let two = Made(
                ahead: { context, x in
                    context.setMaterializeGrads(materialises)
                    return [x[0] * 2, x[1] * 3]
                },
                back: { context, g in
                    seen = g.map { $0 != nil }
                    needs = context.needsInputGrad
                    return [g[0].map { $0 * 2 }, nil]
                })
            let x = leaf()
            two.apply([x, Tensor.ones(3, dtype: .float64)])[0].sum().backward()
            #expect(seen == [true, materialises] && needs == [true, false])
            #expect(values(x.grad) == [2, 2, 2])
        }
    }

    @Test("Results marked as such have no gradient")
    func nonDifferentiable() {
        let function = Made(
            ahead: { context, x in
                let sign = x[0].sign()
                context.markNonDifferentiable(sign)
                return [x[0] * 2, sign, x[0] .> 0]
            }, back: { _, g in [g[0]! * 2 + g[1]! * 100] })
        let x = leaf()
        let results = function.apply([x])
        #expect(results.map(\.requiresGrad) == [true, false, false])
        results[0].sum().backward()
        #expect(values(x.grad) == [2, 2, 2])
    }

    @Test("Inputs changed in place take the new history")
    func dirty() {
        let double = Made(ahead: { context, x in
            context.markDirty(x[0])
            return [x[0].mul_(2)]
        })
        let x = leaf()
        let z = x.clone()
        let y = double.apply(z)
        #expect(y === z && z.gradFn?.name == "MyFnBackward" && values(z) == [2, 4, -6])
        z.sum().backward()
        #expect(values(x.grad) == [2, 2, 2])
        x.grad = nil
        let base = x.clone()
        _ = double.apply(base[..<2])
        #expect(base.gradFn?.name == "CopySlices")
        base.sum().backward()
        #expect(values(x.grad) == [2, 2, 1])
        #expect(
            failure { _ = double.apply(leaf()) }?.message
                == "a leaf Variable that requires grad has been used in an in-place operation.")
        let forgetful = Made(ahead: { context, x in
            context.markDirty(x[0])
            return [x[0] * 2]
        })
        #expect(
            failure { _ = forgetful.apply(x.clone()) }?.message.hasPrefix(
                "Some elements marked as dirty during the forward method were not returned as output.") == true)
    }

    @Test("Inputs handed on as they are, and views, refuse in-place changes")
    func views() {
        for ahead: (FunctionContext, [Tensor]) -> [Tensor] in [{ _, x in [x[0]] }, { _, x in [x[0][..<2]] }] {
            let x = leaf()
            let input = x.clone()
            let y = Made(ahead: ahead, back: { _, g in [g[0]!.sum().expand(3)] }).apply(input)
            #expect(y !== input && y.gradFn?.name == "MyFnBackward" && input.gradFn?.name == "CloneBackward0")
            #expect(
                failure { y.mul_(2) }?.message.hasPrefix(
                    "Output 0 of MyFn is a view and is being modified inplace. This view was created inside a custom "
                        + "Function") == true)
            y.sum().backward()
            #expect(x.grad != nil)
        }
    }

    @Test("Wrong numbers and shapes of gradients, in PyTorch's words")
    func wrong() {
        let x = leaf()
        #expect(
            failure { Made(back: { _, g in [g[0], g[0]] }).apply(x).sum().backward() }?.message
                == "function MyFnBackward returned an incorrect number of gradients (expected 1, got 2)")
        #expect(
            failure { Made(back: { _, g in [g[0]![..<2]] }).apply(x).sum().backward() }?.message
                == "Function MyFnBackward returned an invalid gradient at index 0 - got [2] but expected shape compatible "
                + "with [3]")
        #expect(x.grad == nil)
        Made(back: { _, _ in [nil] }).apply(x).sum().backward()
        #expect(x.grad == nil)
    }

    @Test("A rule that cannot be differentiated says so")
    func once() {
        let function = Made(isOnceDifferentiable: true)
        let x = leaf()
        function.apply(x).sum().backward()
        #expect(values(x.grad) == [2, 2, 2])
        let slope = grad(outputs: [function.apply(x).pow(2).sum()], inputs: [x], createGraph: true)[0]!
        #expect(
            failure { slope.sum().backward() }?.message
                == "trying to differentiate twice a function that was marked with @once_differentiable")
    }
}
