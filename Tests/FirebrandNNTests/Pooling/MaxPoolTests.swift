import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// 32-bit floats have kernels of their own, 64-bit ones the plain loop: each is the other's oracle.
@Suite struct MaxPoolTests {
    struct Windows: CustomTestStringConvertible {
        var shape: [Int]
        var kernel: [Int]
        var stride: [Int]?
        var padding: [Int]
        var dilation: [Int]
        var ceilMode = false
        var testDescription: String {
            "\(shape), \(kernel) every \(stride ?? kernel), padding \(padding), dilation \(dilation)"
        }

        func pooled(_ x: Tensor) -> (output: Tensor, indices: Tensor) {
            if kernel.count == 2 {
                return Functional.maxPool2dWithIndices(
                    x, kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
            }
            return Functional.maxPool3dWithIndices(
                x, kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode)
        }
    }

    /// Rows shorter and longer than vectors, windows that overlap and that leave gaps, strides with and without kernels of
    /// their own, and windows too large for a byte.
    static let windows = [
        Windows(shape: [2, 3, 9, 37], kernel: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1]),
        Windows(shape: [1, 2, 8, 64], kernel: [2, 2], padding: [0, 0], dilation: [1, 1]),
        Windows(shape: [3, 17, 11, 12], kernel: [3, 2], stride: [1, 1], padding: [1, 0], dilation: [2, 3]),
        Windows(
            shape: [1, 20, 7, 33], kernel: [2, 5], stride: [3, 3], padding: [0, 2], dilation: [1, 1], ceilMode: true),
        Windows(shape: [1, 1, 6, 41], kernel: [1, 4], stride: [2, 4], padding: [0, 2], dilation: [1, 1]),
        Windows(
            shape: [2, 2, 5, 23], kernel: [2, 1], stride: [4, 5], padding: [1, 0], dilation: [1, 1], ceilMode: true),
        Windows(shape: [1, 3, 18, 40], kernel: [17, 16], stride: [1, 2], padding: [3, 4], dilation: [1, 1]),
        Windows(
            shape: [1, 3, 5, 6, 19], kernel: [2, 3, 3], stride: [1, 2, 2], padding: [1, 1, 1], dilation: [1, 1, 1]),
        Windows(
            shape: [2, 18, 4, 5, 7], kernel: [3, 2, 2], stride: [2, 1, 3], padding: [1, 0, 1], dilation: [1, 2, 1]),
    ]

    /// Integers with many ties, and NaN and infinities among them.
    private static func numbers(_ shape: [Int], special: Bool) -> Tensor {
        let x = Tensor.randint(-4, 5, shape, generator: Generator(seed: 11)).to(.float32)
        guard special else { return x }
        let kind = Tensor.randint(0, 12, shape, generator: Generator(seed: 12))
        return x.maskedFill(kind.eq(0), Double.nan).maskedFill(kind.le(2).logicalAnd(kind.ge(1)), -Double.infinity)
    }

    private static func gradients(_ windows: Windows, _ x: Tensor) -> (first: Tensor, second: Tensor) {
        let leaf = x.detach().requiresGrad_()
        let output = windows.pooled(leaf).output
        // Small integers: sums of them do not depend on their order.
        let weights = Tensor.arange(output.count).fmod(7).reshape(output.shape).to(x.dtype).requiresGrad_()
        let first = grad(outputs: [output], inputs: [leaf], gradOutputs: [weights], createGraph: true)[0]!
        let pull = Tensor.arange(x.count).fmod(5).reshape(x.shape).to(x.dtype)
        let second = grad(outputs: [first], inputs: [weights], gradOutputs: [pull])[0]!
        return (first.detach(), second)
    }

    private func expectSame(_ a: Tensor, _ b: Tensor, _ what: String) {
        #expect(a.shape == b.shape, "\(what)")
        let (a, b): ([Double], [Double]) = (a.to(.float64).toArray(), b.to(.float64).toArray())
        for (position, (x, y)) in zip(a, b).enumerated() where x != y && !(x.isNaN && y.isNaN) {
            Issue.record("\(what): element \(position) is \(x), not \(y)")
            return
        }
    }

    @Test("The fast kernels agree with the plain ones", arguments: windows)
    func kernels(_ windows: Windows) {
        for special in [false, true] {
            for format in [MemoryFormat.contiguous, windows.kernel.count == 2 ? .channelsLast : .channelsLast3d] {
                let x = MaxPoolTests.numbers(windows.shape, special: special).to(memoryFormat: format)
                let (fast, plain) = (windows.pooled(x), windows.pooled(x.to(.float64)))
                let what = "\(format), \(special)"
                expectSame(fast.output, plain.output, "output, \(what)")
                expectSame(fast.indices, plain.indices, "indices, \(what)")
                #expect(fast.output.isContiguous(memoryFormat: format))
                #expect(fast.indices.isContiguous(memoryFormat: format))
                let (own, others) = (
                    MaxPoolTests.gradients(windows, x), MaxPoolTests.gradients(windows, x.to(.float64))
                )
                expectSame(own.first, others.first, "gradient, \(what)")
                expectSame(own.second, others.second, "second gradient, \(what)")
            }
        }
    }

    @Test("The first of equals wins, the last NaN, and padding never")
    func ties() {
        let x = Tensor([
            [[3.0, 3, 1, .nan], [2, 3, .nan, 0], [-.infinity, -.infinity, 1, 1], [-.infinity, -.infinity, 1, 1]]
        ])
        .to(.float32)
        let (output, indices) = Functional.maxPool2dWithIndices(x, 2)
        #expect(output[0, 0, 0].item() == 3.0)
        #expect((output[0, 0, 1].item() as Double).isNaN)
        #expect(output[0, 1, 0].item() == -Double.infinity)
        #expect(indices.toArray() == [0, 6, 8, 10])
        let padded = Functional.maxPool2dWithIndices(x.narrow(1, 2, 2).narrow(2, 0, 2), 2, padding: 1)
        #expect(padded.indices.toArray() == [0, 1, 2, 3])
    }

    @Test("Empty batches, integers and halves")
    func types() {
        #expect(Functional.maxPool2d(Tensor.zeros(0, 3, 8, 8), 2).shape == [0, 3, 4, 4])
        let bytes = Tensor([[[1, 200], [3, 4]]], dtype: .uint8)
        let pooled = Functional.maxPool2d(bytes, 2)
        #expect(pooled.dtype == .uint8 && pooled.item() == 200)
        let halves = Tensor.arange(16.0).reshape(1, 4, 4).to(.bfloat16).requiresGrad_()
        let result = Functional.maxPool2d(halves, 2)
        result.sum().backward()
        #expect(result.dtype == .bfloat16 && halves.grad?.dtype == .bfloat16)
        #expect(halves.grad!.sum().item() == 4.0)
    }
}
