import FirebrandTensor
import Testing

/// Four million elements lose no digits, along whichever axis they lie.
@Suite("Precision of long reductions")
struct PrecisionTests {
    static let shapes = [
        [4_194_304], [1, 4_194_304], [4_194_304, 1], [2048, 2048], [64, 65_536], [65_536, 64], [1_048_576, 4],
    ]

    private func close(_ got: Tensor, _ wanted: Tensor, _ tolerance: Double, _ what: String) {
        // By operators: millions of elements would take long one by one.
        let worst: Double = got.double().sub(wanted.double()).abs().div(wanted.double().abs()).max().item()
        #expect(got.shape == wanted.shape && worst <= tolerance, "\(what): off by \(worst)")
    }

    @Test("Sums, means, spreads and norms of single precision are those of double precision", arguments: shapes)
    func long(_ shape: [Int]) {
        // Runs of up to 512 elements are added in single precision, which may cost two of its last bits.
        // Far from zero, where naive sums and squares of differences lose most.
        let x = Tensor.rand(shape, generator: Generator(seed: 9)).add(1000)
        let wide = x.double()
        for dim in Array(0..<shape.count).map({ [$0] }) + [Array(0..<shape.count)] {
            let what = "\(shape) over \(dim)"
            for y in [x, shape.count == 2 ? x.t().contiguous().t() : x] {
                close(y.sum(dim: dim), wide.sum(dim: dim), 3e-7, "sum \(what)")
                close(y.mean(dim: dim), wide.mean(dim: dim), 3e-7, "mean \(what)")
                close(y.norm(dim: dim), wide.norm(dim: dim), 1.8e-7, "norm \(what)")
                if dim.reduce(1, { $0 * shape[$1] }) > 3 {
                    close(y.var(dim: dim), wide.var(dim: dim), 2e-7, "var \(what)")
                }
            }
        }
        // 1/3 is no binary fraction: a plain running sum of it is off in the tenth digit after four million.
        let thirds = Tensor.full(shape, 1.0 / 3, dtype: .float64)
        close(thirds.sum(), Tensor(4_194_304.0 / 3, dtype: .float64), 1e-15, "thirds \(shape)")
        #expect(abs((thirds.var().item() as Double)) < 1e-30)
    }

    @Test("16-bit floats are summed in single precision", arguments: [DType.float16, .bfloat16])
    func halves(_ dtype: DType) {
        let x = Tensor.rand([1024, 4096], generator: Generator(seed: 4)).to(dtype)
        for dim in [[0], [1]] {
            close(x.sum(dim: dim), x.double().sum(dim: dim), dtype == .float16 ? 5e-4 : 4e-3, "\(dtype) over \(dim)")
            close(x.mean(dim: dim), x.double().mean(dim: dim), dtype == .float16 ? 5e-4 : 4e-3, "\(dtype) over \(dim)")
        }
        // The sum is beyond float16, the mean is not.
        #expect(Tensor.full([1000], 1000, dtype: dtype).mean().item() as Double == 1000)
    }

    @Test("Running sums keep their digits", arguments: [[4_194_304], [2048, 2048], [65_536, 64]])
    func scans(_ shape: [Int]) {
        let x = Tensor.rand(shape, generator: Generator(seed: 6))
        for dim in 0..<shape.count {
            close(x.cumsum(dim: dim), x.double().cumsum(dim: dim), 6e-8, "cumsum \(shape) along \(dim)")
        }
        let ones = Tensor.ones([4_194_304], dtype: .int64).cumsum(dim: 0)
        #expect(ones.eq(Tensor.arange(1, 4_194_305)).all().item() as Bool)
    }
}
