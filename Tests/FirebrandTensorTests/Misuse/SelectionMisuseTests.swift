import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Wrong indices, masks, ranks and sequences are refused in PyTorch's words, and nothing stops.
@Suite("Misuse of indexing and order")
struct SelectionMisuseTests {
    private static let x = Tensor.arange(3.0)
    private static let i = Tensor([0])

    private func refuses(_ words: String, _ body: () -> Void) {
        let message = failure(body)?.message ?? "nothing refused"
        #expect(message.contains(words), "\(message)")
    }

    @Test("Indices")
    func indices() {
        let (x, i) = (Self.x.clone(), Self.i)
        refuses("index 3 is out of bounds for dimension 0 with size 3") { _ = x[Tensor([3])] }
        refuses("index -4 is out of bounds for dimension 0 with size 3") { _ = x[[-4]] }
        refuses("too many indices for tensor of dimension 1") { _ = x[0, 0] }
        refuses("tensors used as indices must be long, int, byte or bool tensors") { _ = x[Tensor([0.5])] }
        refuses("The shape of the mask [2] at index 0 does not match") { _ = x[Tensor([true, false])] }
        refuses("slice step cannot be zero") { _ = x[at: [.slice(nil, nil, 0)]] }
        refuses("cannot be broadcast to indexing result of shape [2]") { x[[0, 1]] = Tensor.ones(3) }
        refuses("Index put requires the source and destination dtypes match") {
            _ = x.indexPut([.tensor(i)], Tensor(1))
        }
        refuses("out of range: tried to access index -4 on a tensor of 3 elements.") { _ = x.take(Tensor([-4])) }
        refuses("Expected source and index to have the same number of elements") {
            _ = x.put(Tensor([0, 1]), Tensor.ones(1))
        }
    }

    @Test("Slices and scatters")
    func slices() {
        let (x, i) = (Self.x.clone(), Self.i)
        refuses("Number of indices (2) should be equal to source.size(dim): (1), for dim: 0") {
            _ = x.indexAdd(0, Tensor([0, 1]), Tensor.ones(1))
        }
        refuses("self (Float) and source (Double) must have the same scalar type") {
            _ = x.indexAdd(0, i, Tensor.ones([1], dtype: .float64))
        }
        refuses("Index has to be a vector/scalar") { _ = x.indexFill(0, Tensor([[0]]), 1) }
        refuses("index 4 is out of bounds for dimension 0 with size 3") { _ = x.indexFill(0, Tensor([4]), 1) }
        refuses("Expected a long tensor for index, but got Int") {
            _ = x.indexCopy(0, Tensor([0], dtype: .int32), Tensor.ones(1))
        }
        refuses("Expected reduce to be one of prod, mean, amax or amin but got sum.") {
            _ = x.indexReduce(0, i, Tensor.ones(1), "sum")
        }
        refuses("reduce argument must be either sum, prod, mean, amax or amin, got foo") {
            _ = x.scatterReduce(0, i, Tensor.ones(1), "foo")
        }
        refuses("reduce argument must be either add or multiply.") { _ = x.scatter(0, i, value: 1, reduce: "sum") }
        refuses("derivative for aten::scatter is not implemented") {
            let leaf = x.clone().requiresGrad_()
            leaf.scatter(0, i, value: 1, reduce: "add").sum().backward()
        }
        refuses("index 4 is out of bounds for dimension 0 with size 3") {
            x.scatterAdd_(0, Tensor([4]), Tensor.ones(1))
        }
        #expect(x.equal(Self.x), "a refused scatter changed its target")
    }

    @Test("Masks")
    func masks() {
        let x = Self.x.clone()
        refuses("masked_select: expected BoolTensor for mask") { _ = x.maskedSelect(Tensor([1, 1, 0])) }
        refuses("Number of elements of source < number of ones in mask") {
            _ = x.maskedScatter(Tensor([true, true, false]), Tensor.ones(1))
        }
        refuses("expected self and source to have same dtypes but got Float and Long") {
            _ = x.maskedScatter(Tensor([true, true, false]), Tensor([1, 2]))
        }
        refuses("meta tensors have none") { _ = Tensor.zeros([2], device: .meta).nonzero() }
    }

    @Test("Order")
    func order() {
        let x = Self.x
        refuses("selected index k out of range") { _ = x.topk(4) }
        refuses("selected number k out of range for dimension 0") { _ = x.kthvalue(4) }
        refuses("median(): Expected reduction dim 0 to have non-zero size.") { _ = Tensor.zeros(0).median(dim: 0) }
        refuses("q must be in the range [0, 1] but got 1.5") { _ = x.quantile(1.5) }
        refuses("input tensor must be either float or double dtype") { _ = Tensor([1]).quantile(0.5) }
        refuses("side and right can't be set to opposites") { _ = x.searchsorted(x, right: true, side: "left") }
        refuses("the first N-1 dimensions of boundaries tensor and input value tensor must match") {
            _ = Tensor.ones(2, 3).searchsorted(Tensor.ones(3, 3))
        }
        refuses("bincount only supports 1-d non-negative integral inputs.") { _ = Tensor([-1]).bincount() }
        refuses("not implemented for 'Long'") { _ = Tensor([1]).histc() }
    }
}
