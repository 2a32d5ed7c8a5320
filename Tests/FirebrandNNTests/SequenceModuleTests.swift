import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// Recurrent networks, attention and the Transformer beside PyTorch's: see scripts/fixtures/sequences.py.
@Suite struct SequenceModuleTests {
    private static let makers: [String: @Sendable () -> ModuleBase] = [
        "RNN": { RNN(2, 3, nonlinearity: "relu") },
        "LSTM": {
            LSTM(
                3, 4, numLayers: 2, bias: false, batchFirst: true, dropout: 0.5, bidirectional: true, projSize: 2)
        },
        "GRU": { GRU(3, 4) },
        "RNNCell": { RNNCell(2, 3, nonlinearity: "relu") },
        "LSTMCell": { LSTMCell(2, 3, bias: false) },
        "GRUCell": { GRUCell(2, 3) },
        "MultiheadAttention": { MultiheadAttention(4, 2) },
        "MultiheadAttention kdim": { MultiheadAttention(4, 2, bias: false, addBiasKV: true, kdim: 3) },
        "TransformerEncoder": { TransformerEncoder(TransformerEncoderLayer(4, 2, dimFeedforward: 8), 2) },
        "TransformerEncoder ReLU": {
            TransformerEncoder(
                TransformerEncoderLayer(4, 2, dimFeedforward: 8, activation: .module(ReLU()), bias: false), 1,
                norm: LayerNorm([4]))
        },
        "TransformerDecoder": {
            TransformerDecoder(TransformerDecoderLayer(4, 2, dimFeedforward: 8, activation: .gelu), 2)
        },
        "Transformer": { Transformer(4, 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8) },
    ]

    @Test("starts with PyTorch's own weights and prints its text", arguments: Row.all("modules", of: "sequences"))
    func start(_ row: Row) throws {
        let make = try #require(SequenceModuleTests.makers[row.testName])
        let module = seeded(row.int("seed")) { make() }
        #expect("\(module)" == row.text("text"))
        let parameters = module.namedParameters()
        #expect(parameters.map(\.name) == row.rows("parameters").map(\.testName))
        for ((name, parameter), expected) in zip(parameters, row.rows("parameters")) {
            #expect(Array(parameter.shape) == expected.ints("shape"), "\(name)")
            let first: [Float] = parameter.detach().flatten().narrow(0, 0, min(2, parameter.count)).toArray()
            #expect(first == expected.doubles("first").map(Float.init), "\(name)")
            let sum: Double = parameter.detach().double().sum().item()
            #expect(abs(sum - expected.double("sum")) < 1e-9, "\(name)")
        }
    }

