import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct GradientClippingTests {
    /// Two parameters with gradients and one without.
    private func parameters() -> [Tensor] {
        let (a, b) = (Tensor.zeros([2, 2]).requiresGrad_(), Tensor.zeros([3]).requiresGrad_())
        a.grad = Tensor([[3.0, -4.0], [0.0, 12.0]])
        b.grad = Tensor([1.0, -2.0, 2.0])
        return [a, b, Tensor.zeros([1]).requiresGrad_()]
    }

    private func close(_ tensor: Tensor, _ wanted: [Double]) -> Bool {
        let got = tensor.to(.float64).toArray(Double.self)
        return got.count == wanted.count && zip(got, wanted).allSatisfy { abs($0 - $1) <= 1e-6 * (1 + abs($1)) }
    }

    @Test(
        "gradients are scaled down together, by norms of every order",
        arguments: [
            (2.0, 13.34166431427002, 0.4497189521789551), (1, 24, 0.2499999850988388),
            (.infinity, 12, 0.4999999701976776),
            (0.5, 121.54136657714844, 0.04936590790748596), (3, 12.244967460632324, 0.48999714851379395),
            (0, 2, 2.9999985694885254),
        ])
    func norms(_ order: Double, _ norm: Double, _ first: Double) {
        let parameters = parameters()
        let got = clipGradNorm_(parameters, maxNorm: 2, normType: order)
        #expect(close(got, [norm]))
        #expect(close(parameters[0].grad!, [first, -first / 3 * 4, 0, first * 4]))
        #expect(close(parameters[1].grad!, [first / 3, -first / 3 * 2, first / 3 * 2]))
        #expect(parameters[2].grad == nil)
    }

    @Test("small gradients stay as they are, bit by bit")
    func small() {
        let parameters = parameters()
        let version = parameters[0].grad!.clone()
        #expect(close(clipGradNorm_(parameters, maxNorm: 100), [13.34166431427002]))
        #expect(parameters[0].grad!.bitText == version.bitText)
    }

    @Test("types mix: the norm has the widest, the gradients keep theirs")
    func types() {
        let half = Tensor.zeros([2]).to(.bfloat16).requiresGrad_()
        let wide = Tensor.zeros([2]).to(.float64).requiresGrad_()
        half.grad = Tensor([3.0, 3.0]).to(.bfloat16)
        wide.grad = Tensor([3.0, 3.0]).to(.float64)
        let norm = clipGradNorm_([half, wide], maxNorm: 1)
        // The norm of the half gradient is rounded to its type first.
        #expect(norm.dtype == .float64 && close(norm, [(4.25 * 4.25 + 18.0).squareRoot()]))
        #expect(half.grad!.dtype == .bfloat16 && close(half.grad!, [0.5, 0.5]))
    }

    @Test("elements are limited")
    func values() {
        let parameters = parameters()
        clipGradValue_(parameters, clipValue: 2.5)
        #expect(close(parameters[0].grad!, [2.5, -2.5, 0, 2.5]) && close(parameters[1].grad!, [1, -2, 2]))
    }

    @Test("the norm of nothing is 0; a norm that is not finite is misuse where that is asked for")
    func special() {
        #expect(close(getTotalNorm([]), [0]))
        #expect(close(getTotalNorm([Tensor([3.0]), Tensor([4.0])]), [5]))
        let parameters = parameters()
        parameters[0].grad![0, 0] = Tensor(Double.nan)
        let error = failure { clipGradNorm_(parameters, maxNorm: 1, errorIfNonfinite: true) }
        #expect(
            error?.message
                == "The total norm of order 2.0 for gradients from `parameters` is non-finite, so it cannot be clipped. "
                + "To disable this error and scale the gradients by the non-finite norm anyway, set "
                + "`error_if_nonfinite=False`")
        #expect((parameters[1].grad!.sum().item() as Double) == 1)
        clipGradNorm_(parameters, maxNorm: 1)
        #expect((parameters[1].grad!.sum().item() as Double).isNaN)
        let given = self.parameters()
        clipGradsWithNorm_(given, maxNorm: 1, totalNorm: Tensor(2.0))
        #expect(close(given[1].grad!, [0.49999975, -0.9999995, 0.9999995]))
    }

    @Test("parameters as a vector and back")
    func vectors() {
        let (a, b) = (Tensor([[1.0, 2.0], [3.0, 4.0]]).requiresGrad_(), Tensor([5.0]).requiresGrad_())
        let vector = parametersToVector([a, b])
        #expect(close(vector.detach(), [1, 2, 3, 4, 5]))
        (vector * Tensor([1.0, 2.0, 3.0, 4.0, 5.0])).sum().backward()
        #expect(close(a.grad!, [1, 2, 3, 4]) && close(b.grad!, [5]))
        vectorToParameters(vector.detach() * 2, [a, b])
        #expect(close(a.detach(), [2, 4, 6, 8]) && close(b.detach(), [10]) && a.requiresGrad && a.isLeaf)
        #expect(failure { vectorToParameters(Tensor([1.0]), [a]) }?.name == "vector_to_parameters")
    }
}
