import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Recurrent layers and attention against differences, and the fused operations against the same made of others.
@Suite struct RecurrentGradientTests {
    struct Network: CustomTestStringConvertible, Sendable {
        let cell: RecurrentCell
        let isReverse: Bool
        let sizes: [Int]
        let bias: Bool

        var testDescription: String {
            "cell \(cell.rawValue)\(isReverse ? ", reverse" : ""), sizes \(sizes)\(bias ? "" : ", no bias")"
        }
    }

    static let networks: [Network] = [RecurrentCell.tanh, .relu, .lstm, .gru].flatMap { cell in
        [false, true].flatMap { isReverse in
            [
                Network(cell: cell, isReverse: isReverse, sizes: [2, 2, 2], bias: true),
                Network(cell: cell, isReverse: isReverse, sizes: [3, 2, 2, 1], bias: true),
                Network(cell: cell, isReverse: isReverse, sizes: [1], bias: false),
            ]
        }
    }

    private func operands(_ network: Network, _ width: Int, _ units: Int, _ dtype: DType) -> [Tensor] {
        let (rows, batch, gates) = (network.sizes.reduce(0, +), network.sizes[0], network.cell.gates)
        var shapes: [Size] = [[rows, width], [batch, units]]
        if network.cell == .lstm { shapes.append([batch, units]) }
        shapes += [[gates * units, width], [gates * units, units]]
        if network.bias { shapes += [[gates * units], [gates * units]] }
        let generator = Generator(seed: 7)
        return shapes.map { Tensor.randn($0, generator: generator, dtype: dtype).mul(0.5).requiresGrad_() }
    }

    private func run(_ network: Network, _ inputs: [Tensor], composed: Bool = false) throws -> [Tensor] {
        var rest = inputs[...]
        let (x, h) = (rest.removeFirst(), rest.removeFirst())
        let c = network.cell == .lstm ? rest.removeFirst() : nil
        var weights = RecurrentWeights(input: rest.removeFirst(), hidden: rest.removeFirst())
        if network.bias { (weights.inputBias, weights.hiddenBias) = (rest.removeFirst(), rest.removeFirst()) }
        let layer = RecurrentLayer(cell: network.cell, batchSizes: network.sizes, isReverse: network.isReverse)
        let result = composed ? layer.composed(x, h, c, weights) : try layer(x, hidden: h, memory: c, weights)
        return [result.states, result.hidden] + (result.memory.map { [$0] } ?? [])
    }

    @Test("A layer's gradients are what differences give, once and twice", arguments: networks)
    func differences(_ network: Network) throws {
        let inputs = operands(network, 3, 2, .float64)
        #expect(try gradcheck({ try run(network, $0) }, inputs, checkForwardAD: true))
        #expect(try gradgradcheck({ try run(network, $0) }, inputs))
    }

    @Test(
        "Tiles of every size give what single operators give",
        arguments: networks, [(1, 5), (16, 17), (21, 64), (33, 70)])
    func tiles(_ network: Network, _ size: (batch: Int, units: Int)) throws {
        let sizes = network.sizes.map {
            $0 == network.sizes[0] ? size.batch : max(1, size.batch * $0 / network.sizes[0])
        }
        let network = Network(cell: network.cell, isReverse: network.isReverse, sizes: sizes, bias: network.bias)
        for dtype in [DType.float32, .float64] {
            let inputs = operands(network, 6, size.units, dtype)
            let (fused, composed) = (try run(network, inputs), try run(network, inputs, composed: true))
            let weights = fused.map { Tensor.randn($0.shape, generator: Generator(seed: 3), dtype: dtype) }
            let gradients = [fused, composed].map { grad(outputs: $0, inputs: inputs, gradOutputs: weights) }
            let tolerance = dtype == .float64 ? 1e-10 : 1e-4
            for (a, b) in zip(fused + gradients[0].map { $0! }, composed + gradients[1].map { $0! }) {
                #expect(a.detach().allclose(b.detach(), rtol: tolerance, atol: tolerance), "\(a.shape), \(dtype)")
            }
        }
    }

