import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Index tensors beyond what the recorded rows hold: truth values, bytes, memory of any strides, many threads.
@Suite("Picking and putting")
struct PickingTests {
    private let x = Tensor.arange(24).reshape(2, 3, 4)

    @Test("Truth values, bytes and single integers in brackets")
    func kinds() {
        #expect(x[Tensor(true)].shape == [1, 2, 3, 4] && x[Tensor(false)].shape == [0, 2, 3, 4])
        #expect(x[Tensor([1, 0], dtype: .uint8)].equal(x[0].unsqueeze(0)))
        #expect(x[Tensor(1)].equal(x[1]) && x[Tensor([1, 0], dtype: .int32)].equal(x.flip([0])))
        #expect(x[[Int]()].shape == [0, 3, 4])
        #expect(x[.all, [0, 2], nil, [-1, 0]].toArray(Int.self) == [3, 15, 8, 20])
        #expect(x[[0, 1], .all, [1, 2]].shape == [2, 3])
        let mask = Tensor([[true, false, true], [false, false, true]])
        #expect(x[mask].shape == [3, 4] && x[mask, 0].toArray(Int.self) == [0, 8, 20])
    }

    @Test("Transposed memory reads and takes the same elements")
    func strides() {
        let turned = x.transpose(0, 2)
        let index: [TensorIndex] = [.tensor(Tensor([3, 0])), .all, .tensor(Tensor([1, 1]))]
        #expect(turned[at: index].equal(turned.contiguous()[at: index]))
        let target = Tensor.zeros([2, 3, 4], dtype: .int64).transpose(0, 2)
        let copy = target.contiguous()
        for tensor in [target, copy] { tensor.assign(Tensor([1, 2, 3]), at: index) }
        #expect(target.equal(copy) && copy.sum().item() == 12)
        target.indexPut_(index, Tensor(1), accumulate: true)
        copy.indexPut_(index, Tensor(1), accumulate: true)
        #expect(target.equal(copy))
        #expect(target[3, 0, 1].item() == 2 && target[3, 2, 1].item() == 4)
    }

    @Test("Gradients of assignment reach both, twice over")
    func gradients() {
        let source = Tensor([1.0, 2, 3]).requiresGrad_()
        let value = Tensor([5.0, 7]).requiresGrad_()
        let y = source * 1
        y[[0, 2]] = value
        let first = grad(outputs: [(y * y * y).sum()], inputs: [source, value], createGraph: true)
        #expect(first[0]!.toArray(Float.self) == [0, 12, 0] && first[1]!.toArray(Float.self) == [75, 147])
        let second = grad(outputs: [first[1]!.sum()], inputs: [value])
        #expect(second[0]!.toArray(Float.self) == [30, 42])
        let repeated = Tensor([1.0, 2]).requiresGrad_()
        repeated[[0, 0, 1]].sum().backward()
        #expect(repeated.grad!.toArray(Float.self) == [2, 1])
    }

    @Test("Adding by index gives the same sums on any number of threads, along any dimension")
    func manyThreads() {
        let count = 70_000
        let index = Tensor.arange(count).mul(7919).remainder(1000)
        let ones = Tensor.ones([count], dtype: .int64)
        #expect(Tensor.zeros([1000], dtype: .int64).scatterAdd(0, index, ones).eq(70).all().item())
        let rows = Tensor.ones([count, 8])
        #expect(Tensor.zeros(1000, 8).indexAdd(0, index, rows).eq(70).all().item())
        let wide = Tensor.ones([70, 1000])
        let columns = Tensor.arange(70).remainder(10)
        #expect(Tensor.zeros(10, 1000).indexAdd(0, columns, wide).eq(7).all().item())
        #expect(Tensor.zeros(1000, 10).indexAdd(1, columns, wide.t()).eq(7).all().item())
        let table = Tensor.arange(3000).reshape(1000, 3)
        #expect(table.indexSelect(0, index).equal(table[index]))
        #expect(table.t().indexSelect(1, index).equal(table[index].t()))
        #expect(
            Tensor.zeros([1000]).scatterReduce(0, index, Tensor.arange(count).float(), "amax").max().item() == 69_999.0)
    }

    @Test("Masks pick the same on any number of threads")
    func masks() {
        let count = 100_003
        let values = Tensor.arange(count)
        let mask = values.remainder(3).eq(1)
        let want = (0..<count).filter { $0 % 3 == 1 }
        #expect(values.maskedSelect(mask).toArray(Int.self) == want)
        #expect(mask.nonzero().reshape([-1]).toArray(Int.self) == want)
        #expect(
            Tensor.zerosLike(values).maskedScatter(mask, values.maskedSelect(mask)).sum().item() == want.reduce(0, +))
        let grid = Tensor([[0.0, .nan], [2, 0]])
        #expect(grid.nonzero().toArray(Int.self) == [0, 1, 1, 0])
        #expect(grid.nonzeroStatic(size: 3).toArray(Int.self) == [0, 1, 1, 0, -1, -1])
        #expect(Tensor(3.0).nonzero().shape == [1, 0] && Tensor(3.0).nonzeroAsTuple()[0].toArray(Int.self) == [0])
    }

    @Test("Reducing keeps a NaN, counts what is there as asked, and rounds integer means down")
    func reducing() {
        let x = Tensor([0.0, 1, 2])
        let source = Tensor([-5.0, -4, .nan])
        let index = Tensor([0, 0, 1])
        let largest = x.scatterReduce(0, index, source, "amax", includeSelf: false)
        #expect(largest[0].item() == -4.0 && largest[1].isnan().item() && largest[2].item() == 2.0)
        let integers = Tensor.arange(5)
        let addends = Tensor([-5, -4, -3])
        #expect(integers.scatterReduce(0, index, addends, "mean").toArray(Int.self) == [-3, -1, 2, 3, 4])
        #expect(
            integers.indexReduce(0, index, addends, "mean", includeSelf: false).toArray(Int.self) == [-5, -3, 2, 3, 4])
        #expect(Tensor([1, 2, 3]).indexFill(0, Tensor([-1]), 7).toArray(Int.self) == [1, 2, 7])
        #expect(Tensor([[1, 2, 3]]).takeAlongDim(Tensor([[-1]]), dim: 1).item() == 3)
        #expect(Tensor([5, -1]).unravelIndex([2, 3]).map { $0.toArray(Int.self) } == [[1, 1], [2, 2]])
    }
}
