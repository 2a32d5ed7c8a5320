import FirebrandOptim
import FirebrandTensor
import FirebrandTestSupport
import Testing

@Suite struct OptimizerTrajectoryTests {
    typealias Network = OptimizerFixtures.Network

    /// Muon rounds to bfloat16 inside: a last bit of float32 can become one of bfloat16.
    private static func tolerance(_ row: Row) -> Double {
        row.text("name") == "Muon" ? 1e-4 : row.dtype == .float64 ? 1e-9 : 1e-5
    }

    private static func parameters(_ row: Row) -> [[Double]] {
        (row.fields["parameters"] as! [Any]).map { Row(["values": $0]).doubles("values") }
    }

    private static func check(_ row: Row, groups: [StateValue]? = nil) {
        let network = Network(row.dtype)
        let options = OptimizerFixtures.value("options", of: row)
        let isMuon = row.text("name") == "Muon"
        let optimizer = OptimizerFixtures.make(
            row.text("name"), isMuon ? network.parameters.filter { $0.dim == 2 } : network.parameters, options,
            groups: groups)
        let steps = row.int("steps")
        let losses = network.train(optimizer, steps, maximize: options.fields?["maximize"]?.flag ?? false)
        let tolerance = tolerance(row)
        let every10th = stride(from: 0, to: steps, by: steps / 10).map { losses[$0] }
        let lossDistance = OptimizerFixtures.distance(every10th, row.doubles("losses"))
        #expect(lossDistance <= tolerance)
        for (parameter, wanted) in zip(network.parameters, parameters(row)) {
            let got = parameter.detach().to(.float64).toArray(Double.self)
            let distance = OptimizerFixtures.distance(got, wanted)
            #expect(distance <= tolerance, "\(options.pythonText) \(row.dtype)")
        }
    }

    @Test("a hundred steps go where PyTorch's go", arguments: OptimizerFixtures.optimizers.rows("runs"))
    func trajectory(_ row: Row) { OptimizerTrajectoryTests.check(row) }

    @Test("groups go by their own settings", arguments: OptimizerFixtures.optimizers.rows("groups"))
    func groups(_ row: Row) {
        OptimizerTrajectoryTests.check(
            row, groups: (row.fields["groups"] as! [Any]).map { OptimizerFixtures.value($0) })
    }

    @Test(
        "a run taken up from PyTorch's state, or from our own, ends where PyTorch's ended",
        arguments: OptimizerFixtures.optimizers.rows("resumed"))
    func resuming(_ row: Row) throws {
        let name = row.text("name")
        let tolerance = name == "Muon" ? 1e-4 : 1e-9
        let wanted = OptimizerTrajectoryTests.parameters(row)
        let saved = try OptimizerState(OptimizerFixtures.value("state", of: row))
        func setUp(from middle: [Tensor]?) -> (Network, Optimizer) {
            let network = Network(.float64)
            if let middle {
                noGrad { for (parameter, value) in zip(network.parameters, middle) { parameter.copy_(value) } }
            }
            let parameters = name == "Muon" ? network.parameters.filter { $0.dim == 2 } : network.parameters
            // Settings come from the state as well.
            return (network, OptimizerFixtures.make(name, parameters, .dictionary([])))
        }
        func finish(_ network: Network, _ optimizer: Optimizer) {
            _ = network.train(optimizer, row.int("steps"), maximize: row.flag("maximize"))
            for (parameter, wanted) in zip(network.parameters, wanted) {
                let distance = OptimizerFixtures.distance(parameter.detach().toArray(), wanted)
                #expect(distance <= tolerance)
            }
        }
        let middle = zip(
            OptimizerTrajectoryTests.parameters(Row(["parameters": row.fields["middle"]!])),
            Network(.float64).parameters
        )
        .map { Tensor(elements: $0, shape: $1.shape) }
        let (network, optimizer) = setUp(from: middle)
        try optimizer.loadStateDict(saved)
        let isAsLoaded = OptimizerFixtures.agree(optimizer.stateDict().dictionary, saved.dictionary)
        #expect(isAsLoaded)
        finish(network, optimizer)

        // The first half by ourselves, then over to a third optimizer by our own state.
        let (firstNetwork, first) = setUp(from: nil)
        try first.loadStateDict(OptimizerState(state: [], groups: saved.groups))
        _ = firstNetwork.train(first, row.int("steps"), maximize: row.flag("maximize"))
        let ours = first.stateDict()
        let loose = name == "Muon" ? 1e-4 : 1e-6
        let isPyTorchs = OptimizerFixtures.agree(ours.dictionary, saved.dictionary, within: loose)
        #expect(isPyTorchs, "\(ours.dictionary.pythonText.prefix(2000))")
        let (secondNetwork, second) = setUp(from: firstNetwork.parameters)
        try second.loadStateDict(ours)
        finish(secondNetwork, second)
    }

    @Test(
        "prints as PyTorch does, and its groups have PyTorch's keys in order",
        arguments: OptimizerFixtures.optimizers.rows("texts"))
    func printing(_ row: Row) {
        let network = Network(.float32)
        let name = row.text("name")
        let optimizer: Optimizer
        if name == "named AdamW" {
            optimizer = AdamW(
                named: zip(["w1", "b1", "w2", "b2"], network.parameters).map { (name: $0, parameter: $1) }
            ) {
                $0.lr = 0.5
                $0.weightDecay = 0
            }
        } else {
            let parameters = name == "Muon" ? network.parameters.filter { $0.dim == 2 } : network.parameters
            optimizer = OptimizerFixtures.make(name, parameters, .dictionary([]))
        }
        #expect("\(optimizer)" == row.text("text"))
        let groups = StateValue.list(optimizer.stateDict().groups.map(\.dictionary))
        let haveKeys = OptimizerFixtures.agree(groups, OptimizerFixtures.value("groups", of: row))
        #expect(haveKeys, "\(groups.pythonText)")
    }

    @Test("settings PyTorch refuses are refused in its words", arguments: OptimizerFixtures.optimizers.rows("misuse"))
    func refusals(_ row: Row) {
        let error = failure {
            _ = OptimizerFixtures.make(
                row.text("name"), [Tensor([1.0]).requiresGrad_()], OptimizerFixtures.value("options", of: row))
        }
        #expect(error?.message == row.text("text"))
        #expect(error?.name == row.text("name"))
    }
}
