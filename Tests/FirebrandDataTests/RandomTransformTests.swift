import FirebrandData
import FirebrandTensor
import FirebrandTestSupport
import Testing

/// What samples draw from the default generator.
@Suite struct RandomTransformTests {
    /// A sample that is a random number and a batch that adds one of its own.
    private static func epochs(
        _ count: Int = 2, workers: Int, seed: Int = 7, batchSize: Int = 4, persistent: Bool = false,
        sampler: (any Sampler)? = nil
    ) -> [[Float]] {
        let data = Samples(22) { index in (Tensor.rand(1), index) }
        let loader = DataLoader(
            data, batchSize: batchSize, shuffle: sampler == nil, sampler: sampler, numWorkers: workers,
            generator: Generator(seed: seed), persistentWorkers: persistent
        ) { samples in samples.map { $0.0.item() as Float } + [Tensor.rand(1).item() as Float] }
        return (0..<count).map { _ in loader.flatMap { $0 } }
    }

    @Test("are the same whatever the number of workers", arguments: [1, 2, 5, 30])
    func workers(_ workers: Int) {
        let wanted = RandomTransformTests.epochs(workers: 0)
        #expect(RandomTransformTests.epochs(workers: workers) == wanted)
        #expect(Set(wanted.joined()).count == 2 * (22 + 6))
        #expect(RandomTransformTests.epochs(workers: workers, seed: 8) != wanted)
    }

    @Test("differ from epoch to epoch with workers that last too")
    func lastingWorkers() {
        let epochs = RandomTransformTests.epochs(3, workers: 2, persistent: true)
        #expect(Set(epochs.joined()).count == 3 * 28)
        #expect(epochs == RandomTransformTests.epochs(3, workers: 3, persistent: true))
    }

    @Test("differ where a sampler visits a sample twice")
    func repeated() {
        struct Same: Sampler {
            let count = 8
            func indices() -> [Int] { Array(repeating: 3, count: 8) }
        }
        let drawn = RandomTransformTests.epochs(1, workers: 2, sampler: Same())
        #expect(Set(drawn[0]).count == 10)
    }

    @Test("do not depend on how samples are put into batches")
    func batchSizes() {
        func drawn(_ batchSize: Int) -> [Float] {
            let loader = DataLoader(
                Samples(12) { _ in Tensor.rand(1) }, batchSize: batchSize, generator: Generator(seed: 7))
            return loader.flatMap { $0.toArray(Float.self) }
        }
        #expect(drawn(1) == drawn(5) && drawn(5) == drawn(12))
    }

    @Test("leave the program's own stream alone")
    func stream() async {
        await #expect(processExitsWith: .success) {
            func drawn(_ data: Samples<Tensor>, _ workers: Int) -> [String] {
                manualSeed(3)
                let loader = DataLoader(data, batchSize: 3, shuffle: true, numWorkers: workers)
                return loader.map { _ in Tensor.rand(1).bitText }
            }
            let quiet = drawn(Samples(9) { _ in Tensor.zeros([1]) }, 0)
            #expect(Set(quiet).count == 3)
            for workers in [0, 2] {
                #expect(drawn(Samples(9) { _ in Tensor.randn([1]) }, workers) == quiet)
                #expect(
                    drawn(
                        Samples(9) { _ in
                            manualSeed(1); return Tensor.rand(1)
                        }, workers) == quiet)
            }
        }
    }

    @Test("reach loaders inside datasets", arguments: [0, 2])
    func nested(_ workers: Int) {
        func epoch(_ workers: Int, inner: Int) -> [[Int]] {
            let data = Samples(6) { index in
                let loader = DataLoader(numbers(10), batchSize: 5, shuffle: true, numWorkers: inner)
                return cat(loader.map { $0 + index })
            }
            return DataLoader(data, batchSize: 2, numWorkers: workers, generator: Generator(seed: 1)).batches
        }
        let wanted = epoch(0, inner: 0)
        #expect(epoch(workers, inner: 2) == wanted)
        #expect(wanted[0][0..<10].sorted() == Array(0..<10) && Array(wanted[0][0..<10]) != Array(0..<10))
    }

    @Test("made for a whole batch at once are the same with workers")
    func wholeBatches() {
        struct Noisy: BatchedDataset {
            let count = 20
            subscript(index: Int) -> Tensor { Tensor([Double(index)]) }
            func batch(at indices: ArraySlice<Int>) -> Tensor? { Tensor.rand(indices.count) }
        }
        func epoch(_ workers: Int) -> [String] {
            DataLoader(Noisy(), batchSize: 4, numWorkers: workers, generator: Generator(seed: 1)).map { $0.bitText }
        }
        #expect(epoch(0) == epoch(3) && Set(epoch(0)).count == 5)
    }
}
