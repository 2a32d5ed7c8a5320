import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct TrainingTests {
    static let fixture = Row.whole("training", in: .module)

    /// The fixture's network, with its initial weights.
    static func network() -> Sequential {
        let sizes = fixture.ints("sizes")
        let model = Sequential {
            Linear(sizes[0], sizes[1])
            ReLU()
            Linear(sizes[1], sizes[2])
            ReLU()
            Linear(sizes[2], sizes[3])
        }
        let initial = fixture.row("initial")
        noGrad { for (name, parameter) in model.namedParameters() { parameter.copy_(initial.tensor(name)) } }
        return model
    }

    private func lossFunction(_ run: Row) -> (Tensor, Tensor) -> Tensor {
        let options = run.row("options")
        func vector(_ name: String) -> Tensor? { options.has(name) ? Tensor(options.doubles(name)) : nil }
        let reduction = LossReduction(rawValue: options.text("reduction")) ?? .mean
        let ignoreIndex = options.has("ignore_index") ? options.int("ignore_index") : -100
        switch run.text("loss") {
        case "CrossEntropyLoss":
            let loss = CrossEntropyLoss(
                weight: vector("weight"), ignoreIndex: ignoreIndex, reduction: reduction,
                labelSmoothing: options.has("label_smoothing") ? options.double("label_smoothing") : 0)
            return { loss($0, $1) }
        case "MSELoss": return { MSELoss(reduction: reduction)($0, $1) }
        case "log_softmax, NLLLoss":
            let loss = NLLLoss(weight: vector("weight"), ignoreIndex: ignoreIndex, reduction: reduction)
            return { loss($0.logSoftmax(dim: 1), $1) }
        default:
            let loss = BCEWithLogitsLoss(
                weight: vector("weight"), reduction: reduction, posWeight: vector("pos_weight"))
            return { loss($0, $1) }
        }
    }

    @Test("every loss of twenty steps is PyTorch's, and so are the final parameters", arguments: fixture.rows("runs"))
    func training(_ run: Row) {
        let model = TrainingTests.network()
        let loss = lossFunction(run)
        let data = TrainingTests.fixture.row("data")
        let (inputs, targets) = (data.tensor("x"), data.tensor(run.text("target")))
        var losses: [Double] = []
        for step in 0..<TrainingTests.fixture.int("steps") {
            let value = loss(model(inputs[step]), targets[step])
            losses.append(value.item())
            value.backward()
            noGrad {
                for parameter in model.parameters() { parameter.sub_(parameter.grad!.mul(run.double("lr"))) }
            }
            model.zeroGrad()
        }
        #expect(firstDifference(losses, run.doubles("losses"), relative: 1e-5) == nil)
        for (name, parameter) in model.namedParameters() {
            let wanted = run.row("parameters").row(name)
            let values = parameter.detach().to(.float64)
            #expect(
                firstDifference(
                    [values.sum().item(), values.square().sum().item()],
                    [wanted.double("sum"), wanted.double("squares")],
                    relative: 1e-5, absolute: 1e-5) == nil, "\(name)")
            #expect(
                firstDifference(
                    Array(values.toArray(Double.self).prefix(8)), wanted.doubles("first"), relative: 1e-5,
                    absolute: 1e-6)
                    == nil, "\(name)")
        }
    }

    @Test(
        "a new layer's weights are PyTorch's bit for bit, and so is the stream after it",
        arguments: Row.all("initial", of: "modules"))
    func initialWeights(_ row: Row) {
        let generator = manualGenerator(row.int("seed"))
        let sizes = row.ints("sizes")
        let layer = Linear(sizes[0], sizes[1], bias: row.flag("bias"), dtype: row.dtype, generator: generator)
        let wanted = row.row("parameters")
        #expect(layer.namedParameters().map(\.name) == (row.flag("bias") ? ["weight", "bias"] : ["weight"]))
        for (name, parameter) in layer.namedParameters() { #expect(parameter.bitText == wanted.text(name), "\(name)") }
        #expect(layer.parameters().allSatisfy { $0.requiresGrad && $0.isLeaf })
        #expect(Tensor.rand(3, generator: generator).bitText == row.text("next"))
    }

    private func manualGenerator(_ seed: Int) -> Generator { Generator(seed: seed) }

    @Test("a layer without inputs or outputs is made and runs")
    func emptyLayers() {
        let none = Linear(0, 3)
        #expect(none(Tensor.zeros([2, 0])).toArray(Double.self) == [Double](repeating: 0, count: 6))
        #expect(Linear(3, 0)(Tensor.zeros([2, 3])).shape == [2, 0])
    }
}
