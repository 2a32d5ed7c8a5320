import FirebrandOptim
import FirebrandTensor
import Glibc
import Testing

@Suite("Adafactor's passes")
struct AdafactorTests {
    /// The rule written out, on float64 (Shazeer and Stern, 2018, with PyTorch's order).
    private struct Reference {
        var parameter: Tensor
        var rows: Tensor?
        var columns: Tensor?
        var step = 0.0

        mutating func update(_ slope: Tensor, lr: Double, decay: Double) {
            step += 1
            let weight = pow(step, -0.8)
            let least = DType.float64.finfo.eps
            func size(_ x: Tensor) -> Double {
                let mean: Double = x.square().mean().item()
                return mean.squareRoot()
            }
            let length = max(1e-3, size(parameter)) * min(lr, 1 / step.squareRoot())
            func averaged(_ old: Tensor?, _ new: Tensor) -> Tensor {
                (old ?? Tensor.zerosLike(new)).mul(1 - weight).add(new.mul(weight))
            }
            let square = slope.square()
            var divisor: Tensor
            if slope.dim > 1 {
                let r = averaged(rows, square.mean(dim: [-1], keepdim: true))
                let c = averaged(columns, square.mean(dim: [-2], keepdim: true))
                (rows, columns) = (r, c)
                divisor = r.matmul(c).div(r.mean(dim: [-2], keepdim: true).clamp(min: least))
            } else {
                divisor = averaged(columns, square)
                columns = divisor
            }
            divisor = divisor.clamp(min: least * least).sqrt()
            let direction = slope.div(divisor)
            parameter = parameter.mul(1 - lr * decay).sub(direction.mul(length / max(1, size(direction))))
        }
    }

    @Test(
        "give the written-out rule, whatever the sizes and the order in memory",
        arguments: [[5], [20_000], [1], [3, 4], [700, 33], [40, 9001], [2, 3, 70, 65], [1, 1], [0, 3]])
    func sizes(_ shape: [Int]) {
        for isTransposed in shape.count == 2 ? [false, true] : [false] {
            let generator = Generator(seed: 3)
            let start = Tensor.randn(shape, generator: generator, dtype: .float64)
            let wide = (isTransposed ? start.t().clone(memoryFormat: .contiguous).t() : start.clone()).requiresGrad_()
            let single = wide.detach().to(.float32).requiresGrad_()
            let optimizer = Adafactor([wide, single], lr: 0.02, weightDecay: 0.1)
            var reference = Reference(parameter: start)
            for _ in 0..<3 {
                let slope = Tensor.randn(shape, generator: generator, dtype: .float64)
                wide.grad = slope
                single.grad = slope.to(.float32)
                optimizer.step()
                if start.count > 0 { reference.update(slope, lr: 0.02, decay: 0.1) }
            }
            #expect(wide.detach().allclose(reference.parameter, rtol: 1e-11, atol: 1e-13))
            #expect(single.detach().to(.float64).allclose(reference.parameter, rtol: 1e-5, atol: 1e-6))
        }
    }

    @Test("do not depend on the number of threads")
    func threads() {
        let before = numThreads()
        defer { setNumThreads(before) }
        let results = [1, 2].map { count -> Tensor in
            setNumThreads(count)
            let p = Tensor.arange(300 * 700).to(.float32).sin().view(300, 700).requiresGrad_()
            p.grad = p.detach().cos()
            Adafactor([p]).step()
            return p.detach()
        }
        #expect(results[0].equal(results[1]))
    }
}
