import FirebrandTensor
import Testing

/// Contiguous memory has ways of its own through gather and scatter; strided memory shows what they should come to.
@Suite("Picking from and putting into contiguous memory")
struct IndexedLinesTests {
    static let shapes = [
        [40_000], [7], [300, 130], [2, 3, 5], [3, 90, 140], [140, 3, 90], [4, 60, 2, 70], [1, 500, 80],
    ]

    /// Small whole numbers, whose sums are exact in any order.
    private func numbers(_ shape: [Int], _ seed: Int, below limit: Int = 50) -> Tensor {
        Tensor.randint(0, limit, shape, generator: Generator(seed: seed)).to(.float32)
    }

    private func indices(_ shape: [Int], below limit: Int, _ seed: Int) -> Tensor {
        Tensor.randint(0, limit, shape, generator: Generator(seed: seed))
    }

    /// The same elements, every second one of twice the memory.
    private func strided(_ x: Tensor) -> Tensor { stack([x, Tensor.zerosLike(x)], dim: x.dim).select(x.dim, 0) }

    private func equal(_ a: Tensor, _ b: Tensor) -> Bool { a.equal(b) }

    @Test("Contiguous and strided operands give the same", arguments: shapes) func same(_ shape: [Int]) {
        for dim in 0..<shape.count {
            var part = shape
            part[dim] = shape[dim] / 2 + 3
            let (x, source) = (numbers(shape, 1), numbers(part, 2))
            let index = indices(part, below: shape[dim], 3)
            let vector = indices([part[dim]], below: shape[dim], 4)
            let what = "\(shape) along \(dim)"
            #expect(equal(x.gather(dim, index), strided(x).gather(dim, strided(index))), "gather \(what)")
            #expect(equal(x.indexSelect(dim, vector), strided(x).indexSelect(dim, strided(vector))), "select \(what)")
            for type in [DType.float32, .int64, .bfloat16, .bool] {
                let (x, source) = (x.to(type), source.to(type))
                #expect(
                    equal(
                        x.scatterAdd(dim, index, source),
                        strided(x).clone().scatterAdd(dim, strided(index), strided(source))),
                    "scatter \(type) \(what)")
                #expect(
                    equal(x.indexAdd(dim, vector, source), x.indexAdd(dim, strided(vector), strided(source))),
                    "add \(type) \(what)")
            }
            for reduce in ["amax", "prod"] {
                #expect(
                    equal(
                        x.scatterReduce(dim, index, source, reduce),
                        x.scatterReduce(dim, strided(index), strided(source), reduce)),
                    "\(reduce) \(what)")
            }
            #expect(
                equal(x.indexCopy(dim, vector, source), x.indexCopy(dim, strided(vector), strided(source))),
                "copy \(what)")
        }
    }

    @Test("An index out of range is found wherever it is", arguments: [-1, 130]) func outOfRange(_ wrong: Int) {
        for place in [0, 1023, 1024, 20_000] {
            let index = indices([300, 130], below: 130, 5)
            index.view(-1)[place] = Tensor(wrong)
            let x = numbers([300, 130], 6)
            func message(_ body: () -> Tensor) -> String {
                do {
                    _ = try recovering(body)
                    return ""
                } catch { return "\(error)" }
            }
            let wanted = "index \(wrong) is out of bounds for dimension 1 with size 130"
            #expect(message { x.gather(1, index) }.contains(wanted))
            #expect(message { x.scatterAdd(1, index, x) }.contains(wanted))
            #expect(message { x.indexSelect(1, index.view(-1)) }.contains(wanted))
        }
    }
}
