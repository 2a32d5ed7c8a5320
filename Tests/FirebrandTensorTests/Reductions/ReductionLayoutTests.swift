import FirebrandTensor
import Testing

/// Reductions of every layout, against plain loops in double precision.
@Suite("Reductions over layouts")
struct ReductionLayoutTests {
    /// Views of one three-dimensional tensor that lie in memory in different ways.
    static let layouts: [String: @Sendable (Tensor) -> Tensor] = [
        "contiguous": { $0 },
        "reversed dimensions": { $0.permute(2, 1, 0).contiguous().permute(2, 1, 0) },
        "middle last": { $0.permute(0, 2, 1).contiguous().permute(0, 2, 1) },
        "every second": { stack([$0, Tensor.zerosLike($0)], dim: 3).select(3, 0) },
        "offset rows": { cat([$0, $0], dim: 0).narrow(0, $0.shape[0], $0.shape[0]) },
    ]
    static let shapes = [
        [3, 4, 5], [2, 3, 70], [2, 70, 3], [70, 2, 3], [1, 40, 33], [5, 1, 1], [3, 600, 20], [2, 2, 1500],
    ]
    static let reduced = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]

    private static func values(_ shape: [Int], _ dtype: DType) -> Tensor {
        let x = Tensor.randn(shape, generator: Generator(seed: 11), dtype: .float64)
        switch dtype {
        case .bool: return x.gt(0)
        case .uint8: return x.abs().mul(40).to(.uint8)
        case .int8, .int16, .int32, .int64: return x.mul(30).to(dtype)
        default: return x.to(dtype)
        }
    }

    /// The elements that each result is made of, in order.
    private static func groups(_ x: Tensor, _ dims: [Int]) -> [[Double]] {
        let kept = (0..<x.dim).filter { !dims.contains($0) }
        let rows = x.permute(kept + dims).contiguous()
        let numbers: [Double] = rows.toArray()
        let length = dims.reduce(1) { $0 * x.shape[$1] }
        return stride(from: 0, to: numbers.count, by: length).map { Array(numbers[$0..<$0 + length]) }
    }

    private func expect(
        _ result: Tensor, _ expected: [Double], within tolerance: Double, _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let got: [Double] = result.toArray()
        #expect(got.count == expected.count, "\(what)", sourceLocation: sourceLocation)
        for (a, b) in zip(got, expected) where !(abs(a - b) <= tolerance * (1 + abs(b)) || a.isNaN && b.isNaN) {
            Issue.record("\(what): got \(a), wanted \(b)", sourceLocation: sourceLocation)
            return
        }
    }

    @Test("give what loops give", arguments: layouts.keys.sorted(), shapes)
    func reductions(_ layout: String, _ shape: [Int]) {
        for dtype in [DType.float32, .float64, .float16, .int32, .uint8, .bool] {
            let x = ReductionLayoutTests.layouts[layout]!(ReductionLayoutTests.values(shape, dtype))
            let tolerance = dtype == .float64 ? 1e-12 : dtype == .float16 ? 2e-3 : 1e-5
            for dims in ReductionLayoutTests.reduced {
                let groups = ReductionLayoutTests.groups(x, dims)
                let what = "\(layout) \(dtype)\(shape) over \(dims)"
                expect(x.sum(dim: dims), groups.map { $0.reduce(0, +) }, within: 4 * tolerance, "sum \(what)")
                expect(x.amax(dim: dims), groups.map { $0.max()! }, within: 0, "amax \(what)")
                expect(x.amin(dim: dims), groups.map { $0.min()! }, within: 0, "amin \(what)")
                expect(
                    x.countNonzero(dim: dims), groups.map { Double($0.count { $0 != 0 }) }, within: 0, "count \(what)")
                expect(x.any(dim: dims), groups.map { $0.contains { $0 != 0 } ? 1 : 0 }, within: 0, "any \(what)")
                expect(x.all(dim: dims), groups.map { $0.allSatisfy { $0 != 0 } ? 1 : 0 }, within: 0, "all \(what)")
                if dims.count == 1 {
                    expect(
                        x.prod(dim: dims[0]), groups.map { product($0, dtype) }, within: 1e3 * tolerance, "prod \(what)"
                    )
                }
                if dims.count == 1, dtype != .bool {
                    let (values, indices) = x.max(dim: dims[0])
                    expect(values, groups.map { $0.max()! }, within: 0, "max \(what)")
                    expect(indices, groups.map { Double($0.firstIndex(of: $0.max()!)!) }, within: 0, "argmax \(what)")
                    expect(
                        x.argmin(dim: dims[0]), groups.map { Double($0.firstIndex(of: $0.min()!)!) }, within: 0,
                        "argmin \(what)")
                }
                guard dtype.isFloatingPoint else { continue }
                expect(x.var(dim: dims, correction: 0), groups.map(variance), within: 4 * tolerance, "var \(what)")
                expect(
                    x.mean(dim: dims), groups.map { $0.reduce(0, +) / Double($0.count) }, within: tolerance,
                    "mean \(what)")
                expect(
                    x.logsumexp(dim: dims), groups.map { $0.reduce(0) { $0 + exponential($1) } }.map(logarithm),
                    within: tolerance, "logsumexp \(what)")
                expect(
                    x.norm(dim: dims), groups.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }, within: 4 * tolerance,
                    "norm \(what)")
                expect(
                    x.norm(1, dim: dims), groups.map { $0.reduce(0) { $0 + abs($1) } }, within: 4 * tolerance,
                    "norm 1 \(what)")
            }
        }
    }

    // Of tensors, so as not to need the C library: one element at a time in double precision.
    private func exponential(_ x: Double) -> Double { Tensor(x, dtype: .float64).exp().item() }
    private func logarithm(_ x: Double) -> Double { Tensor(x, dtype: .float64).log().item() }

    private func product(_ numbers: [Double], _ dtype: DType) -> Double {
        if dtype.isFloatingPoint {
            let product = numbers.reduce(1, *)
            return dtype == .float16 && abs(product) > 65_504 ? product * .infinity : product
        }
        return Double(numbers.reduce(Int64(1)) { $0 &* Int64($1) })
    }

    private func variance(_ numbers: [Double]) -> Double {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        return numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
    }

    @Test(
        "NaN is the largest, the smallest and the first of all, wherever it stands", arguments: [5, 40, 3000, 70_000])
    func nan(_ length: Int) {
        for place in [0, 1, length / 2, length - 1] {
            for columns in [1, 3, 40] {
                let rows = Tensor.randn([columns, length], generator: Generator(seed: 2), dtype: .float32)
                rows.narrow(1, place, 1).fill_(Double.nan)
                if place + 2 < length { rows.narrow(1, place + 2, 1).fill_(Double.nan) }
                for (x, axis) in [(rows, 1), (rows.t().contiguous(), 0), (rows.t(), 0)] {
                    #expect(x.amax(dim: [axis]).isnan().all().item() as Bool)
                    #expect(x.amin(dim: [axis]).isnan().all().item() as Bool)
                    #expect(x.logsumexp(dim: axis).isnan().all().item() as Bool)
                    #expect(x.nansum(dim: [axis]).isnan().any().item() as Bool == false)
                    for indices in [x.argmax(dim: axis), x.argmin(dim: axis), x.max(dim: axis).indices] {
                        #expect(indices.toArray(Int.self).allSatisfy { $0 == place })
                    }
                }
            }
        }
    }

    @Test("Broadcast elements count as often as they appear")
    func broadcast() {
        let x = Tensor.arange(50).to(.float32)
        let wide = x.expand(3000, 50)
        #expect(wide.sum().item() as Double == 3000 * 1225)
        #expect(wide.sum(dim: 0).toArray(Float.self) == x.mul(3000).toArray(Float.self))
        #expect(wide.sum(dim: 1).toArray(Float.self).allSatisfy { $0 == 1225 })
        #expect(wide.t().argmax(dim: 0).toArray(Int.self).allSatisfy { $0 == 49 })
        let column = x.unsqueeze(1).expand(50, 3000)
        #expect(column.sum(dim: 1).toArray(Float.self) == x.mul(3000).toArray(Float.self))
        #expect(column.var(dim: 0, correction: 0).toArray(Float.self).allSatisfy { abs($0 - 208.25) < 1e-4 })
    }

    @Test("Nothing reduces to what changes nothing")
    func empty() {
        let x = Tensor.zeros(3, 0, 2)
        #expect(x.sum(dim: 1).toArray(Float.self) == Array(repeating: 0, count: 6))
        #expect(x.prod(dim: 1).toArray(Float.self) == Array(repeating: 1, count: 6))
        #expect(x.all(dim: 1).toArray(Bool.self) == Array(repeating: true, count: 6))
        #expect(x.any(dim: 1).toArray(Bool.self) == Array(repeating: false, count: 6))
        #expect(x.logsumexp(dim: 1).toArray(Float.self).allSatisfy { $0 == -.infinity })
        #expect(x.mean(dim: 1).isnan().all().item() as Bool && x.var(dim: 1).isnan().all().item() as Bool)
        #expect(x.sum(dim: 0).shape == [0, 2] && x.sum().item() as Double == 0)
        #expect(x.norm().item() as Double == 0 && x.countNonzero().item() as Int == 0)
    }

    @Test("Infinite terms of log-sums give infinity, not NaN")
    func infinite() {
        let x = Tensor([[1.0, .infinity], [-.infinity, -.infinity], [-.infinity, 2.0]])
        #expect(x.logsumexp(dim: 1).toArray(Double.self) == [.infinity, -.infinity, 2])
        #expect(x.t().contiguous().logsumexp(dim: 0).toArray(Double.self) == [.infinity, -.infinity, 2])
        let columns = x.unsqueeze(2).expand(3, 2, 40).contiguous()
        #expect(columns.logsumexp(dim: 1).select(1, 39).toArray(Double.self) == [.infinity, -.infinity, 2])
    }
}
