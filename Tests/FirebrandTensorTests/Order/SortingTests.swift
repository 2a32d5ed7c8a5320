import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Order among equals, NaN and zeros; rows short, middling and long against Swift's own sort.
@Suite("Sorting")
struct SortingTests {
    /// Numbers with many equals, of a fixed sequence.
    private func numbers(_ count: Int, distinct: Int = 1 << 20) -> [Float] {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(Int(state % UInt64(distinct)) - distinct / 2) / 16
        }
    }

    private func order(_ values: [Float], descending: Bool = false) -> [Int] {
        values.indices.sorted {
            values[$0] != values[$1] ? (values[$0] < values[$1]) != descending : $0 < $1
        }
    }

    @Test(
        "Equal elements keep their order, whatever the length",
        arguments: [1, 2, 63, 64, 128, 129, 1000, 70_000, 131_073])
    func stable(_ count: Int) {
        for distinct in [3, 1 << 20] {
            let values = numbers(count, distinct: distinct)
            for descending in [false, true] {
                let want = order(values, descending: descending)
                let sorted = Tensor(values).sort(descending: descending)
                #expect(sorted.indices.toArray(Int.self) == want)
                #expect(sorted.values.toArray(Float.self) == want.map { values[$0] })
                #expect(Tensor(values).argsort(descending: descending).toArray(Int.self) == want)
            }
        }
    }

    @Test(
        "Every element type sorts as its numbers do",
        arguments: [
            DType.uint8, .int8, .int16, .int32, .int64, .float16, .bfloat16, .float32, .float64,
        ])
    func types(_ dtype: DType) {
        for count in [50, 300, 70_000] {
            let x = Tensor(numbers(count, distinct: 200)).mul(16).to(dtype)
            let values = x.double().toArray(Double.self)
            let want = values.indices.sorted { values[$0] != values[$1] ? values[$0] < values[$1] : $0 < $1 }
            let sorted = x.sort()
            #expect(sorted.values.dtype == dtype)
            #expect(sorted.indices.toArray(Int.self) == want)
            #expect(sorted.values.double().toArray(Double.self) == want.map { values[$0] })
            let best = x.topk(5, largest: false)
            #expect(best.values.double().toArray(Double.self) == want.prefix(5).map { values[$0] })
        }
        let flags = Tensor([true, false, true, false]).sort()
        #expect(flags.indices.toArray(Int.self) == [1, 3, 0, 2])
    }

    @Test("NaN is the largest, the zeros are equal and keep their signs")
    func specialNumbers() {
        for padding in [0, 300, 70_000] {
            let filler = [Float](repeating: 7, count: padding)
            let x = Tensor([1, .nan, 0, -0.0, -.infinity, .infinity, .nan] as [Float] + filler)
            let up = x.sort()
            let start = up.values.narrow(0, 0, 4).toArray(Float.self)
            #expect(up.indices.narrow(0, 0, 4).toArray(Int.self) == [4, 2, 3, 0])
            #expect(start[1].sign == .plus && start[2].sign == .minus)
            #expect(up.indices[.range(-3)].toArray(Int.self) == [5, 1, 6])
            let down = x.sort(descending: true)
            #expect(down.indices.narrow(0, 0, 3).toArray(Int.self) == [1, 6, 5])
            #expect(x.topk(2).values.isnan().all().item())
        }
    }

    @Test("Any dimension sorts, of contiguous and of transposed memory", arguments: [0, 1, 2])
    func dimensions(_ dim: Int) {
        let x = Tensor(numbers(3 * 200 * 21)).reshape(3, 200, 21)
        for operand in [x, x.transpose(0, 2)] {
            let sorted = operand.sort(dim: dim)
            let moved = operand.movedim(dim, -1).contiguous()
            let want = moved.sort()
            #expect(sorted.values.movedim(dim, -1).equal(want.values))
            #expect(sorted.indices.movedim(dim, -1).equal(want.indices))
            #expect(operand.gather(dim, sorted.indices).equal(sorted.values))
            let length = operand.shape[dim]
            let best = operand.topk(2, dim: dim)
            #expect(best.values.equal(sorted.values.narrow(dim, length - 2, 2).flip([dim])))
            let third = operand.kthvalue(3, dim: dim)
            #expect(third.values.equal(sorted.values.select(dim, 2)))
            let middle = operand.median(dim: dim, keepdim: true)
            #expect(middle.values.equal(sorted.values.narrow(dim, (length - 1) / 2, 1)))
            #expect(operand.gather(dim, middle.indices).equal(middle.values))
        }
    }

    @Test("The first k of a long row are those of the sorted row", arguments: [1, 16, 1000, 40_000])
    func first(_ k: Int) {
        let x = Tensor(numbers(140_000))
        #expect(x.topk(k).values.equal(x.sort(descending: true).values.narrow(0, 0, k)))
        let rising = x.sort().values
        #expect(rising.topk(k).values.equal(rising.narrow(0, rising.count - k, k).flip([0])))
        #expect(x.take(x.topk(k, largest: false).indices).equal(x.topk(k, largest: false).values))
    }

    @Test("Nothing sorts to nothing, one to itself")
    func small() {
        let nothing = Tensor.zeros(0).sort()
        #expect(nothing.values.shape == [0] && nothing.indices.dtype == .int64)
        #expect(Tensor.zeros(3, 0).sort(dim: 0).indices.shape == [3, 0])
        let one = Tensor(3.0).sort()
        #expect(one.values.shape == [] && one.values.item() == 3.0 && one.indices.item() == 0)
        #expect(Tensor.zeros(2, 3).topk(0).values.shape == [2, 0])
    }

    @Test("Medians and modes treat NaN as PyTorch does")
    func ranks() {
        let x = Tensor([1, .nan, 3, 2] as [Float])
        #expect(x.median().isnan().item())
        #expect(x.median(dim: 0).indices.item() == 1)
        #expect(x.nanmedian().item() == 2.0)
        #expect(x.nanmedian(dim: 0).indices.item() == 3)
        #expect(Tensor([5.0, 4, 4, 5]).mode().values.item() == 4.0)
        #expect(Tensor([5.0, 4, 4, 5]).mode().indices.item() == 2)
        #expect(Tensor([Double.nan, .nan, 1, 1]).mode().values.item() == 1.0)
        #expect(Tensor([Double.nan, .nan, 1]).mode().indices.item() == 0)
        #expect(Tensor.zeros(0).median().isnan().item())
    }

    @Test("Quantiles interpolate as asked, and follow NaN")
    func quantiles() {
        let x = Tensor([4.0, 1, 3, 2]).double()
        func at(_ mode: Tensor.Interpolation) -> Double { x.quantile(0.4, interpolation: mode).item() }
        #expect(abs(at(.linear) - 2.2) < 1e-12)
        #expect(at(.lower) == 2 && at(.higher) == 3 && at(.midpoint) == 2.5 && at(.nearest) == 2)
        let spoiled = Tensor([4.0, .nan, 3, 2] as [Double])
        #expect(spoiled.quantile(0.5).isnan().item())
        #expect(spoiled.nanquantile(0.5).item() == 3.0)
        let rows = Tensor.arange(6.0, dtype: .float64).reshape(2, 3)
        let both = rows.quantile(Tensor([0.0, 1.0]).double(), dim: 1, keepdim: true)
        #expect(both.shape == [2, 2, 1] && both.toArray(Double.self) == [0, 3, 2, 5])
    }

    @Test("Shapes and types on the meta device need no elements")
    func meta() {
        let x = Tensor.zeros([4, 5], device: .meta)
        #expect(x.sort(dim: 0).indices.shape == [4, 5])
        #expect(x.topk(2).values.shape == [4, 2])
        #expect(x.median(dim: 1, keepdim: true).indices.dtype == .int64)
        #expect(x.quantile(0.5, dim: 0).shape == [5])
    }
}
