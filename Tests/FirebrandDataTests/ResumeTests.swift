import FirebrandData
import FirebrandNN
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// A loader's place saved in the middle of an epoch.
@Suite struct ResumeTests {
    /// What a run sees: for each epoch its batches, of positions and random numbers.
    private typealias Seen = [[[Float]]]
    private typealias Loader = DataLoader<Samples<(Int, Tensor)>, [Float]>

    private static func loader(
        _ workers: Int, persistent: Bool = false, inOrder: Bool = true, sampler: (any Sampler)? = nil,
        batchSampler: (any BatchSampling)? = nil, seed: Int = 5
    ) -> Loader {
        let data = Samples(22) { index in (index, Tensor.rand(1)) }
        return DataLoader(
            data, batchSize: batchSampler == nil ? 4 : 1, shuffle: sampler == nil && batchSampler == nil,
            sampler: sampler, batchSampler: batchSampler, numWorkers: workers, generator: Generator(seed: seed),
            persistentWorkers: persistent, inOrder: inOrder
        ) { samples in samples.map { Float($0.0) } + samples.map { $0.1.item() as Float } }
    }

    /// Runs epochs, saving after so many batches of the second; the rest is what a resumed loader must see.
    private static func run(_ loader: Loader, savingAfter batches: Int) -> (state: StateDict, rest: Seen) {
        _ = Array(loader)
        var state = loader.stateDict()
        var rest: Seen = [[]]
        var count = 0
        for batch in loader {
            count += 1
            if count > batches { rest[0].append(batch) }
            if count == batches { state = loader.stateDict() }
        }
        rest += [Array(loader), Array(loader)]
        return (state, rest)
    }

    private static func resume(_ loader: Loader, _ state: StateDict) throws -> Seen {
        try loader.loadStateDict(state)
        return (0..<3).map { _ in Array(loader) }
    }

    @Test(
        "the rest of the epoch and later ones are those of the run that was not interrupted", arguments: [0, 2],
        [0, 3])
    func resumed(_ before: Int, _ after: Int) throws {
        for place in [1, 3, 5, 6] {
            let (state, rest) = ResumeTests.run(ResumeTests.loader(before), savingAfter: place)
            #expect(rest.map(\.count) == [6 - place, 6, 6])
            // The new loader has drawn before, and from another seed.
            let other = ResumeTests.loader(after, seed: 99)
            _ = Array(other)
            #expect(try ResumeTests.resume(other, state) == rest)
        }
    }