    @Test(
        "runs packed sequences through layers and directions, forward and backward",
        arguments: Row.all("packed", of: "sequences"))
    func packed(_ row: Row) throws {
        let x = sequence(3, 3, 2).requiresGrad_()
        let packed = packPaddedSequence(x, [2, 3, 1], enforceSorted: false)
        let generator = Generator(seed: row.int("seed"))
        let output: PackedSequence
        var states: [Tensor]
        let parameters: [Tensor]
        switch row.testName {
        case "LSTM":
            let network = LSTM(2, 3, numLayers: 2, bidirectional: true, generator: generator)
            let (result, last) = network(packed)
            (output, states, parameters) = (result, [last.0, last.1], network.parameters())
        case "GRU":
            let network = GRU(2, 3, numLayers: 2, bidirectional: true, generator: generator)
            let (result, last) = network(packed)
            (output, states, parameters) = (result, [last], network.parameters())
        default:
            let network = RNN(2, 3, numLayers: 2, bidirectional: true, generator: generator)
            let (result, last) = network(packed)
            (output, states, parameters) = (result, [last], network.parameters())
        }
        expectClose(output.data, row.tensor("output"))
        for (state, expected) in zip(states, row.rows("states")) { expectClose(state, tensor(expected)) }
        states.insert(output.data, at: 0)
        let terms = states.map { $0.mul(Tensor.arange(1, $0.count + 1).view($0.shape)).sum() }
        terms.dropFirst().reduce(terms[0]) { $0.add($1) }.backward()
        expectClose(try #require(x.grad), row.tensor("grad"), 1e-4)
        for (parameter, expected) in zip(parameters, row.rows("weight_grads")) {
            expectClose(try #require(parameter.grad), tensor(expected), 1e-4)
        }
    }

    @Test(
        "leaves padding out in evaluation, as PyTorch's fast path does", arguments: Row.all("padding", of: "sequences"))
    func padding(_ row: Row) {
        let encoder = seeded(row.int("seed")) {
            TransformerEncoder(TransformerEncoderLayer(4, 2, dimFeedforward: 8, batchFirst: true), 2).eval()
        }
        let mask = Tensor([[false, false, true], [false, true, true]])
        expectClose(noGrad { encoder(sequence(2, 3, 4), srcKeyPaddingMask: mask) }, row.tensor("result"))
    }

    private func sequence(_ shape: Int...) -> Tensor {
        Tensor.arange(shape.reduce(1, *)).to(.float32).view(shape).div(10)
    }

    private func tensor(_ row: Row) -> Tensor {
        Tensor(elements: row.doubles("values"), shape: Size(row.ints("shape"))).to(.float32)
    }

    private func expectClose(_ got: Tensor, _ want: Tensor, _ tolerance: Double = 1e-5) {
        #expect(got.shape == want.shape)
        guard got.shape == want.shape else { return }
        #expect(got.detach().allclose(want, rtol: tolerance, atol: tolerance), "\(got) instead of \(want)")
    }

    // MARK: Refusals

    private static func r(_ shape: Int...) -> Tensor { Tensor.ones(shape) }
    private static let calls: [String: @Sendable () -> Void] = [
        "lstm: four dimensions": { _ = LSTM(3, 4)(r(2, 2, 2, 3)) },
        "lstm: features": { _ = LSTM(3, 4)(r(2, 2, 5)) },
        "lstm: state": { _ = LSTM(3, 4)(r(2, 2, 3), (r(2, 2, 4), r(2, 2, 4))) },
        "lstm: state without a batch": { _ = LSTM(3, 4)(r(2, 3), (r(1, 1, 4), r(1, 1, 4))) },
        "lstm: empty": { _ = LSTM(3, 4)(r(0, 2, 3)) },
        "gru: state": { _ = GRU(3, 4)(r(2, 2, 3), r(2, 2, 4)) },
        "gru: rank of the state": { _ = GRU(3, 4)(r(2, 2, 3), r(1, 4)) },
        "gru: dropout": { _ = GRU(3, 4, dropout: 2) },
        "lstm: proj_size": { _ = LSTM(3, 4, projSize: 4) },
        "rnn: layers": { _ = RNN(3, 4, numLayers: 0) },
        "rnn: nonlinearity": { _ = RNN(3, 4, nonlinearity: "sin") },
        "lstm_cell: batch": { _ = Functional.lstmCell(r(2, 3), (r(2, 4), r(3, 4)), r(16, 3), r(16, 4)) },
        "lstm_cell: features": { _ = Functional.lstmCell(r(2, 5), (r(2, 4), r(2, 4)), r(16, 3), r(16, 4)) },
        "gru_cell: weights": { _ = Functional.gruCell(r(2, 3), r(2, 4), r(16, 3), r(12, 4)) },
        "GRUCell: rank": { _ = GRUCell(3, 4)(r(2, 2, 3)) },
        "pack: order": { _ = packPaddedSequence(r(3, 2, 1), [1, 3]) },
        "pack: length 0": { _ = packPaddedSequence(r(3, 2, 1), [3, 0]) },
        "pack: number of lengths": { _ = packPaddedSequence(r(3, 2, 1), [3]) },
        "pack: nothing": { _ = packPaddedSequence(r(0, 2, 1), [Int]()) },
        "pad: total_length": { _ = padPackedSequence(packPaddedSequence(r(3, 1, 1), [3]), totalLength: 2) },
        "pad_sequence: nothing": { _ = padSequence([]) },
        "attention: types": { _ = attention(r(2, 3, 4), r(2, 3, 4).double(), r(2, 3, 4)) },
        "attention: rank": { _ = attention(r(4), r(2, 3, 4), r(2, 3, 4)) },
        "attention: type of the mask": { _ = attention(r(2, 3, 4), r(2, 3, 4), r(2, 3, 4), mask: r(3, 3).long()) },
        "attention: mask and causal": {
            _ = attention(r(2, 3, 4), r(2, 3, 4), r(2, 3, 4), mask: r(3, 3), isCausal: true)
        },
        "attention: groups": {
            _ = Functional.scaledDotProductAttention(r(2, 6, 3, 4), r(2, 4, 5, 4), r(2, 4, 5, 4), enableGQA: true)
        },
        "attention: dropout": {
            _ = Functional.scaledDotProductAttention(r(2, 3, 4), r(2, 3, 4), r(2, 3, 4), dropoutP: 1.5)
        },
        "multihead: heads": { _ = MultiheadAttention(5, 2) },
        "multihead: nothing": { _ = MultiheadAttention(0, 2) },
        "multihead: rank": { _ = MultiheadAttention(4, 2)(r(4), r(4), r(4)) },
        "multihead: width": { _ = MultiheadAttention(4, 2)(r(3, 2, 5), r(3, 2, 5), r(3, 2, 5)) },
        "multihead: mask": { _ = MultiheadAttention(4, 2)(r(3, 2, 4), r(3, 2, 4), r(3, 2, 4), attnMask: r(2, 2)) },
        "multihead: causal": { _ = MultiheadAttention(4, 2)(r(3, 2, 4), r(3, 2, 4), r(3, 2, 4), isCausal: true) },
        "transformer: activation": { _ = TransformerEncoderLayer(4, 2, activation: TransformerActivation("sin")) },
        "transformer: batch": { _ = transformer()(r(3, 2, 4), r(3, 1, 4)) },
        "transformer: features": { _ = transformer()(r(3, 2, 4), r(3, 2, 5)) },
    ]

    private static func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, isCausal: Bool = false
    ) -> Tensor { Functional.scaledDotProductAttention(q, k, v, attnMask: mask, isCausal: isCausal) }

    private static func transformer() -> Transformer {
        Transformer(4, 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8)
    }

    @Test("A wrong call is refused in PyTorch's words", arguments: Row.all("errors", of: "sequences"))
    func words(_ row: Row) throws {
        let call = try #require(SequenceModuleTests.calls[row.testName], "\(row.testName) has no call here")
        let error = try #require(failure(call), "\(row.testName): nothing refused")
        #expect(error.message == row.text("message"))
    }
}

extension Row {
    fileprivate var testName: String { text("name") }
}
