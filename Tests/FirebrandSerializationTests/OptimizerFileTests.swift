import FirebrandOptim
import FirebrandSerialization
import FirebrandTensor
import FirebrandTestSupport
import Foundation
import Testing

@Suite struct OptimizerFileTests {
    @Test("PyTorch's file of an optimizer and a scheduler loads, and ours holds the same")
    func roundTrip() throws {
        let path = Bundle.module.url(forResource: "optimizer", withExtension: "pth", subdirectory: "Fixtures")!.path
        let checkpoint = try load(path)
        let parameters = [[8, 4], [8], [2, 8], [2]].map { Tensor.ones(Size($0)).requiresGrad_() }
        let names = ["w1", "b1", "w2", "b2"]
        func makeOptimizer() -> Adam { Adam(named: zip(names, parameters).map { (name: $0, parameter: $1) }) }

        let optimizer = makeOptimizer()
        let scheduler = MultiStepLR(optimizer, milestones: [1])
        try scheduler.loadStateDict(try StateValue(checkpoint["scheduler"]!).fields!)
        try optimizer.loadStateDict(try OptimizerState(StateValue(checkpoint["optimizer"]!)))
        #expect(optimizer.groups[0].options.amsgrad && scheduler.lastEpoch == 3)
        // The milestone at 2 has passed.
        #expect(abs(optimizer.learningRates[0] - 0.002) < 1e-15)
        #expect(optimizer.state(of: parameters[1]).step == 3)
        #expect(optimizer.state(of: parameters[0]).tensors.allSatisfy { $0?.shape == [8, 4] })

        let folder = try TemporaryFolder()
        let (optimizerPath, schedulerPath) = (folder.file("optimizer.pth"), folder.file("scheduler.pth"))
        try save(optimizer.stateDict(), to: optimizerPath)
        try save(scheduler.stateDict(), to: schedulerPath)
        let written = try loadOptimizerState(optimizerPath)
        let original = try OptimizerState(StateValue(checkpoint["optimizer"]!))
        #expect(written.description == original.description)
        #expect(
            try loadSchedulerState(schedulerPath).description
                == (try StateValue(checkpoint["scheduler"]!).fields!.description))
        try makeOptimizer().loadStateDict(written)
    }

    @Test("a file that holds something else is refused")
    func refusal() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("other.pth")
        try save(.list([.int(1)]), to: path)
        #expect(throws: FirebrandError.self) { try loadOptimizerState(path) }
        #expect(throws: FirebrandError.self) { try loadSchedulerState(path) }
    }
}