    @Test("so are the epochs after one that was finished")
    func finished() throws {
        let loader = ResumeTests.loader(0)
        _ = Array(loader)
        let state = loader.stateDict()
        let rest = (0..<3).map { _ in Array(loader) }
        #expect(state["position"] == nil)
        #expect(try ResumeTests.resume(ResumeTests.loader(2, seed: 1), state) == rest)
        let fresh = ResumeTests.loader(0).stateDict()
        #expect(
            try ResumeTests.resume(ResumeTests.loader(2, seed: 1), fresh) == [Array(ResumeTests.loader(0))]
                + rest[0..<2])
    }

    @Test("and those of samplers with generators of their own, and of persistent workers")
    func samplers() throws {
        func sampled(_ seed: Int) -> [Loader] {
            let generator = Generator(seed: seed)
            return [
                ResumeTests.loader(0, sampler: SubsetRandomSampler(Array(0..<20), generator: generator), seed: seed),
                ResumeTests.loader(
                    2,
                    sampler: WeightedRandomSampler(
                        (0..<22).map(Double.init), numSamples: 21, generator: generator), seed: seed),
                ResumeTests.loader(
                    0, batchSampler: BatchSampler(RandomSampler(22, generator: generator), batchSize: 5), seed: seed),
                ResumeTests.loader(2, persistent: true, seed: seed),
            ]
        }
        for (loader, other) in zip(sampled(5), sampled(77)) {
            let (state, rest) = ResumeTests.run(loader, savingAfter: 2)
            #expect(rest[0].count >= 2 && rest[0] != rest[1])
            #expect(try ResumeTests.resume(other, state) == rest)
        }
    }

    @Test("a state loaded is the state saved, and can be saved again")
    func again() throws {
        let (state, rest) = ResumeTests.run(ResumeTests.loader(0), savingAfter: 2)
        let second = ResumeTests.loader(2, seed: 1)
        try second.loadStateDict(state)
        #expect(second.stateDict().description == state.description)
        var iterator = second.makeIterator()
        _ = iterator.next()
        let later = second.stateDict()
        #expect(later["position"]?.item() == 3 && later["epoch"]?.item() == 1)
        #expect(try ResumeTests.resume(ResumeTests.loader(3), later) == [Array(rest[0][1...])] + rest[1...])
    }

    @Test("batches that overtook others are not seen twice")
    func outOfOrder() throws {
        let loader = ResumeTests.loader(3, inOrder: false)
        var (first, state): ([[Float]], StateDict) = ([], loader.stateDict())
        for batch in loader {
            first.append(batch)
            state = loader.stateDict()
            if first.count == 3 { break }
        }
        for workers in [0, 2] {
            let other = ResumeTests.loader(workers, inOrder: false, seed: 3)
            try other.loadStateDict(state)
            let all = (first + Array(other)).sorted { $0[0] < $1[0] }
            #expect(all == Array(ResumeTests.loader(0)).sorted { $0[0] < $1[0] })
        }
    }

    @Test("the default generator is brought back too")
    func defaultGenerator() async {
        await #expect(processExitsWith: .success) {
            func loader() -> DataLoader<Samples<Int>, Tensor> {
                DataLoader(numbers(20), batchSize: 4, shuffle: true, numWorkers: 2)
            }
            manualSeed(11)
            let uninterrupted = loader()
            var (seen, state) = ([String](), StateDict())
            for epoch in 0..<3 {
                for (step, batch) in uninterrupted.enumerated() {
                    // What a training step draws, for dropout say.
                    seen.append("\(batch.toArray(Int.self)) \(Tensor.rand(1).bitText)")
                    if epoch == 1, step == 2 { state = uninterrupted.stateDict() }
                }
            }
            manualSeed(0)
            let other = loader()
            try! other.loadStateDict(state)
            var resumed: [String] = []
            for _ in 1..<3 {
                for batch in other { resumed.append("\(batch.toArray(Int.self)) \(Tensor.rand(1).bitText)") }
            }
            #expect(resumed == Array(seen[8...]))
        }
    }

    @Test("streams pass over what they gave", arguments: [0, 1, 3], [false, true])
    func streams(_ workers: Int, _ persistent: Bool) throws {
        struct Noise: IterableDataset {
            func makeIterator() -> SampleIterator<Tensor> {
                let range = getWorkerInfo()?.share(of: 0..<23) ?? 0..<23
                return SampleIterator(range.lazy.map { Tensor.rand(1) + $0 })
            }
        }
        func loader(_ seed: Int) -> DataLoader<Noise, Tensor> {
            DataLoader(
                Noise(), batchSize: 2, numWorkers: workers, generator: Generator(seed: seed),
                persistentWorkers: persistent && workers > 0)
        }
        let first = loader(1)
        _ = first.map { $0.bitText }
        var (state, rest) = (first.stateDict(), [[String]]())
        var running: [String] = []
        for (step, batch) in first.enumerated() {
            if step > 4 { running.append(batch.reshape([-1]).bitText) }
            if step == 4 { state = first.stateDict() }
        }
        rest = [running, first.map { $0.reshape([-1]).bitText }]
        let other = loader(2)
        try other.loadStateDict(state)
        #expect((0..<2).map { _ in other.map { $0.reshape([-1]).bitText } } == rest)
        let misfit = DataLoader(Noise(), batchSize: 2, numWorkers: workers + 2)
        #expect(throws: FirebrandError.self) { try misfit.loadStateDict(state) }
    }

    @Test("the failing batch is tried again")
    func failing() throws {
        let torn = Samples(20) { index in
            if index == 13 { throw Broken() }
            return index
        }
        let loader = DataLoader(torn, batchSize: 4, numWorkers: 2)
        _ = failure { for _ in loader {} }
        let other = DataLoader(numbers(20), batchSize: 4)
        try other.loadStateDict(loader.stateDict())
        #expect(other.batches == [[12, 13, 14, 15], [16, 17, 18, 19]])
    }

    @Test("states of other loaders are refused, and change nothing")
    func refused() {
        let (state, _) = ResumeTests.run(ResumeTests.loader(0), savingAfter: 2)
        func message(_ change: (inout StateDict) -> Void) -> String {
            var changed = state
            change(&changed)
            let loader = ResumeTests.loader(0)
            do { try loader.loadStateDict(changed) } catch {
                #expect(Array(loader) == Array(ResumeTests.loader(0)))
                return "\(error)"
            }
            return ""
        }
        #expect(message { $0["epoch"] = nil }.contains("it has no \"epoch\""))
        #expect(message { $0["position"] = Tensor([1.0]) }.contains("\"position\" is float32[1]"))
        #expect(message { $0["position"] = Tensor([9]) }.contains("it is at batch 9 of 6, and an epoch has 6"))
        #expect(message { $0["length"] = Tensor([7]) }.contains("it is at batch 2 of 7, and an epoch has 6"))
        #expect(message { $0["generators"] = Tensor.zeros([2, 5056], dtype: .uint8) }.contains("has 1 generators"))
        #expect(
            message { $0["generators"] = Tensor.zeros([1, 5056], dtype: .uint8) }.contains("Invalid mt19937 state"))
        #expect(message { $0["generators"] = Tensor.zeros([1, 7], dtype: .uint8) }.contains("Expected a CPUGenerator"))
        #expect(message { _ in } == "")
    }
}
