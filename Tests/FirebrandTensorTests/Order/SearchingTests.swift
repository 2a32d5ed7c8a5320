import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite("Searching and counting")
struct SearchingTests {
    @Test("Values go before or behind equals, a NaN behind all")
    func places() {
        let sequence = Tensor([1.0, 3, 3, 5])
        let values = Tensor([0.0, 3, 6, .nan])
        #expect(sequence.searchsorted(values).toArray(Int.self) == [0, 1, 4, 4])
        #expect(sequence.searchsorted(values, right: true).toArray(Int.self) == [0, 3, 4, 4])
        #expect(sequence.searchsorted(3, side: "right").item() == 3)
        #expect(sequence.searchsorted(values, outInt32: true).dtype == .int32)
        let shuffled = Tensor([5.0, 3, 1, 3])
        #expect(shuffled.searchsorted(values, sorter: shuffled.argsort()).toArray(Int.self) == [0, 1, 4, 4])
        let rows = Tensor([[1.0, 2], [3, 4]])
        #expect(rows.searchsorted(Tensor([[2.0, 3], [2, 3]])).toArray(Int.self) == [1, 2, 0, 0])
        #expect(Tensor([2, 9]).bucketize(Tensor([1, 2, 3]), right: true).toArray(Int.self) == [2, 3])
    }

    @Test("Long searches agree with counting", arguments: [DType.float32, .float64, .int32, .int64, .float16])
    func longSearch(_ dtype: DType) {
        let sequence = Tensor.arange(100).mul(3).to(dtype)
        let values = Tensor.arange(10_000).remainder(300).to(dtype)
        let want = (0..<10_000).map { ($0 % 300 + 2) / 3 }
        #expect(sequence.searchsorted(values).toArray(Int.self) == want)
    }

    @Test("Each element once: values, where they went, how often")
    func unique() {
        let x = Tensor([[2, 1, 2], [3, 1, 1]])
        let found = x.unique(returnInverse: true, returnCounts: true)
        #expect(found.values.toArray(Int.self) == [1, 2, 3])
        #expect(found.inverse!.shape == [2, 3] && found.values.take(found.inverse!).equal(x))
        #expect(found.counts!.toArray(Int.self) == [3, 2, 1])
        let runs = x.uniqueConsecutive(returnCounts: true)
        #expect(runs.values.toArray(Int.self) == [2, 1, 2, 3, 1] && runs.counts!.toArray(Int.self) == [1, 1, 1, 1, 2])
        let columns = Tensor([[1, 0, 1], [2, 5, 2]]).unique(returnInverse: true, returnCounts: true, dim: 1)
        #expect(columns.values.toArray(Int.self) == [0, 1, 5, 2])
        #expect(columns.inverse!.toArray(Int.self) == [1, 0, 1] && columns.counts!.toArray(Int.self) == [1, 2])
        #expect(Tensor([Double.nan, 1, .nan]).unique().values.shape == [3])
        #expect(Tensor.zeros(0).unique(returnCounts: true).counts!.shape == [0])
    }

    @Test("Members are found by comparing and by searching, NaN never")
    func members() {
        let x = Tensor([1.0, .nan, 5, 30])
        #expect(isin(x, Tensor([5.0, .nan])).toArray(Bool.self) == [false, false, true, false])
        let many = cat([Tensor.arange(20.0), Tensor([Float.nan])])
        #expect(isin(x, many).toArray(Bool.self) == [true, false, true, false])
        #expect(isin(x, many, invert: true).toArray(Bool.self) == [false, true, false, true])
        #expect(isin(Tensor([1, 2]), 2).toArray(Bool.self) == [false, true])
        #expect(isin(x, Tensor.zeros(0)).any().item() == false)
    }

    @Test("Histograms count both ends, weigh, and integrate to one")
    func histograms() {
        let x = Tensor([0.0, 1, 2, 2, 4, .nan])
        #expect(x.histc(bins: 4, min: 0, max: 4).toArray(Float.self) == [1, 1, 2, 1])
        #expect(Tensor([0, 3, 3]).bincount(minlength: 5).toArray(Int.self) == [1, 0, 0, 2, 0])
        #expect(Tensor([0, 1, 1]).bincount(weights: Tensor([0.5, 1, 2])).toArray(Float.self) == [0.5, 3])
        let (counts, edges) = x.narrow(0, 0, 5).histogram(bins: .edges(Tensor([0.0, 2, 4])))
        #expect(counts.toArray(Float.self) == [2, 3] && edges.count == 3)
        let density = x.narrow(0, 0, 5).histogram(bins: .count(2), density: true).hist
        #expect(abs(density.sum().item() * 2 - 1.0 as Double) < 1e-6)
        let points = Tensor([[0.0, 0], [1, 1], [1, 0]])
        #expect(points.histogramdd(bins: [.count(2), .count(2)]).hist.toArray(Float.self) == [1, 0, 1, 1])
    }
}
