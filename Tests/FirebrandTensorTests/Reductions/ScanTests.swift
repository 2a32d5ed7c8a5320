import FirebrandTensor
import Testing

/// Scans of every layout against plain loops.
@Suite("Scans")
struct ScanTests {
    @Test("Layouts change nothing", arguments: ReductionLayoutTests.layouts.keys.sorted(), ReductionLayoutTests.shapes)
    func layouts(_ layout: String, _ shape: [Int]) {
        for dtype in [DType.float64, .int32] {
            let x = Tensor.randn(shape, generator: Generator(seed: 3), dtype: .float64).mul(3).to(dtype)
            let y = ReductionLayoutTests.layouts[layout]!(x)
            for axis in 0..<3 {
                let what = "\(layout) \(dtype)\(shape) along \(axis)"
                check(y.cumsum(dim: axis), x, axis, what) { $0 + $1 }
                if dtype == .int32 {
                    check(y.cumprod(dim: axis), x, axis, what) { Double(Int64($0) &* Int64($1)) }
                }
                check(y.cummax(dim: axis).values, x, axis, what, Swift.max)
                check(y.cummin(dim: axis).values, x, axis, what, Swift.min)
                let (values, indices) = y.cummax(dim: axis)
                #expect(x.gather(axis, indices).eq(values).all().item() as Bool, "\(what)")
                if dtype == .float64 {
                    let exponentials = y.logcumsumexp(dim: axis).exp()
                    let difference: Double = exponentials.div(y.exp().cumsum(dim: axis)).sub(1).abs().max().item()
                    #expect(difference < 1e-12, "logcumsumexp \(what)")
                }
            }
        }
    }

    private func check(
        _ result: Tensor, _ x: Tensor, _ axis: Int, _ what: String, _ join: (Double, Double) -> Double
    ) {
        let length = x.shape[axis]
        let got: [Double] = result.movedim(axis, 2).contiguous().toArray()
        var expected: [Double] = x.movedim(axis, 2).contiguous().toArray()
        for index in expected.indices where index % length != 0 {
            expected[index] = join(expected[index - 1], expected[index])
            // Products beyond what doubles hold exactly are not compared.
            if abs(expected[index]) > 1e15 { return }
        }
        #expect(zip(got, expected).allSatisfy { abs($0 - $1) <= 1e-11 * (1 + abs($1)) }, "\(what)")
    }

    @Test("Of equals the last is named, and from a NaN on all is NaN")
    func extrema() {
        let x = Tensor([1.0, 3.0, 3.0, .nan, 5.0, .nan])
        let (values, indices) = x.cummax(dim: 0)
        #expect(values.toArray(Double.self)[..<3] == [1, 3, 3])
        #expect(values.toArray(Double.self)[3...].allSatisfy { $0.isNaN })
        #expect(indices.toArray(Int.self) == [0, 1, 2, 3, 3, 5])
        let columns = x.unsqueeze(1).expand(6, 20).contiguous().cummax(dim: 0).indices
        #expect(columns.select(1, 19).toArray(Int.self) == [0, 1, 2, 3, 3, 5])
        #expect(Tensor([3, 1, 1, 2]).cummin(dim: 0).indices.toArray(Int.self) == [0, 1, 2, 2])
    }

    @Test("Products with zeros have PyTorch's gradient")
    func zeros() {
        // torch.tensor([2., 0., 3., 0., 5.]).cumprod(0) with the gradient [1, 2, 3, 4, 5].
        let x = Tensor([2.0, 0.0, 3.0, 0.0, 5.0], requiresGrad: true)
        x.cumprod(dim: 0).backward(Tensor([1.0, 2.0, 3.0, 4.0, 5.0]))
        #expect(x.grad!.toArray(Double.self) == [1, 22, 0, 0, 0])
        let y = Tensor([2.0, 0.0, 3.0], requiresGrad: true)
        y.prod().backward()
        #expect(y.grad!.toArray(Double.self) == [0, 6, 0])
        // The mixed derivative of x0 x1 x2 by x1 and x2 is x0, at zeros too.
        let z = Tensor([2.0, 0.0, 0.0], requiresGrad: true)
        let slope = grad(outputs: [z.cumprod(dim: 0)[2]], inputs: [z], createGraph: true)[0]!
        #expect(grad(outputs: [slope[1]], inputs: [z])[0]!.toArray(Double.self) == [0, 0, 2])
    }

    @Test("Running log-sums start from minus infinity and stay infinite")
    func logs() {
        let x = Tensor([-.infinity, 1.0, 2.0, .infinity, 3.0])
        let y: [Double] = x.logcumsumexp(dim: 0).toArray()
        #expect(
            y[0] == -.infinity && y[1] == 1 && abs(y[2] - 2.3132617) < 1e-6 && y[3] == .infinity && y[4] == .infinity)
        #expect(Tensor([1e4, 1e4], dtype: .float32).logcumsumexp(dim: 0).isfinite().all().item() as Bool)
    }
}
