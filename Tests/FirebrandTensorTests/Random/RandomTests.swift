import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

/// PyTorch's numbers, bit for bit: see scripts/fixtures/random_numbers.py for the streams.
@Suite("Random numbers")
struct RandomTests {
    static let streams = Row.all("streams", of: "random").filter { !$0.has("mkl") }

    @Test("Every stream of draws is PyTorch's, bit for bit", arguments: streams)
    func stream(_ row: Row) {
        let generator = Generator(seed: row.int("seed"))
        for (index, draw) in row.rows("draws").enumerated() {
            expect(draw, from: generator, "draw \(index) of \(row.testDescription)")
        }
    }

    private func expect(_ draw: Row, from generator: Generator, _ place: String) {
        if draw.text("op") == "randperm_summary" {
            let order: [Int] = Tensor.randperm(draw.int("n"), generator: generator).toArray()
            #expect(Array(order.prefix(8)) == draw.ints("first"), "\(place)")
            #expect(Array(order.suffix(8)) == draw.ints("last"), "\(place)")
            #expect(
                order.enumerated().reduce(0) { $0 + ($1.offset + 1) * $1.element } == draw.int("checksum"), "\(place)")
            return
        }
        let drawn = make(draw, generator)
        #expect(drawn.shape == draw.ints("shape") && drawn.dtype == draw.dtype, "\(place): \(draw.text("op"))")
        if draw.has("bits") {
            #expect(drawn.bitText == draw.text("bits"), "\(place): \(draw.text("op"))")
        } else {
            #expect(drawn.toArray(Int.self) == integers(draw), "\(place): \(draw.text("op"))")
        }
    }

    private func integers(_ draw: Row) -> [Int] {
        (draw.fields["values"] as! [NSNumber]).map(\.intValue)
    }

    private func make(_ draw: Row, _ generator: Generator) -> Tensor {
        let (shape, dtype) = (draw.ints("shape"), draw.dtype)
        func empty() -> Tensor { Tensor.empty(shape, dtype: dtype) }
        switch draw.text("op") {
        case "rand": return Tensor.rand(shape, generator: generator, dtype: dtype)
        case "randn": return Tensor.randn(shape, generator: generator, dtype: dtype)
        case "randint":
            return Tensor.randint(draw.int("low"), draw.int("high"), shape, generator: generator, dtype: dtype)
        case "randperm": return Tensor.randperm(draw.int("n"), generator: generator)
        case "uniform_": return empty().uniform_(draw.double("low"), draw.double("high"), generator: generator)
        case "normal_": return empty().normal_(draw.double("mean"), draw.double("std"), generator: generator)
        case "normal_ into empty(20, 3).t()": return Tensor.empty(20, 3).t().normal_(generator: generator)
        case "uniform_ into empty(4, 3).t()": return Tensor.empty(4, 3).t().uniform_(generator: generator)
        case "random_":
            guard draw.has("to") else { return empty().random_(generator: generator) }
            return empty().random_(draw.has("from") ? draw.int("from") : 0, draw.int("to"), generator: generator)
        case "bernoulli":
            return Tensor(draw.doubles("probabilities"), dtype: dtype).bernoulli(generator: generator)
        case "bernoulli_without_mkl":
            return Tensor.rand(shape, generator: generator, dtype: .float64).lt(draw.double("p")).float()
        default: fatalError("the test does not know \(draw.text("op"))")
        }
    }

    @Test("A linear layer's first weights are PyTorch's", arguments: Row.all("initial_weights", of: "random"))
    func initialWeights(_ row: Row) {
        let generator = Generator(seed: row.int("seed"))
        let parameters = row.row("parameters")
        // Weight before bias, layer after layer; both uniform within 1 / sqrt(inputs).
        for weight in parameters.fields.keys.filter({ $0.hasSuffix("weight") }).sorted() {
            let expected = parameters.row(weight)
            let bias = parameters.row(String(weight.dropLast("weight".count)) + "bias")
            let inputs = expected.ints("shape")[1]
            let type: DType = row.testDescription.contains("float64") ? .float64 : .float32
            // kaiming_uniform_ with a = sqrt(5), in torch.nn.init's order of operations.
            let gain = (2 / (1 + 5.0.squareRoot() * 5.0.squareRoot())).squareRoot()
            let bound = 3.0.squareRoot() * (gain / Double(inputs).squareRoot())
            expectEnds(
                of: Tensor.empty(expected.ints("shape"), dtype: type).uniform_(-bound, bound, generator: generator),
                expected)
            let limit = 1 / Double(inputs).squareRoot()
            expectEnds(
                of: Tensor.empty(bias.ints("shape"), dtype: type).uniform_(-limit, limit, generator: generator), bias)
        }
    }

    private func expectEnds(of tensor: Tensor, _ expected: Row) {
        let flat = tensor.reshape(-1)
        if expected.has("bits") {
            #expect(flat.bitText == expected.text("bits"))
            return
        }
        #expect(flat[..<8].bitText == expected.text("first"))
        #expect(flat[(flat.count - 8)...].bitText == expected.text("last"))
        let sum: Double = flat.double().sum().item()
        #expect(abs(sum - expected.double("sum")) < 1e-9)
    }

    @Test("The default generator starts again with manualSeed")
    func manualSeedOfDefault() {
        let generator = Generator(seed: 42)
        let expected = Tensor.rand(4, generator: generator).bitText
        #expect(expected == "3f61dc66 3f6a3db3 3ec406b8 3f75950e")
        #expect(generator.initialSeed() == 42)
        #expect(Tensor.rand(4, generator: generator.manualSeed(42)).bitText == expected)
    }

    @Test("Threads that share a generator take each number once")
    func sharedByThreads() async {
        let shared = Generator(seed: 5)
        let drawn = await withTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<500).map { _ in Tensor.rand(1, generator: shared).item(Float.self).bitPattern } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        let expected = Tensor.rand(2000, generator: Generator(seed: 5)).toArray(Float.self).map(\.bitPattern)
        #expect(drawn.sorted() == expected.sorted())
    }
}

extension Tensor {
    fileprivate func item<Value: ScalarConvertible>(_: Value.Type) -> Value { item() }
}