    @Test(
        "Attention gives what single operators give, in blocks of every size",
        arguments: [(1, 1, 1, 1), (5, 7, 16, 16), (33, 100, 64, 64), (130, 530, 24, 40), (100, 20, 3, 70)],
        [(false, false), (true, false), (false, true)])
    func attention(_ size: (queries: Int, keys: Int, width: Int, values: Int), _ kind: (causal: Bool, extras: Bool))
        throws
    {
        for dtype in [DType.float32, .float64] {
            let generator = Generator(seed: 1)
            func random(_ length: Int, _ width: Int) -> Tensor {
                Tensor.randn([2, length, 3, width], generator: generator, dtype: dtype).requiresGrad_()
            }
            let inputs = [
                random(size.queries, size.width), random(size.keys, size.width), random(size.keys, size.values),
            ]
            var attention = Attention(scale: 0.3, isCausal: kind.causal)
            if kind.extras {
                let shape: Size = [2, 3, size.queries, size.keys]
                let blind = Tensor.rand([size.queries, 1], generator: generator).lt(0.2)
                attention.mask = Tensor.randn([size.queries, size.keys], generator: generator, dtype: dtype)
                    .maskedFill(blind, -Double.infinity).expand(shape)
                attention.kept = Tensor.rand(shape, generator: generator).lt(0.7).to(.uint8)
                attention.keepScale = 1 / 0.7
            }
            let parts = inputs.map { $0.transpose(1, 2) }
            let fused = try attention(parts[0], parts[1], parts[2])
            let composed = attention.composed(parts[0], parts[1], parts[2])
            let weight = Tensor.randn(fused.shape, generator: generator, dtype: dtype)
            let gradients = [fused, composed].map { grad(outputs: [$0], inputs: inputs, gradOutputs: [weight]) }
            let tolerance = dtype == .float64 ? 1e-10 : 2e-5
            for (a, b) in zip([fused] + gradients[0].map { $0! }, [composed] + gradients[1].map { $0! }) {
                #expect(a.detach().allclose(b.detach(), rtol: tolerance, atol: tolerance), "\(a.shape), \(dtype)")
            }
        }
    }

    @Test("Self-attention of one projection is that of its parts", arguments: [false, true], [0, 0.4])
    func packed(_ isBatchFirst: Bool, _ dropout: Double) throws {
        let x = Tensor.randn([4, 5, 18], generator: Generator(seed: 2), dtype: .float64).requiresGrad_()
        let mask = Tensor.randn([1, 1, isBatchFirst ? 5 : 4, isBatchFirst ? 5 : 4], dtype: .float64)
        let attention = PackedAttention(heads: 2, isBatchFirst: isBatchFirst)
        func fused(_ x: Tensor) throws -> Tensor {
            try attention(x, mask: mask, dropout: dropout, isCausal: false, generator: Generator(seed: 9))
        }
        let parts = x.chunk(3, dim: -1).map {
            $0.unflatten(-1, [2, 3]).permute(isBatchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3])
        }
        let apart = Functional.scaledDotProductAttention(
            parts[0], parts[1], parts[2], attnMask: mask, dropoutP: dropout, generator: Generator(seed: 9)
        ).permute(isBatchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3]).flatten(startDim: 2)
        #expect(try fused(x).allclose(apart, rtol: 1e-10, atol: 1e-10))
        #expect(try gradcheck({ [try fused($0[0])] }, [x], checkForwardAD: true))
        #expect(try gradgradcheck({ [try fused($0[0])] }, [x]))
    }

    @Test("Dropout between layers takes the masks that F.dropout takes")
    func dropout() {
        let network = LSTM(3, 4, numLayers: 2, dropout: 0.5, dtype: .float64)
        let x = Tensor.randn([5, 2, 3], generator: Generator(seed: 4), dtype: .float64)
        let (output, _) = seeded(1) { network(x) }
        func layer(_ index: Int, _ input: Tensor) throws -> Tensor {
            let weights = network.allWeights[index]
            return try RecurrentLayer(cell: .lstm, batchSizes: [2, 2, 2, 2, 2], isReverse: false)(
                input, hidden: Tensor.zeros([2, 4], dtype: .float64), memory: Tensor.zeros([2, 4], dtype: .float64),
                RecurrentWeights(
                    input: weights[0], hidden: weights[1], inputBias: weights[2], hiddenBias: weights[3])
            ).states
        }
        let expected = seeded(1) { try? layer(1, layer(0, x.view(10, 3)).dropout(p: 0.5)).view(5, 2, 4) }
        #expect(expected.map { output.allclose($0) } == true)
        #expect(!output.allclose(network.eval()(x).0))
    }

    @Test("Half precision is computed wide and rounded once", arguments: [DType.float16, .bfloat16])
    func halves(_ dtype: DType) {
        let network = GRU(3, 4, bidirectional: true)
        let x = Tensor.randn([5, 2, 3], generator: Generator(seed: 4)).to(dtype)
        network.to(dtype)
        let narrow = network(x).0
        network.to(.float32)
        #expect(narrow.dtype == dtype)
        #expect(narrow.float().allclose(network(x.float()).0, rtol: 1e-2, atol: 1e-2))
    }

    @Test("Shapes are known without memory")
    func meta() {
        let network = LSTM(3, 4, numLayers: 2, bidirectional: true, device: .meta)
        let (output, (hidden, cell)) = network(Tensor.empty([5, 2, 3], device: .meta))
        #expect(output.shape == [5, 2, 8] && hidden.shape == [4, 2, 4] && cell.shape == [4, 2, 4])
        let q = Tensor.empty([2, 3, 5, 4], device: .meta)
        #expect(Functional.scaledDotProductAttention(q, q, q, isCausal: true).shape == [2, 3, 5, 4])
        let layer = TransformerEncoderLayer(4, 2, dimFeedforward: 8, device: .meta)
        #expect(layer(Tensor.empty([5, 2, 4], device: .meta)).shape == [5, 2, 4])
    }
}
