import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Tables of vectors; numbers are PyTorch's.
@Suite struct EmbeddingTests {
    private let table: [Float] = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    private func weight() -> Tensor { Tensor(elements: table, shape: [5, 2]).requiresGrad_() }

    private func close(_ tensor: Tensor, _ wanted: [Double]) -> Bool {
        firstDifference(tensor.detach().toArray(), wanted, relative: 1e-5, absolute: 1e-6) == nil
    }

    @Test("rows that are named and too long are scaled down in the table")
    func renormalising() {
        let weight = Tensor([[3.0, 4], [0.3, 0.4], [6, 8]]).requiresGrad_()
        let result = Functional.embedding(Tensor([0, 1, 0]), weight, maxNorm: 1)
        #expect(close(result, [0.6, 0.8, 0.3, 0.4, 0.6, 0.8]))
        #expect(close(weight, [0.6, 0.8, 0.3, 0.4, 6, 8]))
        result.sum().backward()
        #expect(close(weight.grad!, [2, 2, 1, 1, 0, 0]))
    }

    @Test("padding has no gradient, and frequencies divide it")
    func gradients() {
        let weight = weight()
        Functional.embedding(Tensor([1, 1, 4]), weight, paddingIdx: -1, scaleGradByFreq: true).sum().backward()
        #expect(close(weight.grad!, [0, 0, 1, 1, 0, 0, 0, 0, 0, 0]))
    }

    @Test("the gradient of many rows is their sum", arguments: [DType.float32, .float64, .bfloat16])
    func manyRows(_ dtype: DType) {
        let indices = Tensor.randint(0, 300, [40, 50], generator: Generator(seed: 2))
        let weight = Tensor.randn([300, 33], generator: Generator(seed: 3)).to(dtype).requiresGrad_()
        let grad = Tensor.randn([40, 50, 33], generator: Generator(seed: 4)).to(dtype)
        let result = Functional.embedding(indices, weight)
        #expect(result.equal(weight.detach().indexSelect(0, indices.reshape([-1])).reshape([40, 50, 33])))
        result.backward(grad)
        let wanted = Tensor.zeros([300, 33], dtype: .float64)
            .indexAdd(0, indices.reshape([-1]), grad.reshape([-1, 33]).to(.float64))
        let tolerance = dtype == .bfloat16 ? 1e-2 : 1e-5
        let got: [Double] = weight.grad!.to(.float64).toArray()
        #expect(firstDifference(got, wanted.toArray(), relative: tolerance, absolute: tolerance) == nil)
    }

    @Test("bags are added up, averaged, or their largest taken, without padding")
    func bags() {
        let (input, offsets) = (Tensor([1, 2, 1, 4, 0]), Tensor([0, 2, 2]))
        let factors = Tensor.arange(1.0, 7).reshape([3, 2])
        let wanted: [(EmbeddingBagMode, [Double], [Double])] = [
            (.sum, [0.6, 0.8, 0, 0, 0.2, 0.4], [5, 6, 3, 4, 1, 2, 0, 0, 0, 0]),
            (.mean, [0.3, 0.4, 0, 0, 0.1, 0.2], [2.5, 3, 1.5, 2, 0.5, 1, 0, 0, 0, 0]),
            (.max, [0.4, 0.5, 0, 0, 0.2, 0.3], [0, 0, 5, 6, 1, 2, 0, 0, 0, 0]),
        ]
        for (mode, values, gradients) in wanted {
            let weight = weight()
            let result = Functional.embeddingBag(
                input, weight, offsets: offsets, scaleGradByFreq: mode != .max, mode: mode, paddingIdx: 4)
            #expect(close(result, values), "\(mode)")
            (result * factors).sum().backward()
            #expect(close(weight.grad!, gradients), "\(mode)")
        }
        let last = Functional.embeddingBag(
            input, weight(), offsets: Tensor([0, 2, 4]), mode: .sum, includeLastOffset: true)
        #expect(close(last, [0.6, 0.8, 1, 1.2]))
    }

    @Test("bags of half precision are summed in single", arguments: EmbeddingBagMode.all)
    func halfPrecision(_ mode: EmbeddingBagMode) {
        let weight = Tensor.randn([7, 5], generator: Generator(seed: 3)).to(.float16)
        let input = Tensor.randint(0, 7, [4, 6], generator: Generator(seed: 2))
        let (narrow, wide) = (weight.clone().requiresGrad_(), weight.to(.float32).requiresGrad_())
        let result = Functional.embeddingBag(input, narrow, mode: mode, paddingIdx: 2)
        let wanted = Functional.embeddingBag(input, wide, mode: mode, paddingIdx: 2)
        #expect(result.detach().equal(wanted.detach().to(.float16)))
        result.sum().backward()
        wanted.sum().backward()
        let got: [Double] = narrow.grad!.to(.float32).toArray()
        #expect(firstDifference(got, wide.grad!.toArray(), relative: 2e-3, absolute: 2e-3) == nil)
    }

    @Test("an index out of range is refused")
    func misuse() {
        #expect(
            failure { _ = Functional.embedding(Tensor([5]), weight()) }?.message == "index out of range in self")
        #expect(
            failure { _ = Functional.embedding(Tensor([-1]), weight()) }?.message == "index out of range in self")
        #expect(
            failure { _ = Functional.embeddingBag(Tensor([[0, 11]]), weight()) }?.message
                == "Index 1 of input takes value 11 which is not in the valid range [0, 5)")
        #expect(
            failure { _ = Functional.embedding(Tensor([0.5]), weight()) }?.message.hasPrefix(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int")
                == true)
        #expect(
            failure { _ = Functional.embedding(Tensor([0]), weight(), paddingIdx: 5) }?.message
                == "Padding_idx must be within num_embeddings")
        #expect(
            failure { _ = Functional.embeddingBag(Tensor([0]), weight()) }?.message
                == "offsets has to be a 1D Tensor but got None")
    }

    @Test("tables start with PyTorch's numbers and print its text")
    func modules() {
        let table = seeded(0) { Embedding(3, 2) }
        #expect(close(table.weight, [1.5409961, -0.2934289, -2.1787894, 0.56843126, -1.0845224, -1.3985955]))
        let bags = seeded(0) { EmbeddingBag(3, 2, paddingIdx: 1) }
        #expect(close(bags.weight, [1.5409961, -0.2934289, 0, 0, -1.0845224, -1.3985955]))
        #expect("\(table)" == "Embedding(3, 2)")
        #expect("\(bags)" == "EmbeddingBag(3, 2, mode='mean', padding_idx=1)")
        #expect(
            "\(Embedding(4, 3, paddingIdx: -1, maxNorm: 2, normType: 1, scaleGradByFreq: true, sparse: true))"
                == "Embedding(4, 3, padding_idx=3, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True, sparse=True)")
        let given = Tensor([[1.0, 2], [3, 4]])
        let frozen = Embedding.fromPretrained(given)
        #expect(!frozen.weight.requiresGrad && !given.requiresGrad)
        #expect(close(frozen(Tensor([1])), [3, 4]))
        #expect(Embedding.fromPretrained(given, freeze: false).weight.requiresGrad)
        #expect(table.stateDict().keys == ["weight"])
    }
}

extension EmbeddingBagMode {
    static let all: [EmbeddingBagMode] = [.sum, .mean, .max]
}
