import FirebrandNN
import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct SGDTrainingTests {
    static let fixture = Row.whole("sgd", in: .module)

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

    static func options(_ row: Row) -> SGD.Options {
        var options = SGD.Options()
        if row.has("lr") { options.lr = row.double("lr") }
        if row.has("momentum") { options.momentum = row.double("momentum") }
        if row.has("dampening") { options.dampening = row.double("dampening") }
        if row.has("weight_decay") { options.weightDecay = row.double("weight_decay") }
        options.nesterov = row.flag("nesterov")
        options.maximize = row.flag("maximize")
        return options
    }

    private func optimizer(_ run: Row, _ parameters: [Tensor]) -> SGD {
        guard run.has("groups") else {
            return SGD([ParameterGroup(parameters, SGDTrainingTests.options(run.row("options")))])
        }
        let shared = run.row("options").fields
        let groups = run.rows("groups").map {
            SGDTrainingTests.options(Row($0.fields.merging(shared) { own, _ in own }))
        }
        return SGD([
            ParameterGroup(Array(parameters[..<2]), groups[0]), ParameterGroup(Array(parameters[2...]), groups[1]),
        ])
    }

    private func close(_ got: [Double], _ wanted: [Double], absolute: Double) -> Bool {
        got.count == wanted.count && zip(got, wanted).allSatisfy { abs($0 - $1) <= absolute + 1e-6 * abs($1) }
    }

    @Test("every loss of twenty steps is PyTorch's, and so are the final parameters", arguments: fixture.rows("runs"))
    func training(_ run: Row) {
        let model = SGDTrainingTests.network()
        let optimizer = optimizer(run, model.parameters())
        let data = SGDTrainingTests.fixture.row("data")
        let (inputs, targets) = (data.tensor("x"), data.tensor("classes"))
        let lossFunction = CrossEntropyLoss()
        var losses: [Double] = []
        for step in 0..<SGDTrainingTests.fixture.int("steps") {
            let loss = lossFunction(model(inputs[step]), targets[step])
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
            // Both ways of clearing come to the same.
            optimizer.zeroGrad(setToNone: step % 2 == 0)
        }
        #expect(close(losses, run.doubles("losses"), absolute: 0))
        for (name, parameter) in model.namedParameters() {
            let wanted = run.row("parameters").row(name)
            let values = parameter.detach().to(.float64)
            #expect(
                close(Array(values.toArray(Double.self).prefix(8)), wanted.doubles("first"), absolute: 1e-6), "\(name)")
            #expect(close([values.sum().item()], [wanted.double("sum")], absolute: 1e-5), "\(name)")
            #expect(close([values.square().sum().item()], [wanted.double("squares")], absolute: 1e-5), "\(name)")
        }
    }

    @Test("prints as PyTorch does", arguments: fixture.rows("texts"))
    func printing(_ row: Row) {
        let parameters = SGDTrainingTests.network().parameters()
        #expect(
            "\(SGD([ParameterGroup(parameters, SGDTrainingTests.options(row.row("options")))]))" == row.text("text"))
    }
}
