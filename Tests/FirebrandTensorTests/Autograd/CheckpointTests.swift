import CRuntime
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Checkpointing and saved-tensor hooks", .serialized)
struct CheckpointTests {
    private func values(_ tensor: Tensor?) -> [Double]? { tensor?.toArray() }

    @Test("The gradients are those without it, the random numbers too; the body runs once more")
    func same() {
        let w = Tensor([0.5, -1, 2], requiresGrad: true)
        let x = Tensor([1.0, 2.0, 3.0], requiresGrad: true)
        nonisolated(unsafe) var runs = 0
        func body(_ x: Tensor) -> Tensor {
            runs += 1
            let noise = Tensor.rand(3)
            return ((x * w).tanh() * noise).exp() * w
        }
        func gradients(_ forward: () -> Tensor) -> [[Double]?] {
            (x.grad, w.grad) = (nil, nil)
            manualSeed(7)
            let y = forward()
            let after = Tensor.rand(1)
            y.sum().backward()
            let last = Tensor.rand(1)
            return [values(x.grad), values(w.grad), values(y.detach()), values(after), values(last)]
        }
        let plain = gradients { body(x) }
        #expect(runs == 1)
        #expect(gradients { checkpoint(x) { body($0) } } == plain)
        #expect(runs == 3)
        #expect(gradients { checkpoint(x) { checkpoint($0) { body($0) } } } == plain)
        #expect(gradients { checkpointSequential([{ $0 }, { body($0) }, { $0 * 1 }], segments: 2, x) } == plain)
    }

    @Test("It works with grad(), createGraph, several inputs, and a second pass")
    func withGrad() throws {
        let x = Tensor([0.3, 0.7], dtype: .float64, requiresGrad: true)
        let y = Tensor([1.3, -0.2], dtype: .float64, requiresGrad: true)
        func body(_ x: Tensor) -> Tensor { checkpoint(x, y) { ($0 * $1).sin() * $0.exp() } }
        let out = body(x).sum()
        let expected = grad(outputs: [((x * y).sin() * x.exp()).sum()], inputs: [x, y])
        for _ in 0..<2 {
            let found = grad(outputs: [out], inputs: [x, y], retainGraph: true)
            #expect(values(found[0]) == values(expected[0]) && values(found[1]) == values(expected[1]))
        }
        try gradcheck({ body($0) }, x)
        try gradgradcheck({ body($0) }, x)
    }

    @Test("What was saved inside is not held until backward")
    func memory() {
        let x = Tensor.ones([1 << 20], requiresGrad: true)
        func body(_ x: Tensor) -> Tensor {
            var y = x
            for _ in 0..<10 { y = (y * 0.5).sigmoid() }
            return y
        }
        func held(_ forward: () -> Tensor) -> Int {
            fb_empty_cache()
            let before = fb_bytes_in_use()
            let y = forward()
            return withExtendedLifetime(y) { Int(fb_bytes_in_use()) - Int(before) }
        }
        // Other suites run meanwhile, but hold little: one vector is 4 MiB, ten results are kept without.
        #expect(held { body(x) } > 36 << 20)
        #expect(held { checkpoint(x) { body($0) } } < 16 << 20)
        let y = checkpoint(x) { body($0) }
        y.sum().backward()
        #expect(x.grad!.isfinite().all().item() as Bool)
    }

    @Test("A body that saves something else the second time is found out")
    func mismatch() {
        let x = Tensor.ones(3, requiresGrad: true)
        nonisolated(unsafe) var runs = 0
        #expect(
            failure {
                checkpoint(x) {
                    runs += 1
                    return runs == 1 ? ($0 * $0).exp() : $0.exp()
                }.sum().backward()
            }?.message
                == "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                + "recomputation.\nNumber of tensors saved during forward: 3\nNumber of tensors saved during "
                + "recomputation: 1.")
        runs = 0
        #expect(
            failure {
                checkpoint(x) {
                    runs += 1
                    return runs == 1 ? $0.exp() : $0[..<2].exp()
                }.sum().backward()
            }?.message.hasPrefix(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata") == true)
        #expect(x.grad == nil)
    }

    @Test("Hooks see each saved tensor, and what they return comes back")
    func hooks() throws {
        let x = Tensor([0.5, 1.5], dtype: .float64, requiresGrad: true)
        nonisolated(unsafe) var packed = 0
        nonisolated(unsafe) var unpacked = 0
        func body(_ x: Tensor) -> Tensor {
            savedTensorsHooks(
                pack: {
                    packed += 1
                    return $0.toArray(Double.self)
                },
                unpack: {
                    unpacked += 1
                    return Tensor($0 as! [Double], dtype: .float64)
                }
            ) { (x * x).exp() * x }
        }
        body(x).sum().backward()
        // Both operands of each product and the exponential.
        #expect(packed == 5 && unpacked == 5)
        try gradcheck({ body($0) }, x)
        try gradgradcheck({ body($0) }, x)
    }
}
